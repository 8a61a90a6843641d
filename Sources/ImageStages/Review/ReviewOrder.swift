import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore
import Projects

extension ReviewRouting {
  /// The order that carries the decision out: one operation for the picked set, one for the others.
  /// - Throws: a `Diagnostic` when a set is not there or cannot be told; nothing was moved then.
  func order(_ files: GroupFiles, project: ImageProject, workspace: String) throws -> CustodyOrder {
    let folder = project.path(record.group.folder)
    var operations: [CustodyOperation] = []
    for route in [Route.selected, .crop, .cropAuto, .deleteStaging] {
      let images = record.group.images.filter { self.route(of: $0) == route }
      guard !images.isEmpty else { continue }
      let target = project.path(RelativePath(Self.folder(route, project)))
      var steps: [CustodyStep] = []
      for image in images {
        steps += try moves(of: image, files, from: folder, to: target)
      }
      let carriesSidecars = route != .deleteStaging || picked == nil
      if carriesSidecars {
        steps += files.groupSidecars.map {
          .move(from: "\(folder)/\($0)", to: "\(target)/\($0)", digest: nil)
        }
      }
      operations.append(
        CustodyOperation(
          verb: route == .deleteStaging ? .stageDelete : .move,
          sourceFolder: ImageProject.logged(folder, workspace: workspace),
          targetFolder: ImageProject.logged(target, workspace: workspace), images: images,
          notes: "review: \(decision.action.rawValue)", steps: steps))
    }
    return CustodyOrder(
      id: Self.orderID(decision), cause: .review, project: project.id, root: project.root,
      group: record.group.id.rawValue, decision: decision.id, actor: "machine",
      operations: operations)
  }

  static func orderID(_ decision: Decision) -> OrderID {
    OrderID(
      cause: .review, project: decision.project, group: decision.group.rawValue, decision: decision.id)
  }

  private static func folder(_ route: Route, _ project: ImageProject) -> String {
    switch route {
    case .selected: project.production.selected
    case .crop: project.production.crop
    case .cropAuto: project.production.cropAuto
    case .deleteStaging: project.production.deleteStaging
    }
  }

  private func moves(
    of image: String, _ files: GroupFiles, from folder: String, to target: String
  ) throws -> [CustodyStep] {
    let name = RelativePath(image)
    if var held = files.held[name] {
      held.severity = .error
      held.notes.append(.init("nothing of group \(record.group.id) was moved"))
      throw held
    }
    guard let set = files.sets[name] else {
      throw Diagnostic(
        code: "group-changed",
        "group \(record.group.id): \(record.origin(of: image)) is not where it was; nothing was moved",
        help: "`darkroom where \(image)` tells what is known of it")
    }
    var steps = set.files.map { path in
      CustodyStep.move(
        from: "\(folder)/\(path)", to: "\(target)/\(path)",
        digest: path == set.image ? digest(of: image) : nil)
    }
    let hasSidecar = set.companions.contains { $0.lowercasedExtension == "decision" }
    if let sidecar, let picked, RelativePath(picked) == name, !hasSidecar {
      steps.append(.create(at: "\(target)/\(name.stem).decision", bytes: sidecar.bytes))
    }
    return steps
  }
}
