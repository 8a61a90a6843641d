import GRDB
import GRDBSQLite
import PipelineCore

/// Looks up millions of a project's measurements, by several threads at once and all in one state of the database. Each
/// connection is for one thread at a time.
public final class MeasurementScan {
  /// The figures of one image; ``MeasuredImage`` says what they mean.
  public struct Figures: Sendable, Equatable {
    public var width: Int
    public var height: Int
    public var sharpness: Double
    public var exposure: Double
    public var contrast: Double
    public var entropy: Double
    public var colourfulness: Double
    public var clippedShadows: Double
    public var clippedHighlights: Double
    public var attentionX: Double
    public var attentionY: Double
    public var perceptualHash: UInt64
  }

  private let lookups: [Lookup]
  private let path: String
  /// How many threads may look up at once.
  public var connections: Int { lookups.count }

  /// Opens a project's measurements and holds their present state; `nil` when there are none.
  /// - Parameters:
  ///   - workspace: absolute.
  ///   - project: the project's id.
  ///   - threads: how many want to look up at once, from 1; fewer may be able to.
  /// - Throws: as ``MeasurementDatabase/openForReading(workspace:project:)``.
  public init?(workspace: String, project: String, threads: Int) throws {
    guard let database = try MeasurementDatabase.openForReading(workspace: workspace, project: project) else {
      return nil
    }
    path = database.path
    lookups = try MeasurementDatabase.reporting(path) { [path] in
      var lookups = [try Lookup(path, patience: 5)]
      // While the first one holds the database, nobody commits: the others see the same. One that finds a program
      // waiting for its commit does without.
      while lookups.count < threads, try lookups[0].keepsOthersFromCommitting() {
        do { lookups.append(try Lookup(path, patience: 0)) } catch let error as DatabaseError
          where error.resultCode == .SQLITE_BUSY
        {
          break
        }
      }
      return lookups
    }
  }

  /// The figures of an image; `nil` for one that was not measured.
  /// - Parameters:
  ///   - digest: of its content, 64 lower-case hexadecimal digits.
  ///   - connection: from 0 below ``connections``.
  public func figures(of digest: UnsafeRawBufferPointer, connection: Int) throws -> Figures? {
    try MeasurementDatabase.reporting(path) { try lookups[connection].figures(of: digest) }
  }
}

/// A connection that holds the database's present state, with the query for one digest.
private final class Lookup {
  private let queue: DatabaseQueue
  private let connection: OpaquePointer?
  private var statement: OpaquePointer?

  init(_ path: String, patience: Double) throws {
    var configuration = Configuration()
    configuration.busyMode = .timeout(patience)
    configuration.allowsUnsafeTransactions = true
    configuration.prepareDatabase { db in
      // Rows are looked up all over the file: mapped, that costs no copy.
      try db.execute(sql: "PRAGMA query_only = ON; PRAGMA mmap_size = 1099511627776")
    }
    queue = try DatabaseQueue(path: path, configuration: configuration)
    (connection, statement) = try queue.inDatabase { db in
      try db.execute(sql: "BEGIN")
      // A transaction begins to hold with its first look.
      _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master")
      let columns = MeasurementSQL.columns.dropFirst().joined(separator: ", ")
      var statement: OpaquePointer?
      let code = sqlite3_prepare_v2(
        db.sqliteConnection, "SELECT \(columns) FROM image_measurements WHERE digest = ?", -1, &statement, nil
      )
      guard code == SQLITE_OK else {
        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: db.lastErrorMessage)
      }
      return (db.sqliteConnection, statement)
    }
  }

  deinit { sqlite3_finalize(statement) }

  func keepsOthersFromCommitting() throws -> Bool {
    try queue.unsafeRead { try String.fetchOne($0, sql: "PRAGMA journal_mode") } != "wal"
  }

  func figures(of digest: UnsafeRawBufferPointer) throws -> MeasurementScan.Figures? {
    defer { sqlite3_reset(statement) }
    let text = digest.assumingMemoryBound(to: CChar.self)
    // No destructor (SQLITE_STATIC): the text outlives the row.
    var code = sqlite3_bind_text(statement, 1, text.baseAddress, Int32(text.count), nil)
    if code == SQLITE_OK { code = sqlite3_step(statement) }
    switch code {
    case SQLITE_DONE: return nil
    case SQLITE_ROW: break
    default:
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)))
    }
    let hash = UnsafeRawBufferPointer(
      start: sqlite3_column_text(statement, 11), count: Int(sqlite3_column_bytes(statement, 11)))
    guard hash.count == 16, let bits = Self.bits(hash) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a perceptual hash has not 16 digits")
    }
    func number(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }
    return MeasurementScan.Figures(
      width: Int(sqlite3_column_int64(statement, 0)), height: Int(sqlite3_column_int64(statement, 1)),
      sharpness: number(2), exposure: number(3), contrast: number(4), entropy: number(5),
      colourfulness: number(6), clippedShadows: number(7), clippedHighlights: number(8),
      attentionX: number(9), attentionY: number(10), perceptualHash: bits)
  }

  private static func bits(_ digits: UnsafeRawBufferPointer) -> UInt64? {
    var bits: UInt64 = 0
    for byte in digits {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): bits = bits << 4 | UInt64(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): bits = bits << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return bits
  }
}
