import ArgumentParser
import FileSystem
import PipelineCore
import PipelineEngine
import PipelineStore

struct GarbageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc",
    abstract: "Remove what nothing refers to any more: old artifacts, snapshots, datasets, exports, logs.",
    discussion: """
      Removes artifacts that no current checkpoint names, published snapshots, datasets and exports older than the \
      current one and the two before it, what dead runs left in staging, and the log folders of old runs. Nothing \
      outside data/state, data/snapshot/versions and the versions of datasets and exports is touched; results and the \
      list of runs stay. An export with hard links loses its names of the images, the images stay.
      """)

  @OptionGroup var place: WorkspaceOptions
  @Flag(name: [.long, .customShort("n")], help: "Only say what would be removed.")
  var dryRun = false
  @Option(name: .long, help: "Keep the logs of so many of the latest runs.")
  var keepRuns = 50
  @Flag(name: .long, help: "Print JSON.")
  var json = false

  func validate() throws {
    if keepRuns < 1 { throw ValidationError("--keep-runs is at least 1, not \(keepRuns)") }
  }

  func run() throws {
    let workspace = try place.locate()
    guard let database = try StateDatabase.open(workspace: workspace.root, .readOnly) else {
      return report(Garbage(), isDone: false)
    }
    if dryRun {
      return report(try Garbage(in: workspace, database, keepRuns: keepRuns), isDone: false)
    }
    let lock = try WorkspaceLock(workspace: workspace.root)
    if let writable = try StateDatabase.open(workspace: workspace.root, .readWrite) {
      let garbage = try Garbage(in: workspace, writable, keepRuns: keepRuns)
      try garbage.remove(from: workspace, writable)
      report(garbage, isDone: true)
    }
    _ = consume lock
  }

  private func report(_ garbage: Garbage, isDone: Bool) {
    if json {
      let kinds = Dictionary(grouping: garbage.items, by: \.kind.rawValue).mapValues { items in
        JSONValue.object([
          "count": .integer(Int64(items.count)), "paths": .array(items.map { .string($0.path) }),
        ])
      }
      let value: JSONValue = [
        "removed": .bool(isDone), "files": .integer(Int64(garbage.files)), "bytes": .integer(garbage.bytes),
        "items": .object(kinds),
      ]
      return _ = StandardOutput.write(value.pretty)
    }
    if garbage.items.isEmpty { return _ = StandardOutput.write("nothing to remove\n") }
    var text = ""
    for kind in Garbage.Kind.allCases {
      let items = garbage.items.filter { $0.kind == kind }
      if items.isEmpty { continue }
      text += "\(HumanText.count(items.count, kind.noun)): \(HumanText.list(items.map(\.path), limit: 3))\n"
    }
    text += "\(isDone ? "removed" : "would remove") \(HumanText.count(garbage.files, "file")), "
    text += "up to \(HumanText.bytes(garbage.bytes))\(isDone ? "" : "; nothing was changed")\n"
    StandardOutput.write(text)
  }
}
