import PipelineCore

/// Lines and columns of places that are asked for in the order of the text: each byte is looked at once.
struct LineCursor {
  private var offset = 0
  private var line = 1
  private var column = 1

  /// The place of a node that does not come before the last one; an earlier one starts from the beginning.
  mutating func location(of node: JSONNode, _ document: JSONDocument, pointer: String) -> SourceLocation {
    let target = Int(node.start)
    if target < offset { self = LineCursor() }
    document.bytes.withUnsafeBytes { bytes in
      var at = offset
      while at < target {
        if at + 8 <= target {
          let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
          if !ByteLanes.hasNonASCII(word) {
            let feeds = ByteLanes.lineFeeds(word)
            line += feeds.nonzeroBitCount
            column = feeds == 0 ? column + 8 : 1 + feeds.leadingZeroBitCount / 8
            at += 8
            continue
          }
        }
        if bytes[at] == UInt8(ascii: "\n") {
          line += 1
          column = 1
        } else if bytes[at] & 0xC0 != 0x80 {
          column += 1
        }
        at += 1
      }
    }
    offset = target
    return SourceLocation(
      path: document.path, line: line, column: column, length: max(1, Int(node.end) - target),
      pointer: pointer)
  }
}
