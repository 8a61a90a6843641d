import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore
import Projects

/// What follows a crop: its sidecar goes into custody's receipt, and its source set where the setting says. One order,
/// all of it or nothing; undoing it brings both back.
struct CropRetirement {
  let cut: CropCut
  let after: AfterCrop

  /// Does it, once. Call it when the crop and its row are durable.
  ///
  /// The order of a crop that has been finished is not given again: another setting holds for later crops only.
  /// - Returns: warnings.
  /// - Throws: when the source set cannot go as a whole, or the crop is not what was made; then nothing moved.
  func perform(_ crop: CropCut.Finished) throws -> [Diagnostic] {
    let id = cut.orderID(.retire)
    if let receipt = try cut.custody.receipt(id), receipt.state == .done { return [] }
    let present = try cut.placed.filter { try FileStatus($0) != nil }
    let sidecars = present.filter(isSidecar)
    var operations: [CustodyOperation] = []
    if !sidecars.isEmpty {
      operations.append(
        operation(.delete, to: "", images: [], notes: "the crop is done", sidecars.map { .remove($0) }))
    }
    var warnings: [Diagnostic] = []
    if after != .keep {
      if let source = cut.source, try FileStatus(source) != nil {
        try checkCrop(crop)
        operations.append(try departure(of: source))
      } else {
        warnings.append(
          Diagnostic(
            .warning, code: "source-missing",
            "group \(cut.decision.group): \(cut.image) is not where it was put, so that afterCrop has nothing to do",
            help: "`darkroom where \(cut.image)` tells what is known of it"))
      }
    }
    if operations.isEmpty { return warnings }
    _ = try cut.custody.perform(
      CustodyOrder(
        id: id, cause: .retire, project: cut.project.id, root: cut.project.root,
        group: cut.decision.group.rawValue, decision: cut.line, actor: "machine", operations: operations))
    return warnings
  }

  /// The sidecar of the image itself; one of the whole group, of the older system, travels like a companion.
  private func isSidecar(_ path: String) -> Bool {
    let path = RelativePath(path)
    return path.lowercasedExtension == "decision"
      && RelativePath(path.stem) == RelativePath(RelativePath(cut.image).stem)
  }

  /// Nothing leaves its place for a crop that is not there.
  private func checkCrop(_ crop: CropCut.Finished) throws {
    if try FileStatus(crop.target) != nil, try FileSystem.digest(crop.target).digest == crop.digest { return }
    throw Diagnostic(
      code: "crop-missing",
      "group \(cut.decision.group): the crop \(cut.logged(crop.target)) is not there as it was made; its source stays where it is",
      help: "put the crop back, or take the decision back with `darkroom undo --group \(cut.decision.group)`")
  }

  /// The operation for the set as it is now: companions that came later go with their image.
  private func departure(of source: String) throws -> CustodyOperation {
    let files = try set(of: source)
    func digest(_ path: String) -> Digest? {
      RelativePath(path) == RelativePath(source) ? cut.expected : nil
    }
    switch after {
    case .folder(let name):
      let target = cut.project.path(RelativePath(name))
      return operation(
        .move, to: cut.logged(target), images: [cut.image], notes: "afterCrop",
        files.map { path in
          .move(from: path, to: "\(target)/\(RelativePath(path).name)", digest: digest(path))
        })
    case .trash, .keep:
      return operation(
        .sendToTrash, to: "", images: [cut.image], notes: "afterCrop",
        files.map { .trash($0, digest: digest($0)) })
    }
  }

  /// The source with its companions, without the sidecar that asked for the crop.
  private func set(of source: String) throws -> [String] {
    let folder = RelativePath(source).folder.rawValue
    let listing = try ProjectListing.scan(root: folder, production: cut.project.production)
    let sets = CompanionSets.make(listing.entries.filter { $0.folder == "" })
    let name = RelativePath(cut.image)
    guard let set = sets.sets.first(where: { $0.image == name }) else {
      throw Diagnostic(
        code: "set-held",
        "group \(cut.decision.group): \(cut.logged(source)) is cropped, and cannot leave its place with its companions; nothing of it was moved",
        notes: (sets.conflicts + listing.problems).map { .init($0.message) },
        help: "rename or move away what lies beside it, then run the crop stage again")
    }
    let stem = RelativePath(name.stem)
    let travelled = try cut.placed.filter {
      try RelativePath(RelativePath($0).stem) != stem && FileStatus($0) != nil
    }
    return set.files.map { "\(folder)/\($0)" }.filter { !isSidecar($0) } + travelled
  }

  private func operation(
    _ verb: CustodyOperation.Verb, to target: String, images: [String], notes: String, _ steps: [CustodyStep]
  ) -> CustodyOperation {
    let folder = cut.placed.first.map { RelativePath($0).folder.rawValue } ?? ""
    return CustodyOperation(
      verb: verb, sourceFolder: cut.logged(folder), targetFolder: target, images: images, notes: notes,
      steps: steps)
  }
}
