/// A hash of a string's UTF-8 bytes that is the same on every machine; for tables in memory only.
///
/// Eight bytes go in at a time, so that the JSON reader can compute it while it looks for the closing quote.
struct NameHash {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Mixes in a word of eight bytes, the first in the low bits; a last, shorter word is filled with zeros.
  @inline(__always) mutating func mix(_ word: UInt64) {
    state = (state ^ word) &* 0xFF51_AFD7_ED55_8CCD
    state ^= state >> 32
  }

  /// The hash of a string of `count` bytes; the count keeps the filling apart from real zeros.
  @inline(__always) func finish(count: Int) -> UInt64 {
    let last = (state ^ UInt64(truncatingIfNeeded: count)) &* 0xC4CE_B9FE_1A85_EC53
    return last ^ last >> 33
  }

  static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash = NameHash()
    let raw = UnsafeRawBufferPointer(bytes)
    var offset = 0
    while offset + 8 <= raw.count {
      hash.mix(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      offset += 8
    }
    var last: UInt64 = 0
    for index in offset..<raw.count { last |= UInt64(raw[index]) << UInt64((index - offset) * 8) }
    hash.mix(last)
    return hash.finish(count: raw.count)
  }

  static func of(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { of($0) }
  }
}

/// A list of distinct names that finds a name's number by its hash.
struct NameTable: Sendable {
  private(set) var names: [String] = []
  private var hashes: [UInt64] = []
  private var slots: HashSlots

  init(_ names: [String] = [], capacity: Int = 0) {
    slots = HashSlots(capacity: max(capacity, names.count))
    self.names.reserveCapacity(slots.capacity)
    hashes.reserveCapacity(slots.capacity)
    for name in names { _ = insert(name, hash: NameHash.of(name)) }
  }

  var count: Int { names.count }

  /// Adds a name; returns its number, or that of the same name if it is there already.
  mutating func insert(_ name: String, hash: UInt64) -> (number: Int, isNew: Bool) {
    if let known = number(of: hash, where: { $0 == name }) { return (known, false) }
    names.append(name)
    hashes.append(hash)
    slots.insert(hash, names.count - 1, hashes)
    return (names.count - 1, true)
  }

  func number(of name: String) -> Int? { number(of: NameHash.of(name)) { $0 == name } }

  /// The number of the name with this hash that satisfies `matches`.
  @inline(__always) func number(of hash: UInt64, where matches: (String) -> Bool) -> Int? {
    slots.find(hash) { hashes[$0] == hash && matches(names[$0]) }
  }
}

/// Open addressing over numbers: where the number of a hash may stand.
struct HashSlots: Sendable {
  private var slots: [Int32]
  private var used = 0

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = [Int32](repeating: -1, count: size)
  }

  /// How many numbers fit before the slots grow.
  var capacity: Int { slots.count / 2 }

  /// The first number at the places of `hash` that satisfies `matches`.
  @inline(__always) func find(_ hash: UInt64, _ matches: (Int) -> Bool) -> Int? {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place] >= 0 {
      if matches(Int(slots[place])) { return Int(slots[place]) }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Puts `number` at the places of `hash`. `hashes` are those of all numbers, for growing.
  mutating func insert(_ hash: UInt64, _ number: Int, _ hashes: [UInt64]) {
    if used >= capacity {
      self = HashSlots(capacity: capacity * 2)
      for earlier in 0..<number { place(hashes[earlier], earlier) }
    }
    place(hash, number)
  }

  private mutating func place(_ hash: UInt64, _ number: Int) {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place] >= 0 { place = (place + 1) & mask }
    slots[place] = Int32(truncatingIfNeeded: number)
    used += 1
  }
}
