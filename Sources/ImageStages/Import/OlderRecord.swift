import ImageCatalog

/// A record of the older system in the present form.
struct OlderRecord {
  /// The decision that it is.
  var row: DecisionRow
  /// The crop that it says was made; `nil` where a decision is all it says.
  var crop: OlderCrop?
  /// What was changed of the row.
  var notes: [MigrationNote] = []
  /// Whether a value was set right.
  var isRepaired = false
  /// Whether the source says when it was decided. Without it, the time tells nothing.
  var isDated = true
}
