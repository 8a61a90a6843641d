/// How many rows each source gave, and why others were left out. Tallies of parts add up to that of the whole.
public struct JoinTally: Sendable, Equatable {
  /// What one split got.
  public struct Share: Sendable, Equatable {
    public var selections = 0
    public var crops = 0
    public var images = 0
    public var lineages = 0
  }

  /// Rows of the database: `selections` and those left out, exactly.
  public var decisions = 0
  public var selections = 0
  public var decisionsLeftOut: [LeftOut: Int] = [:]
  /// Final crops of the database's rows.
  public var finalCrops = 0
  /// Crops of the older system's records.
  public var olderCrops = 0
  /// Rows of crops: with those left out they are `finalCrops` + `olderCrops`, exactly.
  public var crops = 0
  public var cropsLeftOut: [LeftOut: Int] = [:]
  public var images = 0
  public var measuredImages = 0
  public var pickedImages = 0
  public var splits = Dictionary(uniqueKeysWithValues: Split.allCases.map { ($0, Share()) })
  public var actions = Dictionary(uniqueKeysWithValues: SelectionRow.Action.allCases.map { ($0, 0) })
  public var exposures = Dictionary(uniqueKeysWithValues: Exposure.allCases.map { ($0, 0) })
  /// Selections by what the recommender and the person picked: the same, another, or nothing was recommended.
  public var matches = 0
  public var mismatches = 0
  /// Selections by the version of their row.
  public var schemaVersions: [Int: Int] = [:]
  /// Rows of crops with a digest of custody's.
  public var receipts = 0

  public init() {}

  /// Whether all sums are exact.
  public var isExact: Bool {
    decisions == selections + decisionsLeftOut.values.reduce(0, +)
      && finalCrops + olderCrops == crops + cropsLeftOut.values.reduce(0, +)
      && selections == actions.values.reduce(0, +) && selections == exposures.values.reduce(0, +)
      && selections == splits.values.reduce(0) { $0 + $1.selections }
      && crops == splits.values.reduce(0) { $0 + $1.crops }
      && images == splits.values.reduce(0) { $0 + $1.images }
  }

  public static func += (total: inout JoinTally, part: JoinTally) {
    total.decisions += part.decisions
    total.selections += part.selections
    total.decisionsLeftOut.merge(part.decisionsLeftOut, uniquingKeysWith: +)
    total.finalCrops += part.finalCrops
    total.olderCrops += part.olderCrops
    total.crops += part.crops
    total.cropsLeftOut.merge(part.cropsLeftOut, uniquingKeysWith: +)
    total.images += part.images
    total.measuredImages += part.measuredImages
    total.pickedImages += part.pickedImages
    total.actions.merge(part.actions, uniquingKeysWith: +)
    total.exposures.merge(part.exposures, uniquingKeysWith: +)
    total.matches += part.matches
    total.mismatches += part.mismatches
    total.schemaVersions.merge(part.schemaVersions, uniquingKeysWith: +)
    total.receipts += part.receipts
    total.splits.merge(part.splits) { a, b in
      Share(
        selections: a.selections + b.selections, crops: a.crops + b.crops, images: a.images + b.images,
        lineages: a.lineages + b.lineages)
    }
  }
}

/// Something about the sources that a person should know.
public struct JoinFinding: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case digestsChanged = "digests-changed"
    case sizeDisagrees = "size-disagrees"
    case unlikeRecords = "differs-from-older-records"
    case cropWithoutDecision = "crop-without-decision"
    case sidecarWithoutRow = "sidecar-without-row"
    case shownAfterDecided = "shown-after-decided"
    /// The older system's row says when the crop was made, in a form that nobody knows: its `cropped_at` is null.
    case cropTimeUnreadable = "crop-time-unreadable"
    /// The group was in another split in the dataset before this one; see ``SplitMoves``.
    case splitMoved = "split-moved"
  }
  public var kind: Kind
  /// The group's id, or the sidecar's place.
  public var subject: String

  public init(_ kind: Kind, _ subject: String) {
    self.kind = kind
    self.subject = subject
  }
}
