/// What the lines of one group have in common.
struct JoinedGroup {
  var lineage = UnsafeRawBufferPointer(start: nil, count: 0)
  var split = Split.train
  var isOwnLineage = true
  var action: SelectionRow.Action
  var exposure: Exposure
  var recommendedCrop: Rectangle?
  /// Seconds; `nil` without a moment of showing, and where that is not before the decision.
  var latency: Double?
  /// Of the images, in their order; empty without digests.
  var measurements: [MeasuredFacts?] = []

  init(_ row: DecidedRow) {
    action = .approve
    exposure =
      if row.recommendedIndex == nil && row.recommendedCrop == nil && row.recommender == nil { .none } else {
        switch row.blind {
        case true?: .blind
        case false?: row.shownAt == nil ? .unknown : .shown
        case nil: .unknown
        }
      }
  }

  /// - Throws: `Diagnostic` for values that the database's constraints do not admit.
  mutating func complete(_ part: PartJoin, _ row: DecidedRow, number: Int) throws {
    guard let action = SelectionRow.Action(rawValue: String(decoding: row.action, as: UTF8.self)) else {
      throw PartJoin.damaged("user_action", row)
    }
    self.action = action
    (lineage, split, isOwnLineage) = part.lineage(row, number: number)
    let range = 0..<part.names.count
    if let index = row.recommendedIndex, !range.contains(index) {
      throw PartJoin.damaged("ai_selected_index", row)
    }
    if let index = row.pickedIndex, !range.contains(index) {
      throw PartJoin.damaged("user_selected_index", row)
    }
    if let text = row.recommendedCrop {
      guard let rectangle = Rectangle(json: text) else { throw PartJoin.damaged("ai_crop_coords", row) }
      recommendedCrop = rectangle
    }
    guard let decided = JoinedMoment.microseconds(row.decidedAt) else {
      throw PartJoin.damaged("decided_at", row)
    }
    if let text = row.shownAt {
      guard let shown = JoinedMoment.microseconds(text) else { throw PartJoin.damaged("shown_at", row) }
      // Where both are the same, it was said while deciding that it had been shown, not since when.
      if shown < decided { latency = Double(decided - shown) / 1_000_000 }
      if shown > decided { part.report(.shownAfterDecided, row) }
    }
  }

  /// Whether recommender and person picked the same image.
  func selectionMatch(_ row: DecidedRow) -> Bool? {
    row.recommendedIndex.map { $0 == row.pickedIndex }
  }
}

/// One crop of a group, from the database's row or from a record of the older system.
struct JoinedCrop {
  var rectangle: Rectangle
  /// The image's place in the group; `nil` for one that is not in it.
  var index: Int?
  var width: Int?
  var height: Int?
}
