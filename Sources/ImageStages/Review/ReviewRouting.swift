import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore

/// What a decision does with a group's sets: the routing table of the contracts. Pure.
struct ReviewRouting {
  /// Where an image's set goes.
  enum Route: Equatable {
    case selected, crop, cropAuto, deleteStaging
  }

  let decision: Decision
  let record: GroupRecord

  /// The image that was picked; `nil` for a rejection.
  let picked: String?

  /// Checks the decision against the group.
  /// - Throws: a `Diagnostic` that names the group and what to do; nothing was moved then.
  init(_ decision: Decision, _ record: GroupRecord) throws {
    self.decision = decision
    self.record = record
    guard decision.images.count == record.group.images.count,
      zip(decision.images, record.group.images).allSatisfy({ RelativePath($0) == RelativePath($1) })
    else { throw Self.changed(decision, "its images are not those that were shown") }
    if let shown = decision.recommendation {
      guard zip(shown.digests, record.digests).allSatisfy({ $0 == $1 }) else {
        throw Self.changed(decision, "the content of an image is not what was shown")
      }
    }
    picked = try Self.picked(decision)
    if let picked, !record.group.images.contains(where: { RelativePath($0) == RelativePath(picked) }) {
      throw Diagnostic(
        code: "image-not-in-group", "group \(decision.group): it has no image \(picked); nothing was moved",
        help: "its images are \(record.group.images.joined(separator: ", "))")
    }
  }

  private static func picked(_ decision: Decision) throws -> String? {
    switch decision.action {
    case .reject, .skip, .undo: return nil
    case .override, .crop:
      guard let image = decision.image ?? decision.recommendation?.image else {
        throw Diagnostic(
          code: "no-image", "group \(decision.group): the decision names no image; nothing was moved",
          help: "undo it and decide again with an image")
      }
      return image
    case .approve, .acceptCrop:
      guard let shown = decision.recommendation else {
        throw Diagnostic(
          code: "no-recommendation",
          "group \(decision.group): it approves a recommendation, and none was shown; nothing was moved",
          help: "undo it and decide with `override IMAGE`")
      }
      if decision.action == .acceptCrop, shown.crop == nil {
        throw Diagnostic(
          code: "no-crop-recommended",
          "group \(decision.group): it accepts a recommended crop, and none was shown; nothing was moved",
          help: "undo it and decide with `crop x1,y1,x2,y2`")
      }
      return shown.image
    }
  }

  private static func changed(_ decision: Decision, _ what: String) -> Diagnostic {
    Diagnostic(
      code: "group-changed",
      "group \(decision.group) changed since it was decided: \(what); nothing was moved",
      help: "look at it again; `darkroom undo --group \(decision.group)` takes the decision back")
  }

  /// Where the set of an image goes.
  func route(of image: String) -> Route {
    guard let picked, RelativePath(picked) == RelativePath(image) else { return .deleteStaging }
    return switch decision.action {
    case .crop: .crop
    case .acceptCrop: .cropAuto
    default: .selected
    }
  }

  /// The rectangle that is to be cut, as far as it is known.
  var rectangle: CropRectangle? {
    decision.action == .acceptCrop
      ? decision.recommendation?.crop : decision.action == .crop ? decision.crop : nil
  }

  /// The sidecar that travels with an image that waits for its crop.
  var sidecar: ImageSidecar? {
    guard let picked, decision.action == .crop || decision.action == .acceptCrop else { return nil }
    return ImageSidecar(
      group: record.group.id, project: decision.project, image: picked,
      route: decision.action == .acceptCrop ? .suggestion : .manual, crop: decision.recommendation?.crop)
  }
}

extension ReviewRouting {
  /// The content digest of a member in the catalog.
  func digest(of image: String) -> Digest? {
    zip(record.group.images, record.digests).first { RelativePath($0.0) == RelativePath(image) }?.1
  }
}
