/// The columns of all files of a dataset, as `Documents/training.md` shows them.
public enum TrainingColumns {
  /// A table for each file, in Markdown.
  public static var markdown: String {
    [
      table(SelectionRow.self, "one row for each decided group"),
      table(CropRow.self, "one row for each finished crop"),
      table(ImageRow.self, "one row for each image of each selection row"),
    ].joined(separator: "\n")
  }

  private static func table<Row: TrainingRow>(_ type: Row.Type, _ what: String) -> String {
    var text = "### `\(Row.fileName)`: \(what)\n\n| column | type | null | meaning |\n|---|---|---|---|\n"
    for column in Row.columns {
      text +=
        "| `\(column.name)` | \(word(column.kind)) | \(column.isOptional ? "yes" : "no") | \(column.meaning) |\n"
    }
    return text
  }

  private static func word(_ kind: Column.Kind) -> String {
    switch kind {
    case .text: "text"
    case .integer: "whole number"
    case .number: "number"
    case .truth: "true or false"
    case .texts: "list of texts"
    case .numbers: "list of numbers"
    case .integers: "list of whole numbers"
    }
  }
}
