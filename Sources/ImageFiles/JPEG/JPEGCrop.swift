import CImageCodecs
import PipelineCore

/// Cuts a rectangle out of a JPEG: without loss where it lies on the blocks, else encoded again.
struct JPEGCrop {
  let source: SourceImage
  let header: JPEGHeader
  /// In displayed pixels.
  let rectangle: PixelRectangle

  /// An image made in memory.
  struct Result {
    let memory: ImageMemory
    let method: CroppedImage.Method
    /// Bytes of the source after its end.
    let trailing: Int
  }

  /// Writes the crop to `target`, which must not exist.
  func write(to target: String) throws -> CroppedImage {
    let result = try make()
    let kept = header.keptSegments(source.path)
    // The encoder's own start (two bytes), the source's application data and comments, then tables and pixels.
    let pieces: [NewImage.Piece] = [
      .bytes([0xff, 0xd8] + kept.bytes), .memory(result.memory[2..<result.memory.count]),
    ]
    let (digest, bytes) = try NewImage.write(pieces, to: target)
    return CroppedImage(
      digest: digest, bytes: bytes, width: rectangle.width, height: rectangle.height,
      sourceDigest: source.digest, method: result.method,
      warnings: source.warnings + kept.warnings + JPEGFailure.trailing(result.trailing, source.path))
  }

  private func make() throws(Diagnostic) -> Result {
    let stored = header.orientation.stored(rectangle, width: header.width, height: header.height)
    let area = ci_rectangle(
      left: UInt32(stored.left), top: UInt32(stored.top), width: UInt32(stored.width),
      height: UInt32(stored.height))
    let turning = header.orientation.turning
    var base: UnsafeMutablePointer<UInt8>?
    var (made, trailing) = (0, 0)
    var done: Int32 = 0
    var failure = ci_failure()
    ci_jpeg_transform(
      source.memory.base, source.memory.count, area, turning, &base, &made, &done, &trailing, &failure)
    try JPEGFailure.check(failure, source.path)
    if done == 1, let base {
      return Result(
        memory: ImageMemory(adopting: base, count: made), method: .losslessTransform, trailing: trailing)
    }
    let quality = JPEGQuality.matching(header)
    ci_jpeg_reencode(
      source.memory.base, source.memory.count, area, turning, Int32(quality), &base, &made, &trailing,
      &failure)
    try JPEGFailure.check(failure, source.path)
    guard let base else { throw ImageProblem.corrupt.error(source.path, "gave no pixels") }
    return Result(
      memory: ImageMemory(adopting: base, count: made), method: .reencoded(quality: quality),
      trailing: trailing
    )
  }
}

/// What libjpeg says of an image, as a finding.
enum JPEGFailure {
  /// Throws when a call failed.
  static func check(_ failure: ci_failure, _ path: String) throws(Diagnostic) {
    guard failure.code != CI_OK else { return }
    let words = withUnsafeBytes(of: failure.message) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    switch Int(failure.code) {
    case CI_TRUNCATED: throw ImageProblem.truncated.error(path, "ends before its pixels do (\(words))")
    case CI_UNSUPPORTED:
      throw ImageProblem.unsupported.error(path, "is a kind of JPEG that is not handled (\(words))")
    case CI_MEMORY: throw ImageProblem.tooLarge.error(path, "needs more memory than the system gives")
    case CI_EXCESSIVE: throw ImageProblem.tooLarge.error(path, "asks for too much work (\(words))")
    default: throw ImageProblem.corrupt.error(path, "is damaged (\(words))")
    }
  }

  /// The warning for bytes after the end.
  static func trailing(_ count: Int, _ path: String) -> [Diagnostic] {
    guard count > 0 else { return [] }
    return [
      ImageProblem.trailingData.warning(path, "has \(count) bytes after its end, which are no part of it")
    ]
  }
}
