/// Makes databases of version 3 with SQLite's own program, as the older tools' were.
enum OlderDatabase {
  static let table = """
    CREATE TABLE ai_decisions (
      group_id TEXT PRIMARY KEY, timestamp TEXT, project_id TEXT, directory TEXT, batch_number INTEGER, images TEXT,
      ai_selected_index INTEGER, ai_crop_coords TEXT, ai_confidence REAL, user_selected_index INTEGER,
      user_action TEXT, ai_crop_accepted BOOLEAN, final_crop_coords TEXT, crop_timestamp TEXT, image_width INTEGER,
      image_height INTEGER, selection_match BOOLEAN, crop_match BOOLEAN);
    CREATE VIEW ai_performance AS SELECT project_id, count(*) FROM ai_decisions GROUP BY project_id;
    CREATE INDEX by_project ON ai_decisions (project_id);
    """

  /// A row that breaks nothing, with some columns set otherwise, as SQL literals.
  static func insert(_ id: String, _ changes: [String: String] = [:], table: String = "ai_decisions")
    -> String
  {
    var values = [
      "group_id": "'\(id)'", "timestamp": "'2025-10-08T18:47:32.429632Z'", "project_id": "'mojo1'",
      "directory": "'x'", "batch_number": "7", "images": "'[\"a.png\", \"b.png\"]'", "ai_selected_index": "1",
      "ai_crop_coords": "'[0.1, 0.2, 0.9, 0.8]'", "ai_confidence": "0.5", "user_selected_index": "1",
      "user_action": "'crop'", "ai_crop_accepted": "0", "final_crop_coords": "'[0.1, 0.2, 0.9, 0.8]'",
      "crop_timestamp": "'2025-10-08T19:00:00Z'", "image_width": "1000", "image_height": "2000",
      "selection_match": "1", "crop_match": "1",
    ]
    for (column, literal) in changes { values[column] = literal }
    let sorted = values.sorted { $0.key < $1.key }
    return """
      INSERT INTO \(table) (\(sorted.map(\.key).joined(separator: ", ")))
      VALUES (\(sorted.map(\.value).joined(separator: ", ")));
      """
  }

  /// Replaces what is there by a database of good rows.
  static func make(_ path: String, rows: Int) throws {
    _ = try Tool.run(["rm", "-f", path])
    try Tool.sqlite(
      path, "BEGIN; \(table) \((0..<rows).map { insert("group-\($0)") }.joined(separator: "\n")) COMMIT;")
  }
}
