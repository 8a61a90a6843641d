/// How large an image may be before it is refused unread: a small file can claim any size.
public struct ImageLimits: Sendable, Codable, Equatable {
  /// Width times height, at the most.
  public var pixels: Int64
  /// The bytes of the file, at the most; they are held in memory.
  public var fileBytes: Int64

  public init(pixels: Int64 = 300_000_000, fileBytes: Int64 = 1 << 30) {
    self.pixels = pixels
    self.fileBytes = fileBytes
  }
}
