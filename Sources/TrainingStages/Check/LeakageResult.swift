import DataQuality
import PipelineCore
import TrainingData

/// The check for leaks as a result among the others: near-duplicates cannot be said as an expectation of rows.
enum LeakageResult {
  static let name = "nothing leaks between splits"

  /// - Parameters:
  ///   - tables: of one dataset.
  ///   - workspace: absolute.
  /// - Throws: `FileError`.
  static func result(of tables: [Table], workspace: String) throws -> CheckResult {
    var result = CheckResult(
      name: name, table: tables.map(\.name).joined(separator: ", "), kind: "leakage", severity: .fail,
      rows: 0,
      violations: 0, observed: "", expected: "no group, crop or near-duplicate is in two splits",
      help: "train nothing with this dataset; run `training.join` again, and report it if it stays")
    guard let file = tables.first?.files.first, let slash = file.path.lastIndex(of: "/"),
      let placeSlash = file.place.lastIndex(of: "/")
    else { return result }
    do {
      let found = try LeakageCheck.leaks(in: DatasetFiles(path: String(file.path[..<slash])))
      result.rows = found.rows
      result.violations = found.count
      result.observed = "\(found.count) \(found.count == 1 ? "leak" : "leaks")"
      let folder = file.place[...placeSlash]
      result.examples = found.leaks.prefix(5).map { leak in
        CheckResult.Example(
          file: folder + leak.second.file, line: leak.second.line,
          value:
            "\(leak.kind.rawValue) \(leak.subject) in \(leak.second.split.rawValue), and \(folder)\(leak.first.file):\(leak.first.line) in \(leak.first.split.rawValue)"
        )
      }
    } catch let problem as Diagnostic where problem.code == "training-row" {
      // A row that cannot be read is told by other results, too; here it means that nothing was proved.
      result.violations = 1
      result.observed = "not looked for, because \(problem.message)"
      result.examples =
        problem.location.map {
          [
            .init(
              file: String($0.path.dropFirst(workspace.utf8.count + 1)), line: $0.line, value: problem.message
            )
          ]
        } ?? []
    }
    return result
  }
}
