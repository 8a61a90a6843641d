public import FileSystem
import PipelineCore

/// What a person said of a file that is not where custody put it. Nothing is moved for it.
public struct Acceptance: Sendable, Equatable {
  /// What was said.
  public enum Kind: String, Sendable, CaseIterable {
    /// It was moved by hand: the file at ``Acceptance/place`` is it, and goes on in the registry as one of its own.
    case moved
    /// It is lost, and the person knows.
    case lost
    /// It is where it was again; what was said before does not hold any more.
    case back
  }

  public var kind: Kind
  /// Where it is now; where it was, when it is lost. Relative to the project's root; absolute for one that is in the
  /// Trash again.
  public var place: RelativePath
  /// The file that goes on for one that was moved, by its id in the registry; `nil` for every other.
  public var successor: Int64?
  /// Microseconds since 1970.
  public var acceptedAt: Int64

  /// Whether the file is accounted for without being at its place.
  public var isSettling: Bool { kind != .back }

  /// Whether a person gave a file up: it is lost, or what it was moved to is.
  /// - Parameter standing: what counts now of a file; `nil` when nothing was said of it, or it came back.
  public static func isLost(
    _ file: Int64, standing: (Int64) throws -> Acceptance?
  ) rethrows -> Bool {
    var (file, passed): (Int64, Set<Int64>) = (file, [])
    while passed.insert(file).inserted, let acceptance = try standing(file) {
      guard let successor = acceptance.successor else { return acceptance.kind == .lost }
      file = successor
    }
    return false
  }
}

/// A row of the acceptances.
struct AcceptanceRow {
  var sequence: Int64
  var id: OrderID
  var file: Int64
  var acceptance: Acceptance
  /// Its record in the operation log; `nil` for what only a scan saw.
  var record: Record?

  struct Record {
    var file: String
    var offset: Int64
    var line: String
  }
}

extension AcceptanceRow: PendingRecords {
  var logFile: String { record?.file ?? "" }
  var logOffset: Int64 { record?.offset ?? 0 }
  var logLines: [String] { record.map { [$0.line] } ?? [] }
  func operationID(_ index: Int) -> String { id.recordName(index, isUndo: false) }
  var name: String { "the acceptance \(id) of \(FileSystem.shown(acceptance.place.rawValue))" }
}

extension AcceptanceRow {
  /// The record in the operation log, as the contracts have it: something that a person did.
  /// - Parameter details: what is said, with paths relative to the project's root.
  static func line(id: String, kind: Acceptance.Kind, details: JSONValue, at time: Int64) -> String {
    let action =
      switch kind {
      case .moved: "accept_moved_file"
      case .lost: "accept_lost_file"
      case .back: "accept_returned_file"
      }
    let members: [(String, JSONValue)] = [
      ("type", "user_action"), ("script", "darkroom"), ("session_id", "command"), ("batch_id", .null),
      ("timestamp", .string(OperationRecord.timestamp(time))), ("action", .string(action)),
      ("details", details), ("op_id", .string(id)), ("run_id", .null), ("actor", "human"),
    ]
    return "{" + members.map { "\"\($0.0)\": \($0.1.canonical)" }.joined(separator: ", ") + "}"
  }
}
