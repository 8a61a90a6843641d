import ArgumentParser
import FileSystem
import PipelineCore
import PipelineEngine
import PipelineSpec
import PipelineStore

struct LogsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Print what the units of a stage logged in a run.",
    discussion: """
      Without UNIT: the logs of the units that did not end well, or of all when all did. Attempts come in the order \
      in which they ended.
      """)

  @Argument(help: ArgumentHelp("The run's number, or `last`.", valueName: "run"))
  var runName: String
  @Argument(help: "The stage, or STAGE/UNIT.", completion: .custom(Completions.stages))
  var stage: String
  @Argument(help: "The unit's key.")
  var unit: String?
  @OptionGroup var place: WorkspaceOptions
  @Flag(name: .long, help: "The logs of all units, also of those that ended well.")
  var all = false

  func run() throws {
    let workspace = try place.locate()
    let database = try StateDatabase.open(workspace: workspace.root, .readOnly)
    let record = try RunName.resolve(runName, in: database, of: workspace)
    let (id, key) = try UnitName.parse(stage, unit, known: record.stages.map(\.id), owner: "run \(record.id)")
    let attempts = try database?.attempts(of: record.id, stage: id) ?? []
    let wanted = try Self.choose(attempts, key: key, all: all, stage: id, run: record.id)
    for attempt in wanted {
      if wanted.count > 1 {
        StandardOutput.write("==> \(attempt.unit), attempt \(attempt.attempt): \(attempt.state.rawValue)\n")
      }
      try Self.print(attempt, workspace)
      if wanted.count > 1 { StandardOutput.write("\n") }
    }
  }

  private static func choose(
    _ attempts: [AttemptRecord], key: UnitKey?, all: Bool, stage: StageID, run: RunID
  ) throws -> [AttemptRecord] {
    if attempts.isEmpty {
      throw CommandFailure(
        .notFound,
        Diagnostic(
          code: "no-attempt", "no unit of \(stage) ran in run \(run)", help: "`darkroom show \(run)` says why"
        ))
    }
    if let key {
      let own = attempts.filter { $0.unit.key == key }
      if !own.isEmpty { return own }
      let known = attempts.map(\.unit.key.rawValue)
      throw CommandFailure(
        .notFound,
        Diagnostic(
          code: "no-attempt", "the unit \"\(key)\" of \(stage) did not run in run \(run)",
          help: Suggestion.help(for: key.rawValue, among: known, what: "its units that ran are")))
    }
    let bad = attempts.filter { $0.state != .done }
    return all || bad.isEmpty ? attempts : bad
  }

  private static func print(_ attempt: AttemptRecord, _ workspace: Workspace) throws {
    guard let path = attempt.logFile else {
      return _ = StandardOutput.write("(\(attempt.unit), attempt \(attempt.attempt), logged nothing)\n")
    }
    let absolute = "\(workspace.root)/\(path)"
    guard try FileStatus(absolute) != nil else {
      return _ = StandardOutput.write("(\(path) is not there any more; `darkroom gc` removes old logs)\n")
    }
    StandardOutput.write(String(decoding: try FileSystem.read(absolute), as: UTF8.self))
  }
}

/// Reads `STAGE`, `STAGE/UNIT` or `STAGE` and `UNIT`.
enum UnitName {
  static func parse(
    _ stage: String, _ unit: String?, known: [StageID], owner: String
  ) throws -> (stage: StageID, key: UnitKey?) {
    let slash = stage.firstIndex(of: "/")
    let id = StageID(String(slash.map { stage[..<$0] } ?? stage[...]))
    let key = unit ?? slash.map { String(stage[stage.index(after: $0)...]) }
    if !known.contains(id) {
      throw CommandFailure(
        .notFound,
        Diagnostic(
          code: "unknown-stage", "\(owner) has no stage \"\(id)\"",
          help: Suggestion.help(for: id.rawValue, among: known.map(\.rawValue), what: "its stages are")))
    }
    return (id, key.map { UnitKey($0) })
  }
}
