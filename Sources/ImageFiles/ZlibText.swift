import CImageCodecs

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Small zlib streams of unknown size: texts and profiles.
enum ZlibText {
  /// What a stream unpacks to; `nil` when it is damaged or larger than `limit` bytes.
  static func inflate(_ stream: UnsafeRawBufferPointer, limit: Int) -> [UInt8]? {
    var base: UnsafeMutablePointer<UInt8>?
    var count = 0
    guard ci_zlib_inflate_text(stream.baseAddress, stream.count, limit, &base, &count) == CI_OK, let base
    else {
      return nil
    }
    defer { free(base) }
    return Array(UnsafeBufferPointer(start: base, count: count))
  }

  /// A stream of some bytes, packed as small as it gets; `nil` when memory is short.
  static func deflate(_ bytes: [UInt8]) -> [UInt8]? {
    var base: UnsafeMutablePointer<UInt8>?
    var count = 0
    let status = bytes.withUnsafeBytes { ci_zlib_deflate($0.baseAddress, $0.count, 9, &base, &count) }
    guard status == CI_OK, let base else { return nil }
    defer { free(base) }
    return Array(UnsafeBufferPointer(start: base, count: count))
  }
}
