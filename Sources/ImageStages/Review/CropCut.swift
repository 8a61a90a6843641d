import FileCustody
import FileSystem
import ImageCatalog
import ImageFiles
import PipelineCore
import Projects

/// One crop, from the routed source to the named file with its companions.
struct CropCut {
  let decision: Decision
  /// The id of the line that gave the rectangle: taking that line back undoes this crop, and a later line makes its own.
  let line: String
  let image: String
  /// The content that was decided on, as the catalog saw it; where it could not, what the review moved.
  var expected: Digest? { catalogued ?? source.flatMap(review.digest(broughtTo:)) }
  /// The image's content in the catalog; `nil` where it could not be read.
  let catalogued: Digest?
  let rectangle: CropRectangle
  let project: ImageProject
  let custody: FileCustody
  let workspace: String
  let minimum: Int
  let review: Receipt

  /// A durable crop.
  struct Finished {
    var receipt: Receipt
    var target: String
    var digest: Digest
    var warnings: [Diagnostic]
  }

  private var id: OrderID { orderID(.crop) }

  func orderID(_ cause: OrderCause) -> OrderID {
    OrderID(cause: cause, project: project.id, group: decision.group.rawValue, decision: line)
  }

  /// A path as the operation log and people see it.
  func logged(_ path: String) -> String { ImageProject.logged(path, workspace: workspace) }

  /// The files of the picked set where the review put them.
  var placed: [String] {
    let picked = review.order.operations.first { operation in
      operation.images.contains { RelativePath($0) == RelativePath(image) }
    }
    return (picked?.steps ?? []).compactMap { step in
      switch step {
      case .move(_, let target, _), .create(let target, _): target
      default: nil
      }
    }
  }

  /// Where the review put the image.
  var source: String? { placed.first { RelativePath(RelativePath($0).name) == RelativePath(image) } }

  /// Cuts and places the crop, or finds that it was done.
  func perform() throws -> Finished {
    let receipt = try custody.receipt(id)
    if let receipt, receipt.state == .done { return try finished(receipt, []) }
    if let receipt, receipt.state != .undone {
      // Its prepared file belongs to the order.
      throw Diagnostic(
        code: "order-open",
        "group \(decision.group): the order \(id) was cut short and could not be finished; nothing was cropped",
        help: "`darkroom audit` says what stands in its way")
    }
    let prepared = source.map { PreparedCrop(id, in: RelativePath($0).folder.rawValue) }
    try prepared?.discard()
    guard let source, let prepared, try FileStatus(source) != nil else {
      throw Diagnostic(
        code: "source-missing",
        "group \(decision.group): \(image) is not where it was put; nothing was cropped",
        help: "`darkroom where \(image)` tells what is known of it")
    }
    let folder = project.path(RelativePath(project.production.cropped))
    let target = "\(folder)/\(image)"
    if try FileStatus(target) != nil {
      throw Diagnostic(
        code: "destination-taken",
        "group \(decision.group): \(logged(target)) is there already; nothing was cropped",
        help: "look at both; rename or trash the one that is not wanted")
    }
    let facts = try ImageFiles.probe(source)
    let pixels = try rectangle.pixels(width: facts.width, height: facts.height, minimum: minimum)
    do {
      let made = try ImageFiles.crop(
        source, left: pixels.left, top: pixels.top, width: pixels.width, height: pixels.height,
        to: prepared.path)
      if let expected, made.sourceDigest != expected {
        throw Diagnostic(
          code: "image-changed",
          "group \(decision.group): the content of \(image) is not what was decided on; nothing was cropped",
          help: "undo the decision, look at the image and decide again")
      }
      let receipt = try custody.perform(
        order(
          prepared.path, made.digest, target: target,
          companions: placed.filter { isCompanion($0, of: source) }))
      return try finished(receipt, made.warnings)
    } catch {
      // An order that a later call has to finish needs the file; so it stays where the journal cannot be read, too.
      if case .success(let receipt) = Result(catching: { try custody.receipt(id) }),
        receipt?.state != .intended
      {
        // `try?`: the crop's own error is what the person needs; the next attempt and an undo remove the file, too.
        try? FileSystem.removeFile(prepared.path)
      }
      throw error
    }
  }

  private func isCompanion(_ path: String, of source: String) -> Bool {
    RelativePath(path) != RelativePath(source) && RelativePath(path).lowercasedExtension != "decision"
  }

  private func order(_ prepared: String, _ digest: Digest, target: String, companions: [String])
    -> CustodyOrder
  {
    let folder = RelativePath(target).folder.rawValue
    let from = RelativePath(prepared).folder.rawValue
    let copies = companions.map { CustodyStep.copy(from: $0, to: "\(folder)/\(RelativePath($0).name)") }
    return CustodyOrder(
      id: id, cause: .crop, project: project.id, root: project.root, group: decision.group.rawValue,
      decision: line, actor: decision.actor.rawValue,
      operations: [
        CustodyOperation(
          verb: .crop, sourceFolder: logged(from),
          targetFolder: logged(folder), images: [image],
          notes: "crop \(rectangle)", steps: [.place(prepared: prepared, at: target, digest: digest)] + copies
        )
      ])
  }

  private func finished(_ receipt: Receipt, _ warnings: [Diagnostic]) throws -> Finished {
    for case .place(_, let target, let digest) in receipt.order.operations.flatMap(\.steps) {
      return Finished(receipt: receipt, target: target, digest: digest, warnings: warnings)
    }
    throw Diagnostic(
      code: "receipt-damaged", "the receipt \(receipt.id) of group \(decision.group) has no crop")
  }
}
