/// Pixels of 8-bit red, green and blue, row by row from the top left.
public struct RGBRaster: Sendable, Equatable {
  /// Pixels across, at least 1.
  public let width: Int
  /// Pixels down, at least 1.
  public let height: Int
  /// 3 × `width` × `height` bytes.
  public let bytes: [UInt8]

  /// `nil` when the number of bytes is not that of the size, or the size is empty.
  public init?(width: Int, height: Int, bytes: [UInt8]) {
    guard width > 0, height > 0, bytes.count % 3 == 0, bytes.count / 3 / width == height,
      bytes.count / 3 % width == 0
    else { return nil }
    self.width = width
    self.height = height
    self.bytes = bytes
  }
}
