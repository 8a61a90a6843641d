/// The header of a file in a POSIX.1-1988 `ustar` archive: 512 bytes that say nothing of owners and times, so that the same
/// content gives the same archive.
enum TarHeader {
  static let blockSize = 512
  /// Two blocks of zeros end an archive.
  static let end = [UInt8](repeating: 0, count: 2 * blockSize)

  /// - Parameters:
  ///   - name: at most 100 bytes.
  ///   - bytes: below 8 GiB, as eleven octal digits hold.
  static func make(name: String, bytes: Int64) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: blockSize)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    func put(_ number: Int64, digits: Int, at offset: Int) {
      let text = String(number, radix: 8)
      put(String(repeating: "0", count: max(0, digits - text.utf8.count)) + text, at: offset)
    }
    put(name, at: 0)
    put(0o644, digits: 7, at: 100)
    put(0, digits: 7, at: 108)
    put(0, digits: 7, at: 116)
    put(bytes, digits: 11, at: 124)
    put(0, digits: 11, at: 136)
    put("0", at: 156)
    put("ustar\0" + "00", at: 257)
    put(0, digits: 7, at: 329)
    put(0, digits: 7, at: 337)
    // The sum is taken with its own field as spaces, and ends with a zero byte and a space.
    let sum = header.reduce(8 * Int64(UInt8(ascii: " "))) { $0 + Int64($1) }
    put(sum, digits: 6, at: 148)
    header[155] = UInt8(ascii: " ")
    return header
  }

  /// How many bytes fill the last block of a file of this size.
  static func padding(_ bytes: Int64) -> Int { Int((512 - bytes % 512) % 512) }
}
