import PipelineCore

extension JSONParser {
  /// Reports every sequence that is not UTF-8 (The Unicode Standard, table 3-7).
  mutating func checkEncoding() {
    var offset = 0
    while offset < count {
      if offset + 8 <= count,
        !ByteLanes.hasNonASCII(raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      {
        offset += 8
        continue
      }
      let first = raw[offset]
      if first < 0x80 {
        offset += 1
        continue
      }
      let (length, isGood) = sequence(at: offset)
      if !isGood {
        let hex = (offset..<offset + length).map { "0x" + String(raw[$0], radix: 16, uppercase: true) }
        report(
          "bad-utf8", "\(hex.joined(separator: " ")) at byte \(offset) is not UTF-8",
          offset..<offset + length,
          help: "save the file as UTF-8")
        if problems.count >= Self.maximumProblems { return }
      }
      offset += length
    }
  }

  /// How many bytes belong together at `offset`, and whether they are a character.
  private func sequence(at offset: Int) -> (length: Int, isGood: Bool) {
    let first = raw[offset]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return (1, false)
    }
    // The padding is zero, which is no continuation byte, so that this stops at the end of the text.
    guard second.contains(raw[offset + 1]) else { return (1, false) }
    for index in 2..<max(2, length) where raw[offset + index] & 0xC0 != 0x80 { return (index, false) }
    return (length, true)
  }

  /// Reports keys that occur twice in one object, with both places.
  mutating func checkRepeatedKeys(_ keys: ArraySlice<Int>) {
    guard keys.count > 1 else { return }
    if keys.count <= 12 {
      for later in keys.indices.dropFirst() {
        let hash = nodes[keys[later]].bits
        for earlier in keys.startIndex..<later where nodes[keys[earlier]].bits == hash {
          reportIfRepeated(keys[earlier], keys[later])
          break
        }
      }
      return
    }
    let base = keys.startIndex
    let hashes = keys.map { nodes[$0].bits }
    var slots = HashSlots(capacity: hashes.count)
    for (number, hash) in hashes.enumerated() {
      if let first = slots.find(hash, { hashes[$0] == hash }) {
        reportIfRepeated(keys[base + first], keys[base + number])
      } else {
        slots.insert(hash, number, hashes)
      }
    }
  }

  private mutating func reportIfRepeated(_ first: Int, _ later: Int) {
    guard nodes[first].kind == .string, nodes[later].kind == .string else { return }
    let (before, after) = (content(first), content(later))
    guard before == after else { return }
    let name = String(decoding: after, as: UTF8.self)
    report(
      "duplicate-key", "the key \"\(name)\" occurs twice in this object",
      Int(nodes[later].start)..<Int(nodes[later].end),
      note: ("it is here already", Int(nodes[first].start)..<Int(nodes[first].end)))
  }

  private func content(_ index: Int) -> [UInt8] {
    let range = Int(nodes[index].start) + 1..<Int(nodes[index].end) - 1
    let bytes = UnsafeBufferPointer(rebasing: raw.bindMemory(to: UInt8.self)[range])
    return nodes[index].flags.contains(.escaped) ? JSONEscapes.decode(bytes) : Array(bytes)
  }
}
