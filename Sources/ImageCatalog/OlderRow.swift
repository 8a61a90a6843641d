import FileSystem
import GRDB
import PipelineCore

/// A row of version 3 while it is taken over.
struct OlderRow {
  /// One value that is not what it was.
  struct Change {
    var column: String
    var old: DatabaseValue?
    var new: DatabaseValue?
    var reason: String
    /// Whether the row's meaning was set right; a column that only moved into the notes is none.
    var isRepair = true
  }
  struct Refusal: Error { var reason: String }

  private let row: Row
  private let columns: [String]

  init(_ row: Row, _ columns: [String]) {
    self.row = row
    self.columns = columns
  }

  /// The group's id as it stands.
  var group: DatabaseValue { value("group_id") }

  private func value(_ column: String) -> DatabaseValue {
    columns.contains(column) ? row[column] as DatabaseValue : .null
  }

  /// The values for version 4, and what was changed. The constraints have still to judge them.
  func repaired() -> Result<(values: [(column: String, value: DatabaseValue)], changes: [Change]), Refusal> {
    var values = Dictionary(DecisionSQL.olderColumns.map { ($0, value($0)) }) { _, last in last }
    var changes: [Change] = []
    func set(_ column: String, _ new: DatabaseValue, _ reason: String) {
      let old = values[column] ?? .null
      if old.isSame(as: new) { return }
      values[column] = new
      changes.append(Change(column: column, old: old, new: new, reason: reason))
    }
    guard case .string(let timestamp) = value("timestamp").storage, let moment = UTCTime(legacy: timestamp)
    else {
      return .failure(Refusal(reason: "timestamp is no date and time"))
    }
    for column in Self.texts {
      if case .blob = value(column).storage { return .failure(Refusal(reason: "\(column) is no text")) }
    }
    let names = String.fromDatabaseValue(value("images")).flatMap { DecisionRow.json($0)?.arrayValue }
    guard let names, names.allSatisfy({ $0.stringValue != nil }) else {
      return .failure(Refusal(reason: "images is no array of names"))
    }
    for column in ["ai_crop_coords", "final_crop_coords"] {
      switch rectangle(column) {
      case .failure(let refusal): return .failure(refusal)
      case .success(.unchanged): break
      case .success(.none): set(column, .null, "an empty value is no rectangle")
      case .success(.converted(let rectangle)):
        set(column, rectangle.json.canonical.databaseValue, "pixels, converted with the image's size")
      }
    }
    let matches = Self.matches(values)
    set("selection_match", matches.selection, "by the definition: the same image was picked")
    set(
      "crop_match", matches.crop,
      "by the definition: the same image, and no coordinate differs by more than 0.05")
    for column in columns where !DecisionSQL.olderColumns.contains(column) && !value(column).isNull {
      changes.append(
        Change(
          column: column, old: value(column), reason: "not a column of version 4; kept here", isRepair: false)
      )
    }
    let added: [(column: String, value: DatabaseValue)] = [
      // Older tools recorded people's decisions only.
      ("actor", "human".databaseValue), ("decided_at", moment.description.databaseValue),
      ("schema_version", 3.databaseValue),
    ]
    return .success((DecisionSQL.olderColumns.map { ($0, values[$0] ?? .null) } + added, changes))
  }

  private static let texts = [
    "group_id", "project_id", "directory", "images", "ai_crop_coords", "user_action", "final_crop_coords",
    "crop_timestamp",
  ]

  private enum Rectangle { case unchanged, none, converted(CropRectangle) }

  private func rectangle(_ column: String) -> Result<Rectangle, Refusal> {
    let stored = value(column)
    if stored.isNull { return .success(.unchanged) }
    guard case .string(let text) = stored.storage else {
      return .failure(Refusal(reason: "\(column) is no text"))
    }
    if text.isEmpty || text == "null" || text == "[]" { return .success(.none) }
    guard let items = DecisionRow.json(text)?.arrayValue, items.count == 4,
      case let numbers = items.compactMap(\.doubleValue), numbers.count == 4
    else { return .failure(Refusal(reason: "\(column) is no array of 4 numbers")) }
    do throws(Diagnostic) {
      let read = try CropRectangle.legacy(
        x1: numbers[0], y1: numbers[1], x2: numbers[2], y2: numbers[3],
        width: Int.fromDatabaseValue(value("image_width")),
        height: Int.fromDatabaseValue(value("image_height")))
      return .success(read.wasPixels ? .converted(read.rectangle) : .unchanged)
    } catch {
      return .failure(Refusal(reason: "\(column): \(error.message)"))
    }
  }

  /// What `selection_match` and `crop_match` are by their definitions.
  private static func matches(
    _ values: [String: DatabaseValue]
  ) -> (selection: DatabaseValue, crop: DatabaseValue) {
    func index(_ column: String) -> Int? { values[column].flatMap { Int.fromDatabaseValue($0) } }
    func crop(_ column: String) -> CropRectangle? {
      guard let text = values[column].flatMap({ String.fromDatabaseValue($0) }),
        let numbers = DecisionRow.json(text)?.arrayValue?.compactMap(\.doubleValue)
      else { return nil }
      // `try?`: what is no rectangle was refused before.
      return try? CropRectangle(numbers)
    }
    guard let ai = index("ai_selected_index"), values["user_action"] != "skip".databaseValue else {
      return (.null, cropMatch(false))
    }
    let isSame = index("user_selected_index") == ai
    func cropMatch(_ isSame: Bool) -> DatabaseValue {
      guard let recommended = crop("ai_crop_coords"), let final = crop("final_crop_coords") else {
        return .null
      }
      return (isSame && final.matches(recommended)).databaseValue
    }
    return (isSame.databaseValue, cropMatch(isSame))
  }
}
