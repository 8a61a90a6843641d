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
    document.bytes.withUnsafeBufferPointer { bytes in
      var line = line
      var column = column
      for byte in bytes[offset..<target] {
        if byte == UInt8(ascii: "\n") {
          line += 1
          column = 1
        } else if byte & 0xC0 != 0x80 {
          column += 1
        }
      }
      (self.line, self.column) = (line, column)
    }
    offset = target
    return SourceLocation(
      path: document.path, line: line, column: column, length: max(1, Int(node.end) - target),
      pointer: pointer)
  }
}
