import FileSystem
import ImageCatalog
import PipelineCore

/// A group that somebody decided on, as values of a unit: they are its fingerprint, and all that it knows.
struct GroupDecision {
  /// The project's id.
  let project: String
  /// The group's record in the catalog; `nil` for a decision about a group that is not there.
  let record: GroupRecord?
  /// The group's lines of the inbox, in its order.
  let entries: [InboxContent.Entry]

  /// What stands for the group, and what was taken back; `nil` without entries.
  var folded: GroupDecisions? {
    DecisionInbox.fold(InboxContent(path: DecisionInbox.path(project: project), entries: entries)).values
      .first
  }

  /// The decision as values of a unit.
  var values: [String: String] {
    [
      "project": project, "group": record?.line ?? "unknown",
      "decisions": entries.map { "\($0.line)\t\($0.decision.json.canonical)" }.joined(separator: "\n"),
    ]
  }

  init(project: String, record: GroupRecord?, entries: [InboxContent.Entry]) {
    self.project = project
    self.record = record
    self.entries = entries
  }

  /// The decision of a unit's order.
  init(_ values: [String: String]) throws {
    let project = values["project"] ?? ""
    let group = values["group"] ?? "unknown"
    self.project = project
    record = group == "unknown" ? nil : try GroupRecord(line: group, path: "the catalog")
    entries = try (values["decisions"] ?? "").split(separator: "\n").map { text in
      let parts = text.split(separator: "\t", maxSplits: 1)
      let line = parts.first.flatMap { Int($0) } ?? 0
      let decision = try Decision(
        line: Array((parts.last ?? "").utf8), path: DecisionInbox.path(project: project), number: line)
      return InboxContent.Entry(decision: decision, line: line)
    }
  }

  /// The group's record.
  /// - Throws: `unknown-group` for a decision about a group that is not in the catalog.
  func knownRecord(_ decision: Decision) throws -> GroupRecord {
    if let record { return record }
    throw Diagnostic(
      code: "unknown-group", "project \(project) has no group \(decision.group); nothing was moved",
      at: entries.first.map { SourceLocation(path: DecisionInbox.path(project: project), line: $0.line) },
      notes: [.init("its images were \(decision.images.joined(separator: ", "))")],
      help: "if the images changed, look at their groups again with `darkroom groups`; "
        + "`darkroom undo --group \(decision.group)` takes the decision back")
  }
}

/// The decided groups of all projects.
struct DecidedGroups {
  private let groups: [(id: GroupID, decision: GroupDecision)]

  /// Reads the groups of the needed `images.catalog` stage, and the inboxes.
  init(_ context: ExpansionContext) throws {
    context.observe(.other)
    var groups: [(id: GroupID, decision: GroupDecision)] = []
    for unit in try CatalogUnits(context).units {
      let project = unit.key.rawValue
      let content = try DecisionInbox.read(workspace: context.workspace, project: project)
      if content.entries.isEmpty { continue }
      let records = try CatalogUnits.records(of: unit, workspace: context.workspace)
      for (id, entries) in Dictionary(grouping: content.entries, by: \.decision.group) {
        groups.append((id, GroupDecision(project: project, record: records[id], entries: entries)))
      }
    }
    self.groups = groups.sorted { $0.id < $1.id }
  }

  /// One unit per group that is wanted, in the order of their keys.
  func units(where isWanted: (GroupDecision) throws -> Bool) rethrows -> [UnitDefinition] {
    try groups.filter { try isWanted($0.decision) }.map {
      UnitDefinition(key: UnitKey($0.id.rawValue), values: $0.decision.values)
    }
  }
}
