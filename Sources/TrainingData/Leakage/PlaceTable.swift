/// Where in a dataset each of many names was first seen, and in which split.
///
/// 16 bytes for each name, of which 64 bits are kept: two names of 10 million are taken for one another once in 400,000
/// datasets; what looks like a leak is compared in full.
struct PlaceTable {
  /// A row: file, line and split in one number. 0 is none.
  struct Row: Equatable {
    private var bits: UInt64

    static let none = Row(bits: 0)
    private init(bits: UInt64) { self.bits = bits }

    /// - Parameters:
    ///   - file: from 0 below 4.
    ///   - line: from 1.
    init(file: Int, line: Int, split: Split) {
      let split: UInt64 = split == .train ? 0 : split == .validation ? 1 : 2
      bits = UInt64(line) << 4 | UInt64(file) << 2 | split
    }

    var file: Int { Int(bits >> 2 & 3) }
    var line: Int { Int(bits >> 4) }
    var split: Split { bits & 3 == 0 ? .train : bits & 3 == 1 ? .validation : .test }
  }

  private var keys: [UInt64] = Array(repeating: 0, count: 1024)
  private var rows: [Row] = Array(repeating: .none, count: 1024)
  private(set) var count = 0

  /// What stands for a name.
  static func name(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = PlaceHash()
    hash.add(bytes)
    return hash.value
  }

  /// The row in which a name was seen first; this one when it was not seen before.
  mutating func first(_ name: UInt64, _ row: Row) -> Row {
    if count * 4 >= keys.count * 3 { grow() }
    let slot = slot(name)
    if rows[slot] != .none { return rows[slot] }
    keys[slot] = name
    rows[slot] = row
    count += 1
    return row
  }

  private func slot(_ name: UInt64) -> Int {
    let mask = keys.count - 1
    var slot = Int(truncatingIfNeeded: name) & mask
    while rows[slot] != .none, keys[slot] != name { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let (oldKeys, oldRows) = (keys, rows)
    keys = Array(repeating: 0, count: oldKeys.count * 2)
    rows = Array(repeating: .none, count: oldKeys.count * 2)
    for index in oldKeys.indices where oldRows[index] != .none {
      let slot = slot(oldKeys[index])
      keys[slot] = oldKeys[index]
      rows[slot] = oldRows[index]
    }
  }
}
