#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Texts that occur again and again, each kept once and known by a small number; 0 is the empty or absent text.
///
/// Looks up by bytes, without making Swift strings.
struct StringTable: ~Copyable {
  private struct Entry {
    var hash: UInt64
    var offset: Int
    var length: Int
  }
  private var arena = ByteBuffer(capacity: 1 << 14)
  private var entries: [Entry] = [Entry(hash: 0, offset: 0, length: 0)]
  /// Open addressing with linear probing: entry numbers, 0 for free. A power of two, at most half full.
  private var slots = [UInt32](repeating: 0, count: 256)

  init() {}

  /// How many texts there are, the empty one included.
  var count: Int { entries.count }
  /// The bytes of all texts together.
  var byteCount: Int { arena.count }

  /// The number of `text`, which is added when it is new.
  @inline(__always) mutating func intern(_ text: ByteSlice) -> UInt32 {
    guard let data = text.data, text.count > 0 else { return 0 }
    let hash = StableHash.hash(data, count: text.count)
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let number = slots[slot]
      if number == 0 { return insert(data, text.count, hash, slot) }
      let entry = entries[Int(number)]
      if entry.hash == hash, entry.length == text.count,
        memcmp(arena.base + entry.offset, data, text.count) == 0
      {
        return number
      }
      slot = (slot &+ 1) & mask
    }
  }

  mutating func intern(_ text: String) -> UInt32 {
    var text = text
    return text.withUTF8 { intern(ByteSlice(data: $0.baseAddress, count: $0.count)) }
  }

  /// The bytes of text `number`; valid until the next change.
  func text(_ number: UInt32) -> ByteSlice {
    let entry = entries[Int(number)]
    return ByteSlice(data: UnsafePointer(arena.base + entry.offset), count: entry.length)
  }

  private mutating func insert(_ data: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64, _ slot: Int)
    -> UInt32
  {
    let number = UInt32(entries.count)
    entries.append(Entry(hash: hash, offset: arena.count, length: count))
    arena.append(UnsafeRawBufferPointer(start: data, count: count))
    slots[slot] = number
    if entries.count * 2 > slots.count { rehash() }
    return number
  }

  private mutating func rehash() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    for number in 1..<entries.count {
      var slot = Int(truncatingIfNeeded: entries[number].hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(number)
    }
  }
}
