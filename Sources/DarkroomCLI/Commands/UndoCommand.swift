import ArgumentParser
import FileCustody
import ImageCatalog
import ImageStages
import PipelineCore
import PipelineEngine
import PipelineStore

struct UndoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo",
    abstract: "Take decisions back: files return to where they were, out of the Trash, too.",
    discussion: """
      Every file goes back to the place it came from, a crop that was made goes away (its source was never touched), and \
      the group waits for a decision again. A file that somebody moved or changed meanwhile is never overwritten: the \
      undo of that group stops there and says so.

      --forget-missing puts back what is there when a file is lost for good, such as one of a Trash that was emptied: the \
      lost file is left out and counts as missing. Nothing is removed or replaced; a file that comes back later is found.

      --abandon is for an order that was cut short and whose file is then lost, which the next run can neither finish nor \
      turn back: it turns back what was done of it and counts that file as missing.
      """)

  @Option(name: .long, help: "The last so many decisions that were carried out.") var last: Int?
  @Option(name: .long, help: "The decision of this group.") var group: String?
  @Option(name: .customLong("run"), help: "All decisions that this run carried out.") var runNumber: Int64?
  @Option(
    name: .long, help: "Give up this order, which the audit says is open: what was done of it goes back.")
  var abandon: String?
  @Flag(name: .long, help: "Leave out files that are lost, and put the rest back.") var forgetMissing = false
  @OptionGroup var place: WorkspaceOptions

  func validate() throws {
    if [last != nil, group != nil, runNumber != nil, abandon != nil].count(where: { $0 }) != 1 {
      throw ValidationError("say what to undo: one of --last N, --group GROUP, --run NUMBER, --abandon ORDER")
    }
    if forgetMissing, abandon != nil {
      throw ValidationError(
        "--forget-missing goes with --last, --group or --run; --abandon leaves lost files out anyway")
    }
    if let last, last < 1 { throw ValidationError("--last is at least 1, not \(last)") }
  }

  func run() throws {
    let workspace = try place.locate()
    let lock = try WorkspaceLock(workspace: workspace.root)
    for finding in try CustodyRecovery.perform(workspace) { StandardError.write(finding.description) }
    let clock = SystemClock()
    let custody = try FileCustody(workspace: workspace.root, clock: { clock.wallMicroseconds }, run: nil)
    if let abandon {
      try giveUp(OrderID(rawValue: abandon), custody)
      return _ = consume lock
    }
    let decisions = try chosen(custody, workspace)
    if decisions.isEmpty { return _ = StandardOutput.write("there is nothing to undo\n") }
    // First the words, then the deeds: a run that finds a word and not its deed completes it.
    try say(decisions, workspace, clock)
    let failures = try takeBack(decisions, custody, workspace)
    _ = consume lock
    if !failures.isEmpty { throw CommandFailure(.refused, failures) }
  }

  /// Writes down what is taken back; a decision that was taken back before is not taken back again.
  private func say(_ decisions: [Decision], _ workspace: Workspace, _ clock: SystemClock) throws {
    for (project, decisions) in Dictionary(grouping: decisions, by: \.project).sorted(by: { $0.key < $1.key })
    {
      let said = DecisionInbox.fold(try DecisionInbox.read(workspace: workspace.root, project: project))
      for decision in decisions
      where said[decision.group]?.voided.contains(where: { $0.id == decision.id }) != true {
        try DecisionInbox.append(
          Decision(
            project: project, group: decision.group, action: .undo, actor: .human, images: decision.images,
            decidedAt: UTCTime(microseconds: clock.wallMicroseconds).description, undoes: decision.id),
          workspace: workspace.root)
      }
    }
  }

  /// Puts the files back.
  /// - Returns: why it could not be done, for the groups where it could not.
  private func takeBack(
    _ decisions: [Decision], _ custody: FileCustody, _ workspace: Workspace
  ) throws -> [Diagnostic] {
    let undo = GroupUndo(custody: custody, workspace: workspace.root, forgetsMissing: forgetMissing)
    var inboxes: [String: [GroupID: GroupDecisions]] = [:]
    var failures: [Diagnostic] = []
    for decision in decisions {
      let project = decision.project
      let inbox =
        try inboxes[project]
        ?? DecisionInbox.fold(DecisionInbox.read(workspace: workspace.root, project: project))
      inboxes[project] = inbox
      do {
        let orders = try inbox[decision.group].map(undo.complete) ?? []
        let files = orders.reduce(0) { $0 + $1.reversedSteps }
        let rest = orders.reduce(0) { $0 + $1.steps.count } - files
        StandardOutput.write(
          "\(decision.group): \(decision.action.rawValue) taken back, \(HumanText.count(files, "file")) put back"
            + (rest == 0 ? "" : ", \(HumanText.count(rest, "file")) not there any more") + "\n")
      } catch {
        failures += diagnostics(of: error)
      }
    }
    return failures
  }

  private func giveUp(_ order: OrderID, _ custody: FileCustody) throws {
    do {
      for finding in try custody.abandon(order) { StandardOutput.write(finding.description + "\n") }
    } catch {
      let findings = diagnostics(of: error)
      throw CommandFailure(findings.contains { $0.code == "order-not-open" } ? .notFound : .refused, findings)
    }
  }

  /// The decisions that are meant, the last first.
  private func chosen(_ custody: FileCustody, _ workspace: Workspace) throws -> [Decision] {
    if let group { return try standing(group, custody, workspace) }
    let run = runNumber.map { RunID(rawValue: $0) }
    let receipts = try custody.receipts(run: run, states: [.done])
    var seen: Set<String> = []
    var decisions: [Decision] = []
    var inboxes: [String: [String: Decision]] = [:]
    for receipt in receipts where seen.insert(receipt.order.decision).inserted {
      if let last, decisions.count == last { break }
      let project = receipt.order.project
      if inboxes[project] == nil {
        let content = try DecisionInbox.read(workspace: workspace.root, project: project)
        inboxes[project] = Dictionary(content.entries.map { ($0.decision.id, $0.decision) }) { first, _ in
          first
        }
      }
      guard let decision = inboxes[project]?[receipt.order.decision] else {
        throw CommandFailure(
          .refused,
          Diagnostic(
            code: "decision-lost",
            "order \(receipt.id) of group \(receipt.order.group) carried out the decision \(receipt.order.decision), which is not in \(DecisionInbox.path(project: project)); nothing was moved back",
            help: "put that file back as it was, then give the same command again"))
      }
      decisions.append(decision)
    }
    return decisions
  }

  /// A decision that was taken back, and whose files could not be put back: the same command again goes on.
  private func unfinished(
    _ decisions: GroupDecisions, _ custody: FileCustody, _ project: String
  ) throws -> Decision? {
    try decisions.voided.last { decision in
      try custody.receipts(project: project, group: decision.group.rawValue).contains {
        $0.order.decision == decision.id && $0.state != .undone
      }
    }
  }

  /// The decision of a group, which need not be in the catalog any more.
  private func standing(_ text: String, _ custody: FileCustody, _ workspace: Workspace) throws -> [Decision] {
    let boards = try ReviewBoards.load(workspace, project: nil)
    var decided: [GroupID: Decision] = [:]
    for project in try ImageProjects(workspace: workspace.root).projects {
      let content = try DecisionInbox.read(workspace: workspace.root, project: project.id)
      for (group, decisions) in DecisionInbox.fold(content) {
        decided[group] = try decisions.standing ?? unfinished(decisions, custody, project.id)
      }
    }
    let known = Set(boards.entries.map(\.record.group.id)).union(decided.keys)
    return try decided[ReviewBoards.choose(text, among: known)].map { [$0] } ?? []
  }
}
