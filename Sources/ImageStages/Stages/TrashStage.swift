import FileCustody
import FileSystem
import ImageCatalog
public import PipelineCore

/// `images.trash`: empties the deletion staging into the Trash, some days after people decided.
public struct TrashStage: Stage {
  public static let description = StageDescription(
    kind: "images.trash", version: 1,
    summary: "Sends sets that were staged for deletion to the Trash, some days later",
    discussion: """
      Looks at what `images.review` staged for deletion, and sends the sets that have lain there for `trashAfterDays` to \
      the Trash of their file system; `darkroom undo` and every file manager bring them back. What somebody else put \
      into the folder is never touched: nobody told Darkroom to delete it. Where a staged file was edited, or another \
      one has its name now, nothing of its group is touched. Nor is a set whose decision was taken back, also when it \
      could not be brought back yet. Where there is no Trash, nothing is deleted.

      A staged file that `darkroom audit` accepted as moved or lost is not looked for any more; the rest of its group goes \
      when it is due. Where it is an image that was moved, its companions stay, with the warning `staged-set-kept`: they \
      may be wanted with it. So does a sidecar of the whole group, of the older system. What comes back to the staging \
      after that stays there (`staged-file-left`).

      A unit is a group with staged sets that are due.
      """,
    settings: [
      ProjectSetting.setting,
      Setting(
        "trashAfterDays", .integer(0...3_650), default: 7,
        "How many days a set lies in the deletion staging before it goes to the Trash."),
    ],
    unit: "a group whose staged sets are due", unitsComeAndGo: true)

  private let project: String?
  private let wait: Int64
  private let access: CustodyAccess

  public init(_ definition: StageDefinition) { self.init(definition, access: CustodyAccess()) }

  init(_ definition: StageDefinition, access: CustodyAccess) {
    project = ProjectSetting.value(definition.settings)
    wait = (definition.settings["trashAfterDays"]?.integerValue ?? 7) * 86_400_000_000
    self.access = access
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    context.observe(.other)
    guard let custody = try FileCustody.openForReading(workspace: context.workspace) else {
      return [UnitDefinition]()
    }
    let projects = try ImageProjects(workspace: context.workspace, only: project, observe: context.observe)
    let due = access.now - wait
    var units: [UnitDefinition] = []
    for project in projects.projects {
      let decisions = DecisionInbox.fold(
        try DecisionInbox.read(workspace: context.workspace, project: project.id))
      let acceptances = try custody.acceptances(project: project.id)
      for receipt in try custody.receipts(project: project.id, states: [.done])
      where receipt.order.cause == .review && (receipt.doneAt ?? .max) <= due {
        // What was taken back and could not be brought back yet must not go: nobody wants it deleted any more.
        guard StagedSets.isStaging(receipt),
          decisions[GroupID(receipt.order.group)]?.standing?.id == receipt.order.decision
        else { continue }
        var values = [
          "project": project.id, "decision": receipt.order.decision, "order": receipt.id.rawValue,
        ]
        let accepted =
          acceptances.isEmpty ? [:] : StagedSets.known(receipt).compactMapValues { acceptances[$0] }
        if !accepted.isEmpty {
          values["accepted"] = accepted.sorted { $0.key < $1.key }.map {
            "\($0.key) \($0.value.kind.rawValue)"
          }
          .joined(separator: "\n")
        }
        units.append(UnitDefinition(key: UnitKey(receipt.order.group), values: values))
      }
    }
    return units.sorted { $0.key < $1.key }
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let custody = try access.custody(context)
    let review = OrderID(rawValue: order.values["order"] ?? "")
    guard let receipt = try custody.receipt(review), receipt.state == .done else { return UnitResult() }
    let id = OrderID(
      cause: .trash, project: receipt.order.project, group: receipt.order.group,
      decision: receipt.order.decision)
    let emptied = try custody.receipt(id).flatMap { $0.state == .done ? $0.order : nil }
    let sets = StagedSets(receipt, accepted: try accepted(receipt, custody), trashed: emptied)
    // All of it is somewhere else, with somebody's knowledge.
    if emptied == nil, sets.operations.isEmpty { return UnitResult(findings: sets.findings) }
    let done = try custody.perform(
      CustodyOrder(
        id: id, cause: .trash, project: receipt.order.project, root: receipt.order.root,
        group: receipt.order.group, decision: receipt.order.decision, actor: "machine",
        operations: sets.operations)
    ).order
    return UnitResult(
      counters: ["images": Int64(done.operations.reduce(0) { $0 + $1.images.count })],
      findings: sets.findings + (emptied == nil ? [] : try sets.left()))
  }

  /// What is said of the staged files now. One that is where it was staged again is part of its set again.
  private func accepted(_ review: Receipt, _ custody: FileCustody) throws -> [RelativePath: Acceptance] {
    let files = StagedSets.known(review)
    var accepted = try custody.acceptances(of: files.values)
    for file in try custody.takeBack(accepted.keys.sorted(), root: review.order.root) {
      accepted[file] = nil
    }
    return files.compactMapValues { accepted[$0] }
  }
}
