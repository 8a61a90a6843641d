import FileSystem
public import ImageFiles
public import PipelineCore

/// What was measured of an image: facts that follow from its bytes alone, wherever the file lies and whatever becomes
/// of it.
public struct MeasuredImage: Sendable, Equatable {
  /// The present way of measuring: raise it when the same bytes give other figures, and images are measured again.
  public static let method = 1

  /// The digest of the image file's content.
  public let digest: Digest
  /// The figures, and the size of the image as displayed.
  public let features: ImageFeatures
  /// What the image was generated from, as its file says; `nil` where it does not.
  public let prompt: String?
  /// The way of measuring that gave them, from 1.
  public let method: Int

  /// - Parameter method: the way of measuring that gave `features`.
  public init(
    digest: Digest, features: ImageFeatures, prompt: String? = nil, method: Int = MeasuredImage.method
  ) {
    self.digest = digest
    self.features = features
    self.prompt = prompt
    self.method = method
  }

  /// Decodes an image and measures it. Any thread may call this.
  /// - Throws: `Diagnostic` for a bad image, with codes that begin with `image-`; `FileError` for a file that cannot be
  ///   read.
  public static func measure(_ path: String) throws -> MeasuredImage {
    let before = try FileStatus(path)
    let texts: [ImageText]
    // Texts that are damaged are none; whether the image is sound is found out by decoding it. An error of the disk is
    // thrown: the row is kept for ever, and must not lack its prompt for a moment's reason.
    do { texts = try ImageFiles.texts(path) } catch is Diagnostic { texts = [] }
    let measured = try ImageFiles.identifiedFeatures(path)
    // Texts of other bytes than those that were measured are not of this image.
    let isSame = try FileStatus(path) == before
    return MeasuredImage(
      digest: measured.sourceDigest, features: measured.features,
      prompt: isSame ? GenerationPrompt.text(of: texts) : nil)
  }

  /// The perceptual hash as a number, the first bit being the highest: similar images differ in few bits.
  public var perceptualHash: UInt64 { UInt64(features.perceptualHash, radix: 16) ?? 0 }
}
