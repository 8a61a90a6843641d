import PipelineCore

/// Writes whole numbers (little-endian) and length-prefixed texts: the form of the stages' internal files.
struct BinaryWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }
  mutating func append(_ text: String) {
    append(UInt32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }
  mutating func append(_ digest: Digest) { bytes.append(contentsOf: digest.rawBytes) }
  mutating func append(raw more: [UInt8]) { bytes.append(contentsOf: more) }
  mutating func append(_ numbers: [UInt64]) {
    #if _endian(little)
      numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
    #else
      for number in numbers { append(number) }
    #endif
  }
}

/// Reads what ``BinaryWriter`` wrote, checking every length against what is there.
struct BinaryReader {
  private let bytes: [UInt8]
  private(set) var position = 0
  private let path: String

  init(_ bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
  }

  var isAtEnd: Bool { position == bytes.count }

  /// The finding for a file that is not what its stage wrote.
  var damage: Diagnostic {
    Diagnostic(
      code: "damaged-internal-file",
      "\(path) is cut short or not of the expected form, near byte \(position)",
      help: "run the stage that made it again with --force")
  }

  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws -> Number {
    try take(MemoryLayout<Number>.size)
    let start = position - MemoryLayout<Number>.size
    return bytes.withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self))
    }
  }

  /// A number of records that follow, each of at least `size` bytes.
  mutating func count(ofSize size: Int) throws -> Int {
    let count = Int(try number(UInt32.self))
    guard count <= (bytes.count - position) / max(1, size) else { throw damage }
    return count
  }

  mutating func text() throws -> String {
    let length = try count(ofSize: 1)
    try take(length)
    return String(decoding: bytes[position - length..<position], as: UTF8.self)
  }

  mutating func digest() throws -> Digest {
    guard let digest = Digest(rawBytes: try raw(32)) else { throw damage }
    return digest
  }

  mutating func raw(_ length: Int) throws -> [UInt8] {
    try take(length)
    return Array(bytes[position - length..<position])
  }

  /// Reads the file's first line of identification; anything else is damage.
  mutating func expect(_ magic: String) throws {
    guard try raw(min(magic.utf8.count, bytes.count)).elementsEqual(magic.utf8) else { throw damage }
  }

  private mutating func take(_ length: Int) throws {
    guard length >= 0, length <= bytes.count - position else { throw damage }
    position += length
  }
}
