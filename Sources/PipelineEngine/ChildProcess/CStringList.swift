/// Calls `body` with `strings` as a NULL-terminated array of C strings, valid during the call. All bytes lie in one
/// allocation. No string may hold a NUL.
func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
) rethrows -> Result {
  let bytes = strings.reduce(0) { $0 + $1.utf8.count + 1 }
  return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: max(1, bytes)) { text in
    try withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<CChar>?.self, capacity: strings.count + 1) {
      list in
      var place = 0
      for (index, string) in strings.enumerated() {
        list.initializeElement(at: index, to: text.baseAddress.map { $0 + place })
        for byte in string.utf8 {
          text.initializeElement(at: place, to: CChar(bitPattern: byte))
          place += 1
        }
        text.initializeElement(at: place, to: 0)
        place += 1
      }
      list.initializeElement(at: strings.count, to: nil)
      // The list holds at least its terminator, so it has a base address.
      guard let base = list.baseAddress else { return try body([nil]) }
      return try body(UnsafePointer(base))
    }
  }
}
