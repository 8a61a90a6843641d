/// What an image's header says.
public struct ImageFacts: Codable, Sendable, Equatable {
  /// The format by content.
  public var format: ImageFormat
  /// Pixels across as displayed: the orientation is applied.
  public var width: Int
  /// Pixels down as displayed: the orientation is applied.
  public var height: Int
  /// The EXIF orientation, 1 to 8: how the stored pixels are to be turned for display. 1 when the file does not say.
  public var orientation: Int
  /// Bits per sample: 1, 2, 4, 8, 16, 32 or 64.
  public var bitDepth: Int
  /// Samples per stored pixel, alpha included; 1 for a palette.
  public var channels: Int
  /// Whether there is an alpha channel, or a colour that stands for transparent.
  public var hasAlpha: Bool
  /// Whether the pixels are indices into a table of colours.
  public var isPalette: Bool
  /// Whether an ICC profile is embedded.
  public var hasProfile: Bool

  init(
    format: ImageFormat, storedWidth: Int, storedHeight: Int, orientation: Orientation, bitDepth: Int,
    channels: Int, hasAlpha: Bool = false, isPalette: Bool = false, hasProfile: Bool = false
  ) {
    self.format = format
    width = orientation.swapsSides ? storedHeight : storedWidth
    height = orientation.swapsSides ? storedWidth : storedHeight
    self.orientation = orientation.rawValue
    self.bitDepth = bitDepth
    self.channels = channels
    self.hasAlpha = hasAlpha
    self.isPalette = isPalette
    self.hasProfile = hasProfile
  }
}
