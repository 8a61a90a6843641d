public import PipelineCore

/// What the inbox says of one group.
public struct GroupDecisions: Sendable {
  /// The decision that stands: the first one of the group that no undo took back. `nil` while nothing is decided.
  /// Where a later line gave the rectangle of a crop, it is in here; id and times are those of the first line.
  public internal(set) var standing: Decision?
  /// The line that gave ``standing`` its rectangle, when it was not the first: its id and time are those of the crop.
  public internal(set) var rectangle: Decision?
  /// What stood once and was taken back, in the order in which it was; what was built on a decision before the decision
  /// itself.
  public internal(set) var voided: [Decision] = []
  /// Whether somebody looked and skipped, and nothing stands.
  public var isSkipped: Bool { hasSkips && standing == nil }
  /// Lines that do not count, as warnings with their places.
  public internal(set) var findings: [Diagnostic] = []

  var hasSkips = false
  fileprivate var standingLine: InboxContent.Entry?
  fileprivate var rectangleLine: InboxContent.Entry?
  /// Ids of lines that came too late and are ignored.
  fileprivate var ignored: Set<String> = []
}

extension DecisionInbox {
  /// What stands for each group: a pure function of the lines in their order.
  ///
  /// The first decision of a group stands until an undo names its id; what was ignored before the undo stays ignored.
  /// A later line that says the same changes nothing; one that says something else is a finding, unless it gives a crop
  /// without a rectangle its rectangle. An undo that names the rectangle's line takes only the rectangle back; one that
  /// names an ignored line withdraws it, and with it the finding.
  public static func fold(_ content: InboxContent) -> [GroupID: GroupDecisions] {
    var fold = Fold(content: content)
    for entry in content.entries { fold.take(entry) }
    return fold.groups
  }

  private struct Fold {
    let content: InboxContent
    var groups: [GroupID: GroupDecisions] = [:]
    /// The group of every id so far, to know an undo that names another group.
    private var owners: [String: GroupID] = [:]

    init(content: InboxContent) { self.content = content }

    mutating func take(_ entry: InboxContent.Entry) {
      let decision = entry.decision
      var group = groups[decision.group] ?? GroupDecisions()
      defer { groups[decision.group] = group }
      if decision.action == .undo {
        undo(entry, &group)
        return
      }
      if owners.updateValue(decision.group, forKey: decision.id) != nil {
        if group.voided.contains(where: { $0.id == decision.id }) {
          group.findings.append(
            finding(
              "decision-voided", "this decision was taken back already; saying it again changes nothing",
              entry,
              help: "decide anew"))
        }
        return
      }
      if decision.action == .skip {
        group.hasSkips = true
      } else if let standing = group.standing, let first = group.standingLine {
        add(entry, to: standing, first, &group)
      } else {
        group.standing = decision
        group.standingLine = entry
      }
    }

    /// A further decision where one stands.
    private func add(
      _ entry: InboxContent.Entry, to standing: Decision, _ first: InboxContent.Entry,
      _ group: inout GroupDecisions
    ) {
      let decision = entry.decision
      if decision.isSameChoice(as: standing) || decision.isSameChoice(as: first.decision) { return }
      if decision.action == .crop, standing.action == .crop, standing.crop == nil,
        decision.image.hasSameBytes(as: standing.image)
      {
        group.standing?.crop = decision.crop
        group.rectangle = decision
        group.rectangleLine = entry
        return
      }
      group.ignored.insert(decision.id)
      group.findings.append(
        finding(
          "decision-conflict",
          "group \(decision.group) is decided already, as \(words(standing)); this line (\(words(decision))) does not count",
          entry, other: group.rectangleLine ?? first,
          help: "undo the decision that stands, then decide anew"))
    }

    private func undo(_ entry: InboxContent.Entry, _ group: inout GroupDecisions) {
      guard let id = entry.decision.undoes else { return }
      if let rectangle = group.rectangle, rectangle.id == id {
        takeBackRectangle(&group)
        group.voided.append(rectangle)
      } else if let first = group.standingLine, first.decision.id == id {
        if let rectangle = group.rectangle { group.voided.append(rectangle) }
        takeBackRectangle(&group)
        group.voided.append(first.decision)
        group.standing = nil
        group.standingLine = nil
      } else if group.ignored.remove(id) != nil {
        let line = content.entries.first { $0.decision.id == id }?.line
        group.findings.removeAll { $0.code == "decision-conflict" && $0.location?.line == line }
      } else if !group.voided.contains(where: { $0.id == id }) {
        let owner = owners[id]
        let reason =
          switch owner {
          case nil: "no decision before this line has the id \(id)"
          case entry.decision.group?: "decision \(id) never stood"
          case let other?: "decision \(id) is of group \(other)"
          }
        group.findings.append(
          finding("undo-unknown", "there is nothing to take back: \(reason); this line does not count", entry)
        )
      }
    }

    private func takeBackRectangle(_ group: inout GroupDecisions) {
      guard group.rectangle != nil else { return }
      group.standing?.crop = nil
      group.rectangle = nil
      group.rectangleLine = nil
    }

    private func words(_ decision: Decision) -> String {
      [decision.action.rawValue, decision.image, decision.crop?.description].compactMap { $0 }
        .joined(separator: " ")
    }

    private func finding(
      _ code: String, _ message: String, _ entry: InboxContent.Entry, other: InboxContent.Entry? = nil,
      help: String? = nil
    ) -> Diagnostic {
      let notes = other.map { [Diagnostic.Note("this line stands", at: content.location($0))] } ?? []
      return Diagnostic(
        .warning, code: code, message, at: content.location(entry), notes: notes, help: help)
    }
  }
}
