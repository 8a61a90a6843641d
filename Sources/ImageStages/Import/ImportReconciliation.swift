public import FileSystem
public import PipelineCore

/// What became of every record of one imported file or folder: `records` = `accepted` + `repaired` + `duplicates` +
/// `undecided` + `blank` + the count of `quarantined`, always.
public struct ImportReconciliation: Sendable, Equatable {
  /// A record that is not taken over.
  public struct Quarantined: Sendable, Equatable {
    /// Where it is.
    public var place: Place
    /// Why, in words.
    public var reason: String
    /// The record as it stands.
    public var record: Content

    /// The line of a log's record, from 1.
    public var line: Int? { if case .line(let line) = place { line } else { nil } }
  }

  /// A record verbatim.
  public enum Content: Sendable, Equatable {
    /// A log's line without its end, or a sidecar's content.
    case bytes([UInt8])
    /// A database's row: each column as a SQL literal.
    case columns([String: String])
  }

  /// Where a record is in what was imported.
  public enum Place: Sendable, Equatable {
    /// The line it begins in, from 1; the header is line 1.
    case line(Int)
    /// The row's number in a database, from 1.
    case row(Int)
    /// A sidecar's path below the folder.
    case path(RelativePath)

    var member: (name: String, value: JSONValue) {
      switch self {
      case .line(let line): ("line", .integer(Int64(line)))
      case .row(let row): ("row", .integer(Int64(row)))
      case .path(let path): ("path", .string(path.rawValue))
      }
    }
  }

  /// The file's or folder's name, without the folders above.
  public var file: String
  /// What it is: `crop log`, `selection log`, `decision database` or `decision sidecars`.
  public var kind: String
  /// Its records, without a header.
  public var records = 0
  /// Taken over as they are.
  public var accepted = 0
  /// Taken over with a value set right, such as pixels of a crop turned into fractions of the image.
  public var repaired = 0
  /// The same decision about the same group again, perhaps at another time: the first one stands.
  public var duplicates = 0
  /// Sidecars that hold no decision: nobody looked at the group, or it was skipped.
  public var undecided = 0
  /// Lines without anything.
  public var blank = 0
  public var quarantined: [Quarantined] = []
  /// How many of the accepted and repaired ones the database had before.
  public var present = 0
  /// How many of the accepted and repaired ones are crops of a group of which another crop or decision stands: they are
  /// kept among the older crops, and the decision stays as it is.
  public var repeats = 0

  /// How many records are new to the database.
  public var new: Int { accepted + repaired - present }
  /// Whether every record is accounted for exactly once.
  public var isExact: Bool {
    records == accepted + repaired + duplicates + undecided + blank + quarantined.count
  }

  /// The account for programs; of the quarantined records place and reason.
  public var json: JSONValue {
    [
      "file": .string(file), "kind": .string(kind), "records": .integer(Int64(records)),
      "accepted": .integer(Int64(accepted)), "repaired": .integer(Int64(repaired)),
      "duplicates": .integer(Int64(duplicates)), "undecided": .integer(Int64(undecided)),
      "blank": .integer(Int64(blank)), "present": .integer(Int64(present)), "new": .integer(Int64(new)),
      "repeats": .integer(Int64(repeats)), "quarantined": .integer(Int64(quarantined.count)),
      "quarantine": .array(
        quarantined.map {
          .object([$0.place.member.name: $0.place.member.value, "reason": .string($0.reason)])
        }
      ),
    ]
  }
}
