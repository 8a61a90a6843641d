public import PipelineCore

/// An image's file as it was found.
public struct FoundImage: Sendable, Equatable {
  /// Absolute.
  public let path: String
  /// What its bytes must have.
  public let digest: Digest
  /// Its size.
  public let bytes: Int64

  public init(path: String, digest: Digest, bytes: Int64) {
    self.path = path
    self.digest = digest
    self.bytes = bytes
  }
}

/// Says where images are now. Asked for each image of an export, in the order of the rows, on one thread.
public protocol ImageSource {
  /// The file with this content.
  /// - Parameters:
  ///   - digest: 64 hexadecimal digits; `nil` where the row has none.
  ///   - name: the file's name when it was decided on: of several files with the same content, one of that name comes
  ///     first.
  /// - Returns: a reason when there is none. It is never guessed.
  func image(digest: String?, name: String) throws -> Result<FoundImage, MissingImage>
  /// The text that lies beside the image for captioning; `nil` without one.
  func caption(of image: FoundImage) throws -> String?
}

/// There is no file to export.
public struct MissingImage: Error, Equatable {
  public let reason: Omission
  public init(_ reason: Omission) { self.reason = reason }
}

/// For exports of rows alone.
public struct NoImages: ImageSource {
  public init() {}
  public func image(digest: String?, name: String) -> Result<FoundImage, MissingImage> {
    .failure(MissingImage(.unknownImage))
  }
  public func caption(of image: FoundImage) -> String? { nil }
}
