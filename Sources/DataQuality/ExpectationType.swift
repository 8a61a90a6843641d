public import PipelineCore

/// How expectations are written in pipeline files.
public enum ExpectationType {
  private static let column = Setting("column", .string, required: true, "The column: `a`, `a[0]` or `a.b`.")
  private static let columns = Setting(
    "columns", .array(.string, atLeast: 1), required: true, "The columns: `a`, `a[0]` or `a.b`.")
  private static let anyNumber = SettingType.number(
    -.greatestFiniteMagnitude ... .greatestFiniteMagnitude)
  private static let counts = SettingType.integer(0...1 << 53)

  private static func kind(_ name: String, _ summary: String, _ members: [Setting]) -> ObjectType.Kind {
    ObjectType.Kind(
      name, summary,
      [Setting("table", .string, required: true, "The table.")] + members + [
        Setting("severity", .oneOf(["warn", "fail"]), default: "fail", "What becomes of the unit."),
        Setting("name", .string, "What results and messages call it; made of table and rule without one."),
        Setting("help", .string, "What to do when it is broken, for the message."),
      ])
  }

  /// The type of one expectation.
  public static let object = ObjectType(
    "check", kindMember: "kind",
    kinds: [
      kind(
        "range", "Numbers lie in a range, ends included; of arrays, every item does.",
        [
          column, Setting("min", anyNumber, "The least number."),
          Setting("max", anyNumber, "The greatest number."),
        ]),
      kind("notNull", "Every row has a value in all these columns.", [columns]),
      kind(
        "unique",
        "No two rows have the same values in all these columns. A row that lacks one of them is not looked at.",
        [columns]),
      kind(
        "oneOf", "Values are among these, compared by their text; of arrays, every item is.",
        [column, Setting("values", .array(.scalar, atLeast: 1), required: true, "The values.")]),
      kind(
        "pattern", "Texts match a regular expression as a whole; of arrays, every item does.",
        [column, Setting("pattern", .string, required: true, "The regular expression, as Swift has them.")]),
      kind(
        "referential",
        "The values occur together in a row of another table; of one column with arrays, every item does.",
        [
          columns, Setting("inTable", .string, required: true, "The other table."),
          Setting("inColumns", .array(.string, atLeast: 1), "Its columns; without them, of the same names."),
        ]),
      kind(
        "rows", "The table has so many rows.",
        [Setting("min", counts, "The least number."), Setting("max", counts, "The greatest number.")]),
      kind(
        "freshness",
        "The newest time of a column is not much older than another one. No clock is asked: give `on`, or a column.",
        [
          column, Setting("days", .number(0...100_000), required: true, "How many days older it may be."),
          Setting("on", .string, "A UTC day `YYYY-MM-DD`, such as a parameter's: its end is compared with."),
          Setting("inTable", .string, "The table whose newest time is compared with."),
          Setting("inColumn", .string, "Its column; without it, of the same name."),
        ]),
      kind(
        "drift",
        "The share of each value of a column in the last 7 days is like that of the weeks before. The days end with the newest in the table. A share has drifted when it differs by `change`, and z of the two-proportion test by `score`.",
        [
          column, Setting("time", .string, required: true, "The column with the time of a row."),
          Setting("weeks", .integer(1...520), default: 8, "How many weeks before are compared with."),
          Setting(
            "minimum", .integer(1...1_000_000_000), default: 50, "The least number of values in both times."),
          Setting("change", .number(0...1), default: 0.1, "The least difference of shares, 0 to 1."),
          Setting("score", .number(0...1_000), default: 4, "The least z."),
        ]),
      kind(
        "ordered",
        "Each value is greater than the one before: numbers by value, times by instant, other texts by their bytes. Absent ones are passed over.",
        [
          Setting(
            "columns", .array(.string, atLeast: 2), required: true, "The columns: `a`, `a[0]` or `a.b`."),
          Setting(
            "gap", .number(0 ... .greatestFiniteMagnitude), default: 0,
            "The least difference; of times, in seconds."),
          Setting("allowEqual", .boolean, default: false, "Whether they may be equal."),
        ]),
      kind(
        "index", "A column is the place, from 0, of an item in another column's array.",
        [column, Setting("of", .string, required: true, "The column with the array.")]),
      kind(
        "sameWithin",
        "Rows with the same key have the same value: a group lies in one split. Of one key column with arrays, every item is a key.",
        [
          Setting("keys", .array(.string, atLeast: 1), required: true, "The columns that make the key."),
          Setting("value", .string, required: true, "The column whose value is the same."),
          Setting("andTables", .array(.string, atLeast: 1), "Further tables with these columns."),
        ]),
    ])
}
