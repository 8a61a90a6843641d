import GRDB
import GRDBSQLite
import PipelineCore

/// A project's measurements in memory, for those who look up millions: some 130 bytes for each image and its
/// prompt, and no wait for a disk.
/// Any number of threads may look up at once.
public struct MeasurementTable: Sendable {
  /// The figures of one image; ``MeasuredImage`` says what they mean.
  public struct Figures: Sendable, Equatable {
    public var width: Int32
    public var height: Int32
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
    public var prompt: String?
  }

  /// The first 128 bits of a digest: what tells the images of a project apart.
  private struct Key: Comparable {
    var high: UInt64
    var low: UInt64

    /// - Parameter digest: 64 lower-case hexadecimal digits; `nil` for anything else.
    init?(_ digest: UnsafeRawBufferPointer) {
      guard digest.count == 64, let high = bits(digest, 0), let low = bits(digest, 16) else { return nil }
      self.high = high
      self.low = low
    }

    static func < (a: Key, b: Key) -> Bool { (a.high, a.low) < (b.high, b.low) }
  }

  private var keys: [Key] = []
  private var figures: [Figures] = []
  /// Where the keys with the same highest bits begin.
  private var starts: [Int32] = []
  private var shift: UInt64 = 63

  /// Reads all measurements of a project, as they are at one moment; `nil` when there are none.
  /// - Parameters:
  ///   - workspace: absolute.
  ///   - project: the project's id.
  /// - Throws: as ``MeasurementDatabase/openForReading(workspace:project:)``.
  public init?(workspace: String, project: String) throws {
    guard let database = try MeasurementDatabase.openForReading(workspace: workspace, project: project) else {
      return nil
    }
    try MeasurementDatabase.reporting(database.path) {
      try database.queue.read { db in
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM image_measurements") ?? 0
        keys.reserveCapacity(count)
        figures.reserveCapacity(count)
        try read(db)
      }
    }
    fillBuckets()
  }

  /// The rows in the order of their digests, with SQLite's own calls: a value costs no copy.
  private mutating func read(_ db: Database) throws {
    var prepared: OpaquePointer?
    let columns = MeasurementSQL.columns.joined(separator: ", ")
    var code = sqlite3_prepare_v2(
      db.sqliteConnection, "SELECT \(columns) FROM image_measurements ORDER BY digest", -1, &prepared, nil)
    defer { sqlite3_finalize(prepared) }
    if code == SQLITE_OK {
      code = sqlite3_step(prepared)
      while code == SQLITE_ROW, let row = prepared {
        try append(row)
        code = sqlite3_step(row)
      }
    }
    guard code == SQLITE_DONE else {
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: db.lastErrorMessage)
    }
  }

  private mutating func append(_ row: OpaquePointer) throws {
    func text(_ column: Int32) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(
        start: sqlite3_column_text(row, column), count: Int(sqlite3_column_bytes(row, column)))
    }
    func number(_ column: Int32) -> Double { sqlite3_column_double(row, column) }
    let hash = text(12)
    guard let key = Key(text(0)), keys.last.map({ $0 < key }) ?? true, hash.count == 16,
      let bits = bits(hash, 0)
    else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a digest or a perceptual hash is none")
    }
    keys.append(key)
    figures.append(
      Figures(
        width: sqlite3_column_int(row, 1), height: sqlite3_column_int(row, 2), sharpness: number(3),
        exposure: number(4), contrast: number(5), entropy: number(6), colourfulness: number(7),
        clippedShadows: number(8), clippedHighlights: number(9), attentionX: number(10),
        attentionY: number(11), perceptualHash: bits,
        prompt: sqlite3_column_type(row, 14) == SQLITE_NULL ? nil : String(decoding: text(14), as: UTF8.self))
    )
  }

  /// The figures of an image; `nil` for one that was not measured.
  /// - Parameter digest: of its content, 64 lower-case hexadecimal digits.
  public func figures(of digest: UnsafeRawBufferPointer) -> Figures? {
    guard let key = Key(digest) else { return nil }
    let bucket = Int(key.high >> shift)
    for index in Int(starts[bucket])..<Int(starts[bucket + 1]) where keys[index] == key {
      return figures[index]
    }
    return nil
  }

  /// Digests are spread evenly: with about as many buckets as images, each has one or two.
  private mutating func fillBuckets() {
    let width = max(1, 64 - keys.count.leadingZeroBitCount)
    shift = UInt64(64 - width)
    starts = []
    starts.reserveCapacity(1 << width + 1)
    for (index, key) in keys.enumerated() {
      while starts.count <= Int(key.high >> shift) { starts.append(Int32(index)) }
    }
    while starts.count <= 1 << width { starts.append(Int32(keys.count)) }
  }
}

/// 16 hexadecimal digits as a number.
private func bits(_ digits: UnsafeRawBufferPointer, _ start: Int) -> UInt64? {
  var bits: UInt64 = 0
  for byte in digits[start..<start + 16] {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): bits = bits << 4 | UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): bits = bits << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
    default: return nil
    }
  }
  return bits
}
