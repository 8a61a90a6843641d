import PipelineCore
import TrainingData

/// The JSON Schema of a line of a dataset's table, made from its columns.
enum RowSchema {
  static func part<Row: TrainingRow>(_ type: Row.Type) -> SchemaPart {
    var columns: [String: SchemaPart] = [:]
    for column in Row.columns {
      let value = bounds[Name(column)] ?? plain(column.kind)
      columns[column.name] = (column.isOptional ? value.orNull : value).described(column.meaning)
    }
    return .object(columns)
  }

  /// What a kind of column says of itself.
  private static func plain(_ kind: Column.Kind) -> SchemaPart {
    switch kind {
    case .text: .text
    case .integer: .integer(atLeast: 0)
    case .number: .number(nil, nil)
    case .truth: .truth
    case .texts: .list(.text)
    case .numbers: .list(.number(nil, nil))
    case .integers: .list(.integer(atLeast: 0))
    }
  }

  /// A column by name and kind: `exposure` is a word of selections and a figure of images.
  struct Name: Hashable {
    let column: String
    let kind: Column.Kind

    init(_ column: String, _ kind: Column.Kind) {
      self.column = column
      self.kind = kind
    }

    init(_ column: Column) { self.init(column.name, column.kind) }
  }

  /// What is known of a column beyond its kind.
  static let bounds: [Name: SchemaPart] = [
    Name("action", .text): .oneOf(SelectionRow.Action.self),
    Name("ai_confidence", .number): .share,
    Name("ai_crop_coords", .numbers): .list(.share, count: 4),
    Name("area_difference", .number): .number(-1, 1),
    Name("attention_x", .number): .share,
    Name("attention_y", .number): .share,
    Name("centre_distance", .number): .number(0, 1.4143),
    Name("clipped_highlights", .number): .share,
    Name("clipped_shadows", .number): .share,
    Name("colourfulness", .number): .number(0, nil),
    Name("contrast", .number): .number(0, 0.5),
    Name("crop_digest", .text): .digest,
    Name("cropped_at", .text): .time,
    Name("decided_at", .text): .time,
    Name("entropy", .number): .number(0, 8),
    Name("exposure", .number): .share,
    Name("exposure", .text): .oneOf(Exposure.self),
    Name("final_crop_coords", .numbers): .list(.share, count: 4),
    Name("final_crop_pixels", .integers): .list(.integer(atLeast: 0), count: 4),
    Name("image_digest", .text): .digest,
    Name("image_digests", .texts): .list(.digest),
    Name("image_height", .integer): .integer(atLeast: 1),
    Name("image_width", .integer): .integer(atLeast: 1),
    Name("iou", .number): .share,
    Name("latency_seconds", .number): .number(0, nil),
    Name("perceptual_hash", .text): .text(matching: "^[0-9a-f]{16}$"),
    Name("schema_version", .integer): SchemaPart(["enum": [3, 4]]),
    Name("sharpness", .number): .number(0, nil),
    Name("shown_at", .text): .time,
    Name("split", .text): .oneOf(Split.self),
    Name("stage", .number): .number(0, nil),
  ]
}
