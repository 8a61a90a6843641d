import FileCustody
import FileSystem
import ImageCatalog
import ImageFiles
public import PipelineCore

/// `images.review`: carries out what people decided.
public struct ReviewStage: Stage {
  public static let description = StageDescription(
    kind: "images.review", version: 1,
    summary: "Carries out people's decisions: moves companion sets, writes sidecars and database rows",
    discussion: """
      Reads the decisions of `data/review/inbox/PROJECT.jsonl` and the groups of the `images.catalog` stage in `needs`. \
      The picked set goes to the folder that the decision names, the group's other sets go to the deletion staging; \
      a group without a decision, or with `skip`, stays as it is. All sets of a group move, or none. Images that wait \
      for a crop get a `.decision` sidecar. Then the group gets its row in the project's decision database, once.

      A decision that was taken back is undone. The first decision of a group stands until then; others are warnings.

      A unit is a group with a decision. Nothing is ever overwritten; every move is in custody's journal and in the \
      operation log.
      """,
    unit: "a group with a decision")

  private let access: CustodyAccess
  private let looks = FolderLooks()

  public init(_ definition: StageDefinition) { self.init(access: CustodyAccess()) }

  init(access: CustodyAccess) { self.access = access }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    try DecidedGroups(context).units { group in group.entries.contains { $0.decision.action != .skip } }
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let group = try GroupDecision(order.values)
    let folded = group.folded
    let custody = try access.custody(context)
    var counters: [String: Int64] = [:]
    var hasUndone = false
    if let folded {
      let undone = try GroupUndo(custody: custody, workspace: context.workspace).complete(folded)
      hasUndone = !undone.isEmpty
      if hasUndone { counters["undone"] = Int64(undone.count) }
    }
    var receipt: JSONValue = ["decision": .null]
    var findings = (folded?.findings ?? []).map { finding in
      var finding = finding
      finding.severity = min(finding.severity, .warning)
      return finding
    }
    if let decision = folded?.standing {
      let done = try carryOut(decision, group, custody, context, isNew: hasUndone)
      receipt = done.receipt
      findings += done.findings
      counters["groups"] = 1
      counters["images"] = Int64(done.images)
    }
    let text = receipt.canonical + "\n"
    try FileSystem.create("\(context.artifact)/review_v1.json", text.utf8)
    return UnitResult(
      artifacts: [UnitResult.Artifact(name: "review_v1.json", digest: Digest(of: text), rows: 1)],
      counters: counters, findings: findings)
  }

  private struct Done {
    var receipt: JSONValue
    var images: Int
    var findings: [Diagnostic]
  }

  /// - Parameter isNew: whether files came back to the group's folder just now.
  private func carryOut(
    _ decision: Decision, _ group: GroupDecision, _ custody: FileCustody, _ context: UnitContext, isNew: Bool
  ) throws -> Done {
    let project = try ImageProjects.project(group.project, workspace: context.workspace)
    let routing = try ReviewRouting(decision, try group.knownRecord(decision))
    // Opened before anything moves: a group whose decision cannot be recorded stays where it is.
    let database = try DecisionDatabase(workspace: context.workspace, project: decision.project)
    let id = ReviewRouting.orderID(decision)
    let receipt: Receipt
    if let known = try custody.receipt(id), known.state == .done {
      receipt = known
    } else {
      try refuseOtherRow(decision, database)
      receipt = try custody.perform(
        routing.order(
          try GroupFiles(routing.record, project: project, looks: looks, isNew: isNew), project: project,
          workspace: context.workspace))
    }
    var findings: [Diagnostic] = []
    try record(decision, routing, in: database, project: project, custody, &findings)
    let moves = receipt.order.operations.map { operation in
      JSONValue.object([
        "operation": .string(operation.verb.rawValue),
        "images": .array(operation.images.map { .string($0) }),
        "folder": .string(operation.targetFolder.split(separator: "/").last.map(String.init) ?? ""),
      ])
    }
    return Done(
      receipt: [
        "decision": .string(decision.id), "group": .string(routing.record.group.id.rawValue),
        "action": .string(decision.action.rawValue), "project": .string(group.project),
        "moves": .array(moves),
      ],
      images: routing.record.group.images.count, findings: findings)
  }

  /// Looks for a row of another decision, such as an imported one, before anything moves.
  private func refuseOtherRow(_ decision: Decision, _ database: DecisionDatabase) throws {
    guard let row = try database.row(group: decision.group), row.decisionID != decision.id else { return }
    throw Diagnostic(
      code: "decision-row-differs",
      "group \(decision.group) is decided already in \(DecisionDatabase.path(project: decision.project)), as "
        + "\(row.userAction.rawValue) at \(row.decidedAt)"
        + "\(row.schemaVersion == 3 ? ", taken over from the older system" : ""); nothing was moved",
      help:
        "the earlier decision stands: take the new one back with `darkroom undo --group \(decision.group)`")
  }

  /// Writes the group's row, once.
  private func record(
    _ decision: Decision, _ routing: ReviewRouting, in database: DecisionDatabase, project: ImageProject,
    _ custody: FileCustody, _ findings: inout [Diagnostic]
  ) throws {
    if try database.row(group: decision.group)?.decisionID == decision.id { return }
    let image = routing.picked ?? routing.record.group.images[0]
    var size: (width: Int, height: Int)?
    do {
      size = try self.size(of: image, in: routing.record, project: project, custody)
    } catch let error as Diagnostic where GroupMeasurement.isOfTheImage(error) {
      findings.append(
        Diagnostic(
          .warning, code: "size-unknown",
          "group \(decision.group): the size of \(image) cannot be read, so its row has none",
          notes: [.init("\(error)")]))
    }
    let digests = routing.record.digests.compactMap { $0 }
    try database.record(
      DecisionRow(
        decision, folder: routing.record.group.folder, digests: digests, width: size?.width,
        height: size?.height))
  }

  /// The size of the image that a row is about: the picked one, else the group's first. It may have gone on to the Trash
  /// when an earlier night moved it and could not write the row.
  private func size(
    of image: String, in record: GroupRecord, project: ImageProject, _ custody: FileCustody
  ) throws -> (width: Int, height: Int) {
    let index = record.group.images.firstIndex { RelativePath($0) == RelativePath(image) }
    let place = try index.flatMap { record.digests[$0] }.map {
      try project.knownPlace(of: image, $0, in: record, custody: custody)
    }
    switch place {
    case .at(let path):
      let facts = try ImageFiles.probe(path)
      return (facts.width, facts.height)
    case .unreachable(let folder):
      // Not of the image: its size can be had when the volume is there again.
      throw Diagnostic(
        code: "trash-unreachable",
        "group \(record.group.id): \(image) lies in the Trash below \(FileSystem.shown(folder)), which is not there; the row of its group, which was moved, is not written yet",
        help:
          "mount its volume, then run the review stage again; where that Trash was removed for good, make the folder again, empty: the row is written without a size then"
      )
    case .gone, nil:
      throw Diagnostic(
        code: "image-gone", "\(record.origin(of: image)) was never read, or is not where it was put")
    }
  }
}
