import CSimdJSON
import PipelineCore

/// Reads JSON files that stages of this pipeline wrote.
enum TapeJSON {
  /// The value of the JSON file at `path`. Throws `Diagnostic` when it cannot be read or is not JSON.
  static func read(_ path: String, name: String) throws -> JSONValue {
    try WholeFile(path, name: name).withBytes { bytes in
      guard let reader = csj_reader_create() else { throw LogFailure.noMemory() }
      defer { csj_reader_free(reader) }
      var tape = csj_tape()
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
        csj_parse(reader, start, bytes.count, &tape) == CSJ_OK, let words = tape.words,
        let strings = tape.strings
      else { throw LogFailure.damagedSegment(name, "it is not JSON") }
      var walk = TapeWalk(words: words, strings: strings)
      return walk.value()
    }
  }
}

/// A walk along simdjson's tape: each word is a type letter in its top byte and a payload.
private struct TapeWalk {
  let words: UnsafePointer<UInt64>
  let strings: UnsafePointer<UInt8>
  /// Word 0 is the root.
  var index = 1

  mutating func value() -> JSONValue {
    let word = words[index]
    index += 1
    switch UInt8(word >> 56) {
    case UInt8(ascii: "{"): return object()
    case UInt8(ascii: "["): return array()
    case UInt8(ascii: "\""): return .string(text(word))
    case UInt8(ascii: "l"): return .integer(Int64(bitPattern: next()))
    case UInt8(ascii: "u"): return .number(Double(next()))
    case UInt8(ascii: "d"): return .number(Double(bitPattern: next()))
    case UInt8(ascii: "t"): return .bool(true)
    case UInt8(ascii: "f"): return .bool(false)
    default: return .null
    }
  }

  private mutating func next() -> UInt64 {
    index += 1
    return words[index - 1]
  }

  private func text(_ word: UInt64) -> String {
    let start = strings + Int(word & 0x00FF_FFFF_FFFF_FFFF)
    let length = UInt32(littleEndian: UnsafeRawPointer(start).loadUnaligned(as: UInt32.self))
    return String(decoding: UnsafeBufferPointer(start: start + 4, count: Int(length)), as: UTF8.self)
  }

  private mutating func array() -> JSONValue {
    var items: [JSONValue] = []
    while words[index] >> 56 != UInt64(UInt8(ascii: "]")) { items.append(value()) }
    index += 1
    return .array(items)
  }

  private mutating func object() -> JSONValue {
    var members: [String: JSONValue] = [:]
    while words[index] >> 56 != UInt64(UInt8(ascii: "}")) {
      let key = text(words[index])
      index += 1
      members[key] = value()
    }
    index += 1
    return .object(members)
  }
}
