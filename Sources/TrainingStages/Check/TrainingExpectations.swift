import DataQuality
import TrainingData

/// What every dataset has to hold, by the contracts of training data.
enum TrainingExpectations {
  /// The tables of a dataset with their columns.
  static var tables: [String: [String]?] {
    [
      SelectionRow.table: SelectionRow.columns.map(\.name), CropRow.table: CropRow.columns.map(\.name),
      ImageRow.table: ImageRow.columns.map(\.name),
    ]
  }

  /// - Parameter minCropPixels: the least side of a crop; smaller ones warn, for the older tools made such.
  static func all(minCropPixels: Int) -> [Expectation] {
    identities + splits + selections + crops(minCropPixels: minCropPixels) + images + rates
  }

  private static let rejoin =
    "run `training.join` again; if it stays, the join or the database of decisions has a defect: train nothing with this dataset"
  private static let leak =
    "these rows would be learnt from and judged by at once: train nothing with this dataset and run `training.join` again"
  private static let source =
    "look at the decision of this group (`darkroom groups`, `darkroom where`), and correct it or undo it"

  private static func expect(
    _ name: String, _ table: String, _ rule: Expectation.Rule, _ severity: Expectation.Severity = .fail,
    help: String = source
  ) -> Expectation {
    Expectation(name: name, table: table, rule, severity: severity, help: help)
  }

  private static func column(_ name: String) -> ColumnPath { ColumnPath(name) }

  private static var identities: [Expectation] {
    let group = [column("group_id")]
    return [
      expect("one selection a group", SelectionRow.table, .unique(group), help: rejoin),
      expect("one row a crop", CropRow.table, .unique([column("crop_id")]), help: rejoin),
      expect("one row an image", ImageRow.table, .unique(group + [column("index")]), help: rejoin),
      expect(
        "images are of selections", ImageRow.table,
        .referential(group, table: SelectionRow.table, group), help: rejoin),
      expect(
        "crops are of selections", CropRow.table, .referential(group, table: SelectionRow.table, group),
        help: rejoin),
    ]
  }

  private static var splits: [Expectation] {
    let all = [SelectionRow.table, CropRow.table, ImageRow.table]
    func together(_ name: String, _ key: String, _ tables: [String]) -> Expectation {
      expect(
        name, tables[0], .sameWithin(keys: [column(key)], value: column("split"), tables: tables), help: leak)
    }
    let words = Set(Split.allCases.map(\.rawValue))
    return [
      together("a group lies in one split", "group_id", all),
      together("a lineage lies in one split", "lineage_id", all),
      together("an image lies in one split", "image_digest", [ImageRow.table, CropRow.table]),
      together("an image shown in groups lies in one split", "image_digests", [SelectionRow.table]),
    ]
      + all.map { expect("splits of \($0)", $0, .oneOf(column("split"), words), help: rejoin) }
  }

  private static var selections: [Expectation] {
    let table = SelectionRow.table
    return coordinates("ai_crop_coords", table) + [
      expect(
        "the picked image is one of the group", table,
        .index(column("user_selected_index"), of: column("images"))),
      expect(
        "the recommended image is one of the group", table,
        .index(column("ai_selected_index"), of: column("images"))),
      expect("confidence is a probability", table, .range(column("ai_confidence"), 0...1)),
      expect(
        "widths of selections", table, .range(column("image_width"), 1...Double.infinity)),
      expect("heights of selections", table, .range(column("image_height"), 1...Double.infinity)),
      expect(
        "shown before decided", table,
        .ordered([column("shown_at"), column("decided_at")], gap: 0, allowsEqual: true), .warn),
    ]
  }

  private static func coordinates(_ name: String, _ table: String) -> [Expectation] {
    [
      expect("\(name) of \(table) are in the image", table, .range(column(name), 0...1)),
      expect(
        "\(name) of \(table) go from left to right", table,
        .ordered([column("\(name)[0]"), column("\(name)[2]")], gap: 0, allowsEqual: false)),
      expect(
        "\(name) of \(table) go from top to bottom", table,
        .ordered([column("\(name)[1]"), column("\(name)[3]")], gap: 0, allowsEqual: false)),
    ]
  }

  private static func crops(minCropPixels: Int) -> [Expectation] {
    let table = CropRow.table
    let gap = Double(minCropPixels)
    let pixels = (0..<4).map { column("final_crop_pixels[\($0)]") }
    return coordinates("final_crop_coords", table) + coordinates("ai_crop_coords", table) + [
      expect("widths of cropped images", table, .range(column("image_width"), 1...Double.infinity)),
      expect("heights of cropped images", table, .range(column("image_height"), 1...Double.infinity)),
      expect(
        "crops are wide enough", table, .ordered([pixels[0], pixels[2]], gap: gap, allowsEqual: false), .warn),
      expect(
        "crops are high enough", table, .ordered([pixels[1], pixels[3]], gap: gap, allowsEqual: false), .warn),
      expect("overlaps are shares", table, .range(column("iou"), 0...1), help: rejoin),
    ]
  }

  private static var images: [Expectation] {
    let table = ImageRow.table
    return [
      expect("widths of images", table, .range(column("image_width"), 1...Double.infinity)),
      expect("heights of images", table, .range(column("image_height"), 1...Double.infinity)),
    ]
      + ["attention_x", "attention_y", "clipped_highlights", "clipped_shadows", "exposure"].map {
        expect("\($0) is a share", table, .range(column($0), 0...1), help: rejoin)
      }
  }

  private static var rates: [Expectation] {
    func drift(_ name: String, _ value: String) -> Expectation {
      expect(
        name, SelectionRow.table,
        .drift(column(value), time: column("decided_at"), Expectation.Drift()), .warn,
        help:
          "ask those who decide whether something changed: the images, the instructions or the recommender")
    }
    return [
      drift("actions are chosen as before", "action"),
      drift("images are picked as before", "user_selected_index"),
      drift("recommendations are followed as before", "selection_match"),
    ]
  }
}
