/// The digests that a project's images had when custody saw them first, by where that was.
///
/// A table of 16 bytes for each file: of place and digest 64 bits are kept, so that for two of 10 million files to be
/// taken for one another is as likely as 1 in 100,000.
public struct FirstDigests: Sendable {
  private struct Entry {
    var place: UInt64
    var digest: UInt64
  }
  private var entries: [Entry]
  private var mask: Int
  /// How many files are in it.
  public private(set) var count = 0

  public init() {
    mask = 1023
    entries = Array(repeating: Entry(place: 0, digest: 0), count: 1024)
  }

  /// What a digest says, from the first 16 of its 64 hexadecimal digits.
  static func key(hexadecimal text: UnsafeRawBufferPointer) -> UInt64? {
    guard text.count == 64 else { return nil }
    var key: UInt64 = 0
    for byte in text[..<16] {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): key = key << 4 | UInt64(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): key = key << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return key
  }

  /// Adds a file. A place where several files were, one after the other, has several.
  /// - Parameters:
  ///   - place: where it was seen first, relative to the project's root.
  ///   - digest: the first 8 bytes of its digest, as a big-endian number.
  public mutating func add(place: UnsafeRawBufferPointer, digest: UInt64) {
    if count * 4 >= entries.count * 3 { grow() }
    var hash = PlaceHash()
    hash.add(place)
    insert(Entry(place: hash.value, digest: digest))
    count += 1
  }

  private mutating func insert(_ entry: Entry) {
    var slot = Int(truncatingIfNeeded: entry.place) & mask
    while entries[slot].place != 0 { slot = (slot + 1) & mask }
    entries[slot] = entry
  }

  private mutating func grow() {
    let old = entries
    entries = Array(repeating: Entry(place: 0, digest: 0), count: old.count * 2)
    mask = entries.count - 1
    for entry in old where entry.place != 0 { insert(entry) }
  }

  /// Whether the file at this place had another digest when it was seen first: `false` also for a place where custody
  /// knows no file, since nothing speaks against it.
  func contradicts(folder: UnsafeRawBufferPointer?, name: UnsafeRawBufferPointer, digest: UInt64) -> Bool {
    if count == 0 { return false }
    var hash = PlaceHash()
    if let folder, !folder.isEmpty {
      hash.add(folder)
      hash.add(UInt8(ascii: "/"))
    }
    hash.add(name)
    let place = hash.value
    var slot = Int(truncatingIfNeeded: place) & mask
    var isKnown = false
    while entries[slot].place != 0 {
      if entries[slot].place == place {
        if entries[slot].digest == digest { return false }
        isKnown = true
      }
      slot = (slot + 1) & mask
    }
    return isKnown
  }
}

/// A hash of a path's bytes that is the same whether they come in one piece or in several: FNV-1a of 64 bits, mixed by
/// the finaliser of MurmurHash3. Never 0.
struct PlaceHash {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  @inline(__always) mutating func add(_ byte: UInt8) {
    state = (state ^ UInt64(byte)) &* 0x100_0000_01b3
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes { add(byte) }
  }

  var value: UInt64 {
    var mixed = state
    mixed ^= mixed >> 33
    mixed = mixed &* 0xff51_afd7_ed55_8ccd
    mixed ^= mixed >> 33
    mixed = mixed &* 0xc4ce_b9fe_1a85_ec53
    mixed ^= mixed >> 33
    return mixed == 0 ? 1 : mixed
  }
}
