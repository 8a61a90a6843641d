import ArgumentParser
import FileSystem
import ImageCatalog
import ImageMeasurement
import PipelineCore
import PipelineSpec
import TrainingData
import TrainingStages

/// For the repository, not for users: `scripts/generate` calls it.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Write the files of the repository that are made from the code.",
    shouldDisplay: false)

  @Argument(help: "The repository's folder.", completion: .directory)
  var repository: String

  func run() throws {
    for file in GeneratedFile.all {
      let path = "\(repository)/\(file.path)"
      let present =
        try FileStatus(path) == nil ? nil : String(decoding: try FileSystem.read(path), as: UTF8.self)
      let fresh = try file.fresh(present)
      if fresh == present { continue }
      let aside = path + ".new"
      try FileSystem.create(aside, fresh.utf8)
      try FileSystem.rename(aside, to: path)
      StandardOutput.write("wrote \(file.path)\n")
    }
  }
}

/// A file of the repository that is made from the code, as a whole or between two markers.
struct GeneratedFile: Sendable {
  /// Relative to the repository.
  let path: String
  /// The name in the markers; `nil` when the whole file is made.
  let part: String?
  private let make: @Sendable () -> String

  static let all =
    [
      GeneratedFile(path: "data/schema/pipeline_v1.schema.json", part: nil) {
        PipelineSchema.json(kinds: StageCatalog.kinds.map(\.description))
      },
      GeneratedFile(path: "data/schema/decision_v1.schema.json", part: nil) { DecisionSchema.text },
      GeneratedFile(path: "data/schema/ai_decisions_v4.sql", part: nil) { DecisionSQL.text },
      GeneratedFile(path: "data/schema/image_measurements_v1.sql", part: nil) { MeasurementSQL.text },
      GeneratedFile(path: "Documents/training.md", part: "columns") { TrainingColumns.markdown },
      GeneratedFile(path: "Documents/pipeline-reference.md", part: "pipeline files") {
        PipelineReference.markdown(kinds: StageCatalog.kinds.map(\.description))
      },
      GeneratedFile(path: "Documents/exit-codes.md", part: "exit codes") { ExitStatus.markdown },
    ] + TrainingSchemas.all.map { schema in GeneratedFile(path: schema.path, part: nil) { schema.text } }

  private var begin: String { "<!-- generated: \(part ?? ""); `scripts/generate` writes it -->\n" }
  private var end: String { "<!-- end of generated: \(part ?? "") -->\n" }

  /// What the file should say.
  /// - Parameter present: what it says now; all outside the markers is kept.
  /// - Throws: `Diagnostic` when a marker is missing.
  func fresh(_ present: String?) throws -> String {
    guard part != nil else { return make() }
    let text = present ?? ""
    guard let first = text.firstRange(of: begin),
      let last = text[first.upperBound...].firstRange(of: end)
    else {
      throw Diagnostic(
        code: "no-marker",
        "\(path) has no marker for the part that is made from the code; it was not touched",
        help: "put these two lines where the part belongs:\n\(begin)\(end)")
    }
    return text[..<first.upperBound] + "\n" + make() + "\n" + text[last.lowerBound...]
  }
}

extension ExitStatus {
  /// The table for the documents.
  static var markdown: String {
    "| Code | Meaning |\n|---:|---|\n" + allCases.map { "| \($0.rawValue) | \($0.meaning) |\n" }.joined()
  }
}
