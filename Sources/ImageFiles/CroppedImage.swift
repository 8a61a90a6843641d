public import PipelineCore

/// A crop that is on disk.
public struct CroppedImage: Codable, Sendable, Equatable {
  /// How the pixels came from the source to the crop.
  public enum Method: Codable, Sendable, Equatable {
    /// Every sample is the source's, in a lossless format.
    case exact
    /// The source's JPEG coefficients themselves: nothing was decoded to pixels and encoded again.
    case losslessTransform
    /// Decoded and encoded again; the quality is that of the encoder, 1 to 100.
    case reencoded(quality: Int)
  }

  /// The digest of the new file.
  public var digest: Digest
  /// The size of the new file.
  public var bytes: Int64
  /// Pixels across.
  public var width: Int
  /// Pixels down.
  public var height: Int
  /// The digest of the bytes that were decoded: the whole source file as it was read.
  public var sourceDigest: Digest
  /// How the pixels came to be.
  public var method: Method
  /// What the caller should tell: a name that promises another format, metadata that had to go.
  public var warnings: [Diagnostic]
}
