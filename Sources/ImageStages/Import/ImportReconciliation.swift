public import PipelineCore

/// What became of every record of one imported file: `records` = `accepted` + `repaired` + `duplicates` + `blank` +
/// the count of `quarantined`, always.
public struct ImportReconciliation: Sendable, Equatable {
  /// A record that is not taken over.
  public struct Quarantined: Sendable, Equatable {
    /// The line it begins in, from 1; the header is line 1.
    public var line: Int
    /// Why, in words.
    public var reason: String
    /// The record as it stands, without its line end.
    public var record: [UInt8]
  }

  /// The file's name without its folder.
  public var file: String
  /// What the file is: `crop log` or `selection log`.
  public var kind: String
  /// The file's records without its header.
  public var records = 0
  /// Taken over as they are.
  public var accepted = 0
  /// Taken over with pixels of the crop turned into fractions of the image.
  public var repaired = 0
  /// The same decision about the same group again, perhaps at another time: the first one stands.
  public var duplicates = 0
  /// Lines without anything.
  public var blank = 0
  public var quarantined: [Quarantined] = []
  /// How many of the accepted and repaired ones the database had before.
  public var present = 0

  /// How many rows are new to the database.
  public var new: Int { accepted + repaired - present }
  /// Whether every record is accounted for exactly once.
  public var isExact: Bool { records == accepted + repaired + duplicates + blank + quarantined.count }

  /// The account for programs; of the quarantined records line and reason.
  public var json: JSONValue {
    [
      "file": .string(file), "kind": .string(kind), "records": .integer(Int64(records)),
      "accepted": .integer(Int64(accepted)), "repaired": .integer(Int64(repaired)),
      "duplicates": .integer(Int64(duplicates)), "blank": .integer(Int64(blank)),
      "present": .integer(Int64(present)), "new": .integer(Int64(new)),
      "quarantined": .integer(Int64(quarantined.count)),
      "quarantine": .array(
        quarantined.map { ["line": .integer(Int64($0.line)), "reason": .string($0.reason)] }),
    ]
  }
}
