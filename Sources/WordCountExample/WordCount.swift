import FileSystem
import PipelineCore
import PipelineEngine
import PipelineWorkspace

/// A pipeline on the framework alone: `WordCountExample [WORKSPACE]` runs the workspace's `pipelines/words.json`
/// (the one beside this file is one to start with). What ran before is not run again.
@main enum WordCount {
  static let kinds = [StageKind(CountStage.self), StageKind(TotalStage.self)]

  static func main() async throws {
    for stage in try await run(CommandLine.arguments.dropFirst().first ?? ".").stages {
      print(stage.id, stage.state, "\(stage.unitsDone) done, \(stage.unitsUpToDate) up to date", stage.errors)
    }
  }

  static func run(_ place: String, observer: any RunObserver = SilentObserver()) async throws -> RunOutcome {
    let file = try PipelineFile("pipelines/words.json", in: place, kinds: kinds)
    return try await PipelineSession.run(file, observer: observer)
  }
}

/// Counts the words of each text file: a unit per file, so that a changed file is counted again and no other.
struct CountStage: Stage {
  static let description = StageDescription(
    kind: "words.count", version: 1, summary: "Count the words of each text file.",
    settings: [Setting("files", .path, required: true, "The text files, as a glob pattern.")],
    unit: "a text file")
  private let files: Glob

  init(_ definition: StageDefinition) { files = Glob(definition.settings["files"]?.stringValue ?? "") }

  func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    try files.files(below: context.workspace).map {
      UnitDefinition(key: UnitKey($0), inputs: [.init(path: $0)])
    }
  }

  func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let text = String(decoding: try FileSystem.read("\(context.workspace)/\(order.unit.key)"), as: UTF8.self)
    let words = text.split(whereSeparator: { !$0.isLetter }).map { ($0.lowercased(), Int64(1)) }
    let table = WordTable(words, uniquingKeysWith: +)
    try FileSystem.create("\(context.artifact)/words.tsv", table.text.utf8)
    return UnitResult(artifacts: [.init(name: "words.tsv")], counters: ["words": Int64(words.count)])
  }
}

/// Adds the tables of all files up and publishes the sum as one file of the workspace.
struct TotalStage: Stage {
  static let description = StageDescription(
    kind: "words.total", version: 1, summary: "Add the word counts of the needed stages up.")
  private static let report = "reports/words.tsv"

  init(_ definition: StageDefinition) {}

  func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    var inputs: [InputReference] = []
    for stage in context.upstream {
      for unit in try stage.units() {
        inputs += unit.outputs.map { InputReference(path: $0.path, digest: $0.digest) }
      }
    }
    return [UnitDefinition(inputs: inputs, outputs: [Self.report])]
  }

  func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    var sum: WordTable = [:]
    for input in order.inputs {
      let bytes = try FileSystem.read("\(context.workspace)/\(input.path)")
      sum.merge(WordTable(text: String(decoding: bytes, as: UTF8.self)), uniquingKeysWith: +)
    }
    try FileSystem.makeDirectories("\(context.publication)/reports")
    try FileSystem.create("\(context.publication)/\(Self.report)", sum.text.utf8)
    return UnitResult(publications: [.init(path: Self.report)], counters: ["words": sum.values.reduce(0, +)])
  }
}

/// How often each word occurs. Its text is sorted: the same words give the same bytes.
typealias WordTable = [String: Int64]

extension WordTable {
  var text: String { sorted { $0.key < $1.key }.map { "\($0.key)\t\($0.value)\n" }.joined() }

  init(text: String) {
    self = [:]
    for line in text.split(separator: "\n") {
      self[String(line.prefix { $0 != "\t" })] = Int64(line.drop { $0 != "\t" }.dropFirst())
    }
  }
}
