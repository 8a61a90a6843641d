import FileSystem
import PipelineCore

/// One line of the operation log, with the members in the order in which the older tools write them.
struct OperationRecord {
  var order: CustodyOrder
  var operation: CustodyOperation
  var operationID: String
  var isUndo: Bool
  /// The indices of steps that an undoing leaves out, because their files are missing.
  var forgotten: Set<Int> = []
  var actor: String
  var run: RunID?
  /// Microseconds since 1970.
  var time: Int64

  /// The line, without its newline. A folder that is empty is `null`.
  var line: String {
    let (source, target) =
      isUndo
      ? (operation.targetFolder, operation.sourceFolder) : (operation.sourceFolder, operation.targetFolder)
    let files = operation.steps.enumerated().filter { !forgotten.contains($0.offset) }.map(\.element.fileName)
    let missing = forgotten.sorted().map { operation.steps[$0].fileName }
    let absent = Set(missing.map { RelativePath($0) })
    let note =
      (isUndo ? "undo of \(operation.verb.rawValue)" : operation.notes)
      + (missing.isEmpty ? "" : "; missing: \(missing.joined(separator: ", "))")
    let members: [(String, JSONValue)] = [
      ("type", "file_operation"), ("script", "darkroom"),
      ("session_id", .string(run.map { "run-\($0)" } ?? "command")), ("batch_id", .null),
      ("timestamp", .string(Self.timestamp(time))),
      ("operation", .string(isUndo ? CustodyOperation.Verb.restore.rawValue : operation.verb.rawValue)),
      ("source_dir", source.isEmpty ? .null : .string(source)),
      ("dest_dir", target.isEmpty ? .null : .string(target)),
      ("file_count", .integer(Int64(operation.images.count { !absent.contains(RelativePath($0)) }))),
      ("notes", .string(note)),
      ("files", .array(files.map { .string($0) })), ("op_id", .string(operationID)),
      ("run_id", run.map { .integer($0.rawValue) } ?? .null), ("actor", .string(actor)),
    ]
    return "{" + members.map { "\"\($0.0)\": \($0.1.canonical)" }.joined(separator: ", ") + "}"
  }

  /// `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`.
  static func timestamp(_ microseconds: Int64) -> String {
    let day = Day(utcMicroseconds: microseconds)
    let rest = microseconds - day.utcMicroseconds
    func padded(_ value: Int64, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let seconds = rest / 1_000_000
    return
      "\(day)T\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(rest % 1_000_000, 6))+00:00"
  }

  /// The log file of the UTC day.
  static func fileName(_ microseconds: Int64) -> String {
    let day = Day(utcMicroseconds: microseconds).description
    return "file_operations_\(day.filter { $0 != "-" }).log"
  }
}
