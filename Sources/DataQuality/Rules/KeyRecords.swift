import FileSystem

/// A key that was seen, as its digest: where, and with which value.
struct KeyRecord: Equatable {
  /// The first 128 bits of the SHA-256 of the key: two of a billion keys have the same one with a probability of 10⁻²¹.
  let high: UInt64
  let low: UInt64
  /// Whatever the collector compares within a key.
  let value: UInt64
  /// Orders the records of a key.
  let order: UInt64

  @inline(__always) func hasKey(of other: KeyRecord) -> Bool { high == other.high && low == other.low }

  @inline(__always) static func precedes(_ a: KeyRecord, _ b: KeyRecord) -> Bool {
    if a.high != b.high { return a.high < b.high }
    if a.low != b.low { return a.low < b.low }
    return a.order < b.order
  }
}

/// Any number of records, given back in order of key and place: sorted in memory, and beyond ``inMemory`` of them merged
/// from sorted runs in a scratch file.
///
/// Memory: 32 bytes for each record up to ``inMemory`` (16 MiB), and 64 KiB for each run when they are merged.
struct KeyRecords: ~Copyable {
  /// How many records are kept in memory.
  static let inMemory = 1 << 19
  private static let buffered = 2_048

  private let folder: String
  private let capacity: Int
  private var records: [KeyRecord] = []
  private var scratch: ScratchFile?
  /// Where the runs are in the scratch file, in bytes.
  private var runs: [Range<Int64>] = []

  /// - Parameters:
  ///   - folder: where a scratch file may be made.
  ///   - capacity: how many records are kept in memory.
  init(folder: String, capacity: Int = KeyRecords.inMemory) {
    self.folder = folder
    self.capacity = capacity
  }

  mutating func append(_ record: KeyRecord) throws {
    if records.count == capacity { try spill() }
    records.append(record)
  }

  private mutating func spill() throws {
    records.sort(by: KeyRecord.precedes)
    var file = try scratch.take() ?? ScratchFile(in: folder)
    let begin = file.count
    try records.withUnsafeBytes { try file.append($0) }
    runs.append(begin..<file.count)
    scratch = consume file
    records.removeAll(keepingCapacity: true)
  }

  /// Gives every record once, in order. Called once, last.
  mutating func forEach(_ body: (KeyRecord) throws -> Void) throws {
    if runs.isEmpty {
      records.sort(by: KeyRecord.precedes)
      for record in records { try body(record) }
      return
    }
    if !records.isEmpty { try spill() }
    records = []
    guard let file = scratch.take() else { return }
    var heads = try runs.map { try Run(rest: $0, file) }
    while let next = heads.indices.filter({ heads[$0].record != nil }).min(by: {
      Self.precedes(heads[$0], heads[$1])
    }), let record = heads[next].record {
      try body(record)
      try heads[next].advance(file)
    }
  }

  private static func precedes(_ a: Run, _ b: Run) -> Bool {
    guard let first = a.record, let second = b.record else { return false }
    return KeyRecord.precedes(first, second)
  }

  /// A sorted run, read a piece at a time.
  private struct Run {
    private(set) var record: KeyRecord?
    private var rest: Range<Int64>
    private var piece: [KeyRecord] = []
    private var index = 0

    init(rest: Range<Int64>, _ file: borrowing ScratchFile) throws {
      self.rest = rest
      try advance(file)
    }

    mutating func advance(_ file: borrowing ScratchFile) throws {
      if index == piece.count, !rest.isEmpty {
        let size = MemoryLayout<KeyRecord>.stride
        let count = min(KeyRecords.buffered, rest.count / size)
        let begin = rest.lowerBound
        piece = try [KeyRecord](unsafeUninitializedCapacity: count) { buffer, filled in
          filled = try file.read(at: begin, into: UnsafeMutableRawBufferPointer(buffer)) / size
        }
        guard piece.count == count else { throw FileError("read back", "scratch file", code: 5) }
        rest = begin + Int64(count * size)..<rest.upperBound
        index = 0
      }
      record = index < piece.count ? piece[index] : nil
      index += 1
    }
  }
}
