#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Some members of a row's line, found in place: a line as the join writes it is searched, not parsed.
///
/// In canonical JSON the bytes `,"group_id":` can stand only where a member begins: within a string, quotes are escaped.
struct RowFields {
  private let line: UnsafeRawBufferPointer
  /// Where the search for the next member begins: members stand in the order of their names.
  private var position = 0

  init(_ line: UnsafeRawBufferPointer) { self.line = line }

  /// A text member's bytes as they stand in the line, between the quotes; `nil` for null and for none. Ask for members
  /// in the order of their names.
  /// - Parameter member: with what is around its name: `,"group_id":`.
  mutating func text(_ member: StaticString) -> UnsafeRawBufferPointer? {
    guard let start = find(member), start < line.count, line[start] == UInt8(ascii: "\""),
      let end = closingQuote(start + 1)
    else { return nil }
    position = end
    return UnsafeRawBufferPointer(rebasing: line[start + 1..<end])
  }

  /// Gives the items of a member that is an array of texts, one after the other.
  mutating func forEachText(_ member: StaticString, _ body: (UnsafeRawBufferPointer) -> Void) {
    guard let start = find(member), start < line.count, line[start] == UInt8(ascii: "[") else { return }
    var index = start + 1
    while index < line.count, line[index] == UInt8(ascii: "\""), let end = closingQuote(index + 1) {
      body(UnsafeRawBufferPointer(rebasing: line[index + 1..<end]))
      index = end + 2
      position = end
    }
  }

  private func closingQuote(_ start: Int) -> Int? {
    guard let base = line.baseAddress else { return nil }
    var index = start
    while index < line.count, let found = memchr(base + index, Int32(UInt8(ascii: "\"")), line.count - index)
    {
      let quote = UnsafeRawPointer(found) - base
      var before = quote
      while before > start, line[before - 1] == UInt8(ascii: "\\") { before -= 1 }
      if (quote - before).isMultiple(of: 2) { return quote }
      index = quote + 1
    }
    return nil
  }

  /// Where a member's value begins; `nil` when the line has no such member from here on. Every colon is looked at: there
  /// are few.
  private func find(_ member: StaticString) -> Int? {
    guard let base = line.baseAddress else { return nil }
    let count = member.utf8CodeUnitCount
    var index = position
    while index < line.count, let found = memchr(base + index, Int32(UInt8(ascii: ":")), line.count - index) {
      index = UnsafeRawPointer(found) - base + 1
      if index - count >= position, memcmp(base + index - count, member.utf8Start, count) == 0 {
        return index
      }
    }
    return nil
  }
}
