import ArgumentParser
import FileSystem
import ImageCatalog
import ImageStages
import PipelineCore

struct GroupsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "groups", abstract: "List the groups of images that wait for a decision.",
    discussion: """
      Shows what the last run's catalog found. Decide with `darkroom decide GROUP …`. A recommendation that is hidden is \
      one of the few that measure what people choose without it: pick an image for such a group.
      """)

  @OptionGroup var place: WorkspaceOptions
  @Option(name: .long, help: "Only groups of this project.") var project: String?
  @Flag(name: .long, help: "Also groups that are decided.") var all = false
  @Option(name: .shortAndLong, help: "How many groups to list.") var limit = 50
  @Flag(name: .long, help: "Print JSON.") var json = false

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit is at least 1, not \(limit)") }
  }

  func run() throws {
    let workspace = try place.locate()
    let boards = try ReviewBoards.load(workspace, project: project)
    for finding in boards.findings { StandardError.write(finding.description) }
    let shown = boards.entries.filter { all || $0.state != .decided }
    if json {
      let value: JSONValue = [
        "groups": .array(shown.prefix(limit).map(Self.json)), "total": .integer(Int64(shown.count)),
      ]
      return _ = StandardOutput.write(value.pretty)
    }
    if shown.isEmpty {
      return _ = StandardOutput.write(
        boards.entries.isEmpty ? "no groups: the projects have no images\n" : "nothing waits for a decision\n"
      )
    }
    var table = TextTable(style: Terminal().style)
    table.addHeader("GROUP", "PROJECT", "STATE", "IMAGES", "RECOMMENDED", "FOLDER", "FIRST IMAGE")
    for entry in shown.prefix(limit) {
      let flags = entry.record.group.flags.map(\.rawValue).sorted().joined(separator: ", ")
      table.add(
        (entry.record.group.id.rawValue, nil), (entry.project, nil), (entry.state.rawValue, nil),
        (
          "\(entry.record.group.images.count)" + (flags.isEmpty ? "" : " (\(flags))"),
          flags.isEmpty ? nil : .yellow
        ),
        (Self.recommended(entry), nil), (HumanText.printable(entry.record.group.folder.rawValue), nil),
        (HumanText.printable(entry.record.group.images.first ?? ""), nil))
    }
    var text = table.text()
    if shown.count > limit {
      text += "… and \(HumanText.count(shown.count - limit)) more; --limit shows them\n"
    }
    StandardOutput.write(text)
  }

  private static func recommended(_ entry: GroupBoard.Entry) -> String {
    guard let recommendation = entry.recommendation else { return "-" }
    // One word for all: nothing of a blind audit may be seen before the decision.
    if entry.isBlind { return "hidden" }
    return "image \(recommendation.index + 1)" + (recommendation.crop == nil ? "" : " + crop")
      + (recommendation.confidence.map { " \(Int(($0 * 100).rounded())) %" } ?? "")
  }

  static func json(_ entry: GroupBoard.Entry) -> JSONValue {
    let group = entry.record.group
    return [
      "group": .string(group.id.rawValue), "project": .string(entry.project),
      "state": .string(entry.state.rawValue),
      "folder": .string(group.folder.rawValue), "images": .array(group.images.map { .string($0) }),
      "flags": .array(group.flags.map(\.rawValue).sorted().map { .string($0) }),
      "recommendation": entry.isBlind ? .null : entry.recommendation?.json ?? .null,
      "blind": .bool(entry.isBlind), "decision": entry.decision?.json ?? .null,
    ]
  }
}

/// The boards of the workspace's projects.
struct ReviewBoards {
  var entries: [GroupBoard.Entry] = []
  var findings: [Diagnostic] = []

  static func load(_ workspace: Workspace, project: String?) throws -> ReviewBoards {
    let projects = try ImageProjects(workspace: workspace.root, only: project)
    var boards = ReviewBoards(findings: projects.warnings)
    for project in projects.projects {
      do {
        let board = try GroupBoard(workspace: workspace.root, project: project.id)
        boards.entries += board.entries
        boards.findings += board.findings
      } catch let error as Diagnostic where error.code == "no-groups" && projects.projects.count > 1 {
        // Projects without images are usual beside others with them.
        continue
      }
    }
    return boards
  }

  /// The group whose id is, or begins with, the text.
  func entry(_ text: String) throws -> GroupBoard.Entry {
    let id = try Self.choose(text, among: Set(entries.map(\.record.group.id)))
    guard let entry = entries.first(where: { $0.record.group.id == id }) else { throw Self.unknown(text) }
    return entry
  }

  /// The one of the ids that is, or begins with, the text, of which at least four characters are given.
  static func choose(_ text: String, among ids: Set<GroupID>) throws -> GroupID {
    let found = ids.filter { $0.rawValue.hasPrefix(text) }
    if let exact = found.first(where: { $0.rawValue == text }) { return exact }
    if let only = found.first, found.count == 1, text.count >= 4 { return only }
    throw unknown(text, found.count)
  }

  private static func unknown(_ text: String, _ count: Int = 0) -> CommandFailure {
    let what =
      switch count {
      case 0: "there is no group \(text)"
      case 1: "\(text) is too short for the beginning of a group's id"
      default: "\(text) is the beginning of \(HumanText.count(count, "group"))"
      }
    return CommandFailure(
      .notFound,
      Diagnostic(
        code: "unknown-group", "\(what); nothing was done", help: "`darkroom groups --all` lists them"))
  }
}
