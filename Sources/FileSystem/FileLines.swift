extension FileSystem {
  /// Reads a file line by line, holding a block of 256 KiB and the longest line.
  /// - Parameters:
  ///   - path: of a regular file.
  ///   - body: gets each line without its end, and its number from 1; what follows the last line feed is a line if it
  ///     is not empty. The array may be kept.
  /// - Throws: `FileError`; for a pipe or a symbolic link, too. What `body` throws.
  public static func forEachLine(_ path: String, _ body: ([UInt8], Int) throws -> Void) throws {
    var begun: [UInt8] = []
    var number = 0
    try forEachBlock(path) { block in
      var rest = block[...]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        begun.append(contentsOf: rest[..<end])
        rest = rest[(end + 1)...]
        number += 1
        try body(begun, number)
        begun.removeAll(keepingCapacity: true)
      }
      begun.append(contentsOf: rest)
    }
    if !begun.isEmpty { try body(begun, number + 1) }
  }
}
