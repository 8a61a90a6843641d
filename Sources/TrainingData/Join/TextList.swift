import PipelineCore
import PipelineSpec

/// The texts of a JSON array, read in place: the usual array of file names or digests is copied nowhere. It is read
/// anew for each row, and what it gave is valid until then.
final class TextList {
  /// The texts themselves.
  private(set) var texts: [UnsafeRawBufferPointer] = []
  /// The texts as JSON strings.
  private(set) var quoted: [UnsafeRawBufferPointer] = []
  /// The whole array as canonical JSON.
  private(set) var json = UnsafeRawBufferPointer(start: nil, count: 0)
  private var copies: [UnsafeMutableRawBufferPointer] = []

  deinit { free() }

  private func free() {
    for copy in copies { copy.deallocate() }
    copies.removeAll(keepingCapacity: true)
  }

  var count: Int { texts.count }

  /// Reads an array.
  /// - Returns: `false` for anything but a JSON array of texts; the list is empty then.
  func read(_ array: UnsafeRawBufferPointer) -> Bool {
    clear()
    json = array
    if readPlain(array) { return true }
    texts.removeAll(keepingCapacity: true)
    quoted.removeAll(keepingCapacity: true)
    let (tree, problems) = JSONDocument.parse(Array(array), path: "")
    guard problems.isEmpty, let value = tree?.value, let items = value.arrayValue else { return false }
    let strings = items.compactMap(\.stringValue)
    guard strings.count == items.count else { return false }
    json = copy(value.canonical)
    for string in strings {
      texts.append(copy(string))
      quoted.append(copy(JSONValue.string(string).canonical))
    }
    return true
  }

  /// Makes the list empty.
  func clear() {
    free()
    texts.removeAll(keepingCapacity: true)
    quoted.removeAll(keepingCapacity: true)
  }

  /// Reads an array that is canonical already and whose texts stand for themselves.
  private func readPlain(_ array: UnsafeRawBufferPointer) -> Bool {
    guard array.count >= 2, array[0] == UInt8(ascii: "["), array[array.count - 1] == UInt8(ascii: "]") else {
      return false
    }
    if array.count == 2 { return true }
    let end = array.count - 1
    var position = 1
    while position < end {
      guard array[position] == UInt8(ascii: "\"") else { return false }
      let start = position
      position += 1
      while position < end, PlainText.holds(array[position]) { position += 1 }
      guard position < end, array[position] == UInt8(ascii: "\"") else { return false }
      texts.append(UnsafeRawBufferPointer(rebasing: array[start + 1..<position]))
      position += 1
      quoted.append(UnsafeRawBufferPointer(rebasing: array[start..<position]))
      if position == end { return true }
      guard array[position] == UInt8(ascii: ",") else { return false }
      position += 1
    }
    return false
  }

  private func copy(_ text: String) -> UnsafeRawBufferPointer {
    var text = text
    let bytes = text.withUTF8 { source in
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(source.count, 1), alignment: 1)
      bytes.copyBytes(from: source)
      return (bytes, source.count)
    }
    copies.append(bytes.0)
    return UnsafeRawBufferPointer(rebasing: bytes.0[..<bytes.1])
  }
}
