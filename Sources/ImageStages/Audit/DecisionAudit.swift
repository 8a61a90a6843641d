import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore

/// Whether inbox, journal and decision database tell the same of each group.
struct DecisionAudit {
  let facts: AuditFacts
  private let orders: [String: [Receipt]]

  init(_ facts: AuditFacts) {
    self.facts = facts
    orders = Dictionary(grouping: facts.receipts, by: \.order.decision)
  }

  func findings() -> [Diagnostic] {
    checkJournal() + facts.inbox.findings + checkDecisions() + checkLost() + checkSources()
  }

  private func checkJournal() -> [Diagnostic] {
    facts.receipts.filter { $0.state == .intended || $0.state == .undoing }.map { receipt in
      facts.finding(
        "order-open",
        "order \(receipt.id) of group \(receipt.order.group) was begun and not ended",
        help:
          "the next run ends it or says why it cannot; `darkroom undo --abandon \(receipt.id)` gives it up when its file is lost"
      )
    }
  }

  // MARK: What the inbox says

  private func checkDecisions() -> [Diagnostic] {
    facts.decisions.sorted { $0.key < $1.key }.flatMap { group, decisions in
      var found = decisions.findings.map { finding in
        var finding = finding
        finding.severity = min(finding.severity, .warning)
        return finding
      }
      let row = facts.rows[group]
      let voided = decisions.voided.filter { $0.id != decisions.standing?.id }
      let isLeft = voided.contains { decision in
        row?.decisionID == decision.id || orders[decision.id]?.contains { $0.state != .undone } == true
      }
      if let standing = decisions.standing {
        found +=
          check(standing, line: decisions.rectangle?.id, row, isLeft: isLeft).map { [$0] } ?? []
      }
      if isLeft {
        found.append(
          facts.finding(
            "undo-not-finished",
            "a decision of group \(group) was taken back, and what was done for it was not, or not whole",
            help: "run the review stage again: it says why it cannot"))
      }
      return found
    }
  }

  /// Whether a decision that stands was carried out: its sets moved, its row written, its rectangle cut and recorded.
  /// - Parameter isLeft: whether something that was taken back is still there, which explains a crop in the row.
  private func check(
    _ decision: Decision, line: String?, _ row: DecisionRow?, isLeft: Bool
  ) -> Diagnostic? {
    func isDone(_ cause: OrderCause, _ id: String) -> Bool {
      orders[id]?.contains { $0.order.cause == cause && $0.state == .done } == true
    }
    let (group, again) = (decision.group, "`darkroom run` tries again and says why it cannot")
    let takeBack = "`darkroom undo --group \(group)` takes the decision back"
    let hasRow = row?.decisionID == decision.id
    guard isDone(.review, decision.id) else {
      return hasRow
        ? facts.finding(
          "row-without-receipt",
          "group \(group) has a row of its decision, and the journal has no receipt of it",
          help: "\(again); if the journal was lost, put back a copy of it from a backup")
        : facts.finding(
          "decision-not-applied", "the decision of group \(group) was not carried out",
          help: "\(again); `darkroom undo --group \(group)` takes it back")
    }
    guard hasRow else {
      return facts.finding(
        "row-missing", "group \(group) was moved and has no row of that decision",
        help: "run the review stage again")
    }
    guard let rectangle = decision.action == .acceptCrop ? decision.recommendation?.crop : decision.crop
    else {
      guard row?.finalCrop != nil, !isLeft else { return nil }
      return facts.finding(
        "row-without-receipt", "the row of group \(group) has a crop, and nobody decided one",
        help: "run the review stage again; \(takeBack)")
    }
    let isCut = isDone(.crop, line ?? decision.id)
    if isCut, row?.finalCrop == rectangle { return nil }
    return isCut
      ? facts.finding(
        "crop-without-row", "the crop of group \(group) was made, and its row does not have that rectangle",
        help: "\(again); \(takeBack)")
      : facts.finding(
        "crop-not-made", "the rectangle of group \(group) was not cut",
        help: "\(again); \(takeBack)")
  }

  // MARK: What the inbox does not say

  /// Rows and orders of decisions that are not in the inbox. Rows that were imported carry out none.
  private func checkLost() -> [Diagnostic] {
    let ids = Set(facts.inbox.entries.map(\.decision.id))
    let path = DecisionInbox.path(project: facts.project.id)
    var lost: [GroupID: (row: String?, orders: Int)] = [:]
    for receipt in facts.receipts where receipt.state != .undone && !ids.contains(receipt.order.decision) {
      lost[GroupID(receipt.order.group), default: (nil, 0)].orders += 1
    }
    for (group, row) in facts.rows {
      if let decision = row.decisionID, !ids.contains(decision) {
        lost[group, default: (nil, 0)].row = decision
      }
    }
    var found = lost.sorted { $0.key < $1.key }.map { group, what in
      let orders = what.orders == 0 ? [] : ["\(what.orders) order\(what.orders == 1 ? "" : "s") carried out"]
      return facts.finding(
        "decision-lost",
        "group \(group) was worked on for a decision that is not in \(path): it has "
          + (orders + (what.row == nil ? [] : ["a row"])).joined(separator: " and "),
        help: "put that file back as it was: without it nothing of this can be taken back")
    }
    for (group, row) in facts.rows.sorted(by: { $0.key < $1.key }) where lost[group] == nil {
      guard let decision = row.decisionID, let decisions = facts.decisions[group],
        decisions.standing.map({ $0.id != decision }) ?? true,
        !decisions.voided.contains(where: { $0.id == decision })
      else { continue }
      found.append(
        facts.finding(
          "row-without-decision", "the row of group \(group) is of a decision that never stood",
          help: "somebody changed the database or the inbox: put both back from one backup"))
    }
    return found
  }

  // MARK: Crops

  /// Crops of which nothing but they is left.
  private func checkSources() -> [Diagnostic] {
    let origins = Dictionary(facts.known.map { ($0.file.origin, $0) }) { _, last in last }
    let reviews = Dictionary(
      facts.receipts.filter { $0.order.cause == .review && $0.state == .done }.map { ($0.order.group, $0) }
    ) { first, _ in first }
    return facts.receipts.filter { $0.order.cause == .crop && $0.state == .done }.reversed().compactMap {
      receipt in
      guard let image = receipt.order.operations.first?.images.first,
        let source = reviews[receipt.order.group]?.order.operations.first(where: { operation in
          operation.images.contains { RelativePath($0) == RelativePath(image) }
        }), let origin = facts.relative(loggedFolder: source.sourceFolder, name: image),
        let file = origins[origin], isGone(file)
      else { return nil }
      let crop = receipt.order.operations[0].targetFolder
      return facts.finding(
        .warning, "crop-source-gone",
        "the crop \(FileSystem.shown("\(crop)/\(image)")) is there, and its source \(facts.shown(origin)) is not any more",
        help:
          "look for the source in your backups; `darkroom where \(FileSystem.shown(image))` tells its history"
      )
    }
  }

  /// Whether a file is lost. One that was sent to the Trash is not: that was wanted.
  private func isGone(_ known: PlacedFile) -> Bool {
    if facts.accepted[known.id] != nil { return false }
    return switch known.file.place {
    case .inProject(let place): facts.empty.contains(place)
    case .missing: true
    case .trash, .removed: false
    }
  }
}
