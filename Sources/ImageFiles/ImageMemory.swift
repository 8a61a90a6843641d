import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Bytes outside the Swift heap, uninitialised at first, for files and pixels of many megabytes. Freed with the value.
final class ImageMemory {
  /// What the codecs may read beyond the end of pixels: they load whole vectors.
  static let slack = 64

  private(set) var bytes: UnsafeMutableRawBufferPointer

  /// - Parameters:
  ///   - count: the bytes that can be used; there is ``slack`` before and after them.
  ///   - path: of the image, for the error when memory is short.
  init(count: Int, for path: String) throws(Diagnostic) {
    guard let base = malloc(count + 2 * Self.slack) else {
      throw ImageProblem.tooLarge.error(
        path, "needs \(count) bytes of memory, which the system does not give")
    }
    bytes = UnsafeMutableRawBufferPointer(start: base + Self.slack, count: count)
    // The slack is read, though never used: it must not be somebody's old data.
    memset(base, 0, Self.slack)
    memset(base + Self.slack + count, 0, Self.slack)
  }

  /// Takes over memory that a C function allocated with `malloc`, without slack.
  init(adopting base: UnsafeMutableRawPointer, count: Int) {
    bytes = UnsafeMutableRawBufferPointer(start: base, count: count)
    isAdopted = true
  }

  private var isAdopted = false

  deinit { discard() }

  /// Frees the bytes before the value goes; there are none afterwards.
  func discard() {
    defer { bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    guard let base = bytes.baseAddress else { return }
    free(isAdopted ? base : base - Self.slack)
  }

  var count: Int { bytes.count }
  var readable: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes) }
  var base: UnsafeMutablePointer<UInt8>? { bytes.bindMemory(to: UInt8.self).baseAddress }

  /// The bytes of a range, without a copy. The range lies inside.
  subscript(range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    return UnsafeRawBufferPointer(rebasing: bytes[range])
  }
}
