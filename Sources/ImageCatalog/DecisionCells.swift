import FileSystem
import GRDB
import PipelineCore

/// Reads columns without trusting their types: a value that does not fit is an error, not the end of the process.
struct DecisionCells {
  let row: Row

  func damaged(_ column: String) -> Diagnostic {
    let group = String.fromDatabaseValue(row["group_id"]) ?? "?"
    return Diagnostic(
      code: "decision-row-damaged",
      "\(column) of group \(FileSystem.shown(group)) cannot be read; the row was not touched")
  }

  func optional<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
    let stored: DatabaseValue = row[column]
    if stored.isNull { return nil }
    guard let value = Value.fromDatabaseValue(stored) else { throw damaged(column) }
    return value
  }

  func required<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
    guard let value: Value = try optional(column) else { throw damaged(column) }
    return value
  }

  private func items(_ column: String) throws -> [JSONValue]? {
    guard let text: String = try optional(column) else { return nil }
    guard let items = DecisionRow.json(text)?.arrayValue else { throw damaged(column) }
    return items
  }

  func texts(_ column: String) throws -> [String]? {
    guard let items = try items(column) else { return nil }
    let texts = items.compactMap(\.stringValue)
    guard texts.count == items.count else { throw damaged(column) }
    return texts
  }

  func rectangle(_ column: String) throws -> CropRectangle? {
    guard let items = try items(column) else { return nil }
    let numbers = items.compactMap(\.doubleValue)
    guard numbers.count == items.count else { throw damaged(column) }
    return try CropRectangle(numbers)
  }
}
