public import PipelineCore

/// A part of an image in pixels of the displayed image, from its upper left corner.
public struct PixelRectangle: Sendable, Codable, Hashable {
  public let left: Int
  public let top: Int
  /// At least 1.
  public let width: Int
  /// At least 1.
  public let height: Int

  public init(left: Int, top: Int, width: Int, height: Int) {
    self.left = left
    self.top = top
    self.width = width
    self.height = height
  }
}

/// A part of an image as fractions of the *displayed* image (EXIF orientation applied): 0 ≤ x1 < x2 ≤ 1 from the left,
/// 0 ≤ y1 < y2 ≤ 1 from the top. In JSON `[x1, y1, x2, y2]`.
public struct CropRectangle: Sendable, Hashable, CustomStringConvertible {
  public let x1: Double
  public let y1: Double
  public let x2: Double
  public let y2: Double

  /// - Throws: `Diagnostic` `crop-rectangle` saying which coordinate is not a number, outside 0…1 or not below its
  ///   partner.
  public init(x1: Double, y1: Double, x2: Double, y2: Double) throws(Diagnostic) {
    for (name, value) in [("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)] {
      guard value.isFinite else { throw Self.failure("\(name) is \(value), which is no number") }
      guard (0...1).contains(value) else { throw Self.failure("\(name) is \(value), outside 0 to 1") }
    }
    guard x1 < x2 else { throw Self.failure("x1 \(x1) is not left of x2 \(x2)") }
    guard y1 < y2 else { throw Self.failure("y1 \(y1) is not above y2 \(y2)") }
    // Adding 0 makes of −0 a plain 0: one value, one text.
    (self.x1, self.y1, self.x2, self.y2) = (x1 + 0, y1 + 0, x2, y2)
  }

  /// `[x1, y1, x2, y2]`.
  /// - Throws: as ``init(x1:y1:x2:y2:)``, and for another count of numbers.
  public init(_ coordinates: [Double]) throws(Diagnostic) {
    guard coordinates.count == 4 else {
      throw Self.failure("there are \(coordinates.count) coordinates in place of 4")
    }
    try self.init(x1: coordinates[0], y1: coordinates[1], x2: coordinates[2], y2: coordinates[3])
  }

  /// Reads `x1,y1,x2,y2` as a person types it; spaces around the numbers do not count.
  public static func parse(_ text: String) throws(Diagnostic) -> CropRectangle {
    var numbers: [Double] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let trimmed = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      guard let number = Double(String(trimmed)) else {
        throw failure("\"\(part)\" in \"\(text)\" is no number")
      }
      numbers.append(number)
    }
    return try CropRectangle(numbers)
  }

  static func failure(_ reason: String) -> Diagnostic {
    Diagnostic(
      code: "crop-rectangle", "this is no part of an image: \(reason)",
      help: "give x1,y1,x2,y2 as fractions of the displayed image, 0 ≤ x1 < x2 ≤ 1 and 0 ≤ y1 < y2 ≤ 1")
  }

  /// The four numbers in order.
  public var coordinates: [Double] { [x1, y1, x2, y2] }
  /// `[x1,y1,x2,y2]` as JSON.
  public var json: JSONValue { .array(coordinates.map(JSONValue.number)) }
  public var description: String { coordinates.map { "\($0)" }.joined(separator: ",") }
}

extension CropRectangle: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let coordinates = try container.decode([Double].self)
    do throws(Diagnostic) {
      self = try CropRectangle(coordinates)
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.message)
    }
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(coordinates)
  }
}

extension CropRectangle {
  /// The pixels that the rectangle touches: x1 and y1 rounded down, x2 and y2 rounded up, within the image.
  ///
  /// A product within a millionth of a pixel of a whole number is that number: `p / width * width` is often not exactly
  /// `p`, and the edge that a person drew must not move by a pixel for that.
  /// - Parameters:
  ///   - width: the displayed image's width in pixels, at least 1.
  ///   - height: the displayed image's height in pixels, at least 1.
  ///   - minimum: the least width and height of the result, in pixels.
  /// - Throws: `Diagnostic` `crop-too-small`, or `crop-image-size` for an image without pixels.
  public func pixels(width: Int, height: Int, minimum: Int = 64) throws(Diagnostic) -> PixelRectangle {
    guard width > 0, height > 0 else {
      throw Diagnostic(
        code: "crop-image-size", "an image of \(width) × \(height) pixels has no parts; nothing was cropped")
    }
    let (left, right) = Self.edges(x1, x2, width)
    let (top, bottom) = Self.edges(y1, y2, height)
    guard right - left >= minimum, bottom - top >= minimum else {
      throw Diagnostic(
        code: "crop-too-small",
        "the rectangle is \(right - left) × \(bottom - top) pixels of \(width) × \(height), less than \(minimum) on a side; nothing was cropped",
        help: "draw a larger rectangle, or lower minCropPixels")
    }
    return PixelRectangle(left: left, top: top, width: right - left, height: bottom - top)
  }

  private static func edges(_ from: Double, _ to: Double, _ size: Int) -> (Int, Int) {
    let (low, high) = (from * Double(size), to * Double(size))
    func whole(_ value: Double) -> Double? {
      abs(value - value.rounded()) < 1e-6 ? value.rounded() : nil
    }
    let first = Int(whole(low) ?? low.rounded(.down))
    let last = Int(whole(high) ?? high.rounded(.up))
    return (min(max(first, 0), size), min(max(last, 0), size))
  }

  /// The share of the image, above 0 up to 1.
  public var area: Double { (x2 - x1) * (y2 - y1) }

  /// Intersection over union (Jaccard index): 1 for equal rectangles, 0 for those that share nothing.
  public func intersectionOverUnion(_ other: CropRectangle) -> Double {
    let width = min(x2, other.x2) - max(x1, other.x1)
    let height = min(y2, other.y2) - max(y1, other.y1)
    guard width > 0, height > 0 else { return 0 }
    if self == other { return 1 }
    let shared = width * height
    return min(1, shared / (area + other.area - shared))
  }

  /// The distance of the centres, each axis as a fraction of the image's side: 0 up to √2.
  public func centreDistance(_ other: CropRectangle) -> Double {
    let across = ((x1 + x2) - (other.x1 + other.x2)) / 2
    let down = ((y1 + y2) - (other.y1 + other.y2)) / 2
    return (across * across + down * down).squareRoot()
  }

  /// This area less the other's, −1 to 1: positive when this one is larger.
  public func areaDifference(_ other: CropRectangle) -> Double { area - other.area }

  /// Whether every coordinate differs by at most `tolerance`. A billionth more is allowed for what decimal fractions
  /// lose as binary ones: 0.55 − 0.5 is a little more than 0.05.
  public func matches(_ other: CropRectangle, tolerance: Double = 0.05) -> Bool {
    zip(coordinates, other.coordinates).allSatisfy { abs($0 - $1) <= tolerance + 1e-9 }
  }

  /// Reads coordinates of older tools, which wrote pixels into columns for fractions: when one of them is above 1, all
  /// are pixels of the displayed image.
  /// - Parameters:
  ///   - width: the displayed image's width in pixels; `nil` when it is not known.
  ///   - height: its height.
  /// - Throws: `Diagnostic` as ``init(x1:y1:x2:y2:)``, and for pixels without the image's size: it is never guessed.
  public static func legacy(
    x1: Double, y1: Double, x2: Double, y2: Double, width: Int?, height: Int?
  ) throws(Diagnostic) -> (rectangle: CropRectangle, wasPixels: Bool) {
    let all = [x1, y1, x2, y2]
    guard all.allSatisfy(\.isFinite), all.contains(where: { $0 > 1 }) else {
      return (try CropRectangle(all), false)
    }
    guard let width, let height, width > 0, height > 0 else {
      throw failure(
        "\(all.map { "\($0)" }.joined(separator: ",")) are pixels, and the image's size is not known")
    }
    let (wide, high) = (Double(width), Double(height))
    guard x1 <= wide, x2 <= wide, y1 <= high, y2 <= high else {
      throw failure(
        "\(all.map { "\($0)" }.joined(separator: ",")) are pixels outside an image of \(width) × \(height)")
    }
    return (try CropRectangle(x1: x1 / wide, y1: y1 / high, x2: x2 / wide, y2: y2 / high), true)
  }
}
