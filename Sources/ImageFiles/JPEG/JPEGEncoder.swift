import CImageCodecs
import PipelineCore

/// Makes JPEGs of pixels.
enum JPEGEncoder {
  /// Encodes RGB pixels, with a JFIF segment of 18 bytes first.
  static func encode(
    _ pixels: UnsafeRawBufferPointer, width: Int, height: Int, quality: Int32, _ source: String
  ) throws(Diagnostic) -> ImageMemory {
    guard width <= 65500, height <= 65500 else {
      throw ImageProblem.tooLarge.error(source, "has more columns or rows than a JPEG can have (65,500)")
    }
    var base: UnsafeMutablePointer<UInt8>?
    var made = 0
    var failure = ci_failure()
    ci_jpeg_encode(
      pixels.bindMemory(to: UInt8.self).baseAddress, UInt32(width), UInt32(height), 3, quality, &base, &made,
      &failure)
    try JPEGFailure.check(failure, source)
    guard let base else { throw ImageProblem.corrupt.error(source, "gave no pixels") }
    return ImageMemory(adopting: base, count: made)
  }

  /// The segments that carry an ICC profile (ICC.1, annex B.4); none for an empty one.
  static func profileSegments(_ profile: [UInt8]) -> [UInt8] {
    let most = 65519
    let count = (profile.count + most - 1) / most
    guard count <= 255 else { return [] }
    var segments: [UInt8] = []
    for index in 0..<count {
      let part = profile[index * most..<min(profile.count, (index + 1) * most)]
      let length = part.count + 16
      segments += [0xff, 0xe2, UInt8(length >> 8), UInt8(length & 255)]
      segments += Array("ICC_PROFILE".utf8) + [0, UInt8(index + 1), UInt8(count)] + part
    }
    return segments
  }
}
