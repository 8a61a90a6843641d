/// The EXIF orientation (CIPA DC-008, tag 0x0112): where the stored first row and column are in the displayed image.
enum Orientation: Int, Sendable {
  case upright = 1
  case mirrored = 2
  case turnedHalf = 3
  case flipped = 4
  case transposed = 5
  case turnedRight = 6
  case transversed = 7
  case turnedLeft = 8

  /// Whether stored columns are displayed rows.
  var swapsSides: Bool { rawValue >= 5 }

  /// The stored rectangle whose pixels are shown in a displayed one.
  /// - Parameters:
  ///   - displayed: in pixels of the displayed image; lies inside it.
  ///   - width: of the stored image.
  ///   - height: of the stored image.
  func stored(_ displayed: PixelRectangle, width: Int, height: Int) -> PixelRectangle {
    let (x, y, across, down) = (displayed.left, displayed.top, displayed.width, displayed.height)
    return switch self {
    case .upright: displayed
    case .mirrored: PixelRectangle(left: width - x - across, top: y, width: across, height: down)
    case .turnedHalf:
      PixelRectangle(left: width - x - across, top: height - y - down, width: across, height: down)
    case .flipped: PixelRectangle(left: x, top: height - y - down, width: across, height: down)
    case .transposed: PixelRectangle(left: y, top: x, width: down, height: across)
    case .turnedRight: PixelRectangle(left: y, top: height - x - across, width: down, height: across)
    case .transversed:
      PixelRectangle(left: width - y - down, top: height - x - across, width: down, height: across)
    case .turnedLeft: PixelRectangle(left: width - y - down, top: x, width: down, height: across)
    }
  }
}

/// A rectangle of whole pixels, from the top left.
struct PixelRectangle: Equatable, Sendable {
  var left: Int
  var top: Int
  var width: Int
  var height: Int

  var right: Int { left + width }
  var bottom: Int { top + height }

  /// Whether it has pixels and all of them are in an image of this size.
  func lies(inWidth width: Int, height: Int) -> Bool {
    left >= 0 && top >= 0 && self.width > 0 && self.height > 0 && self.width <= width && self.height <= height
      && left <= width - self.width && top <= height - self.height
  }
}
