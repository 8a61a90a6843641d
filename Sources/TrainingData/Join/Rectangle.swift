import PipelineCore
import PipelineSpec

/// A part of an image as fractions of the displayed image, `[x1, y1, x2, y2]`, and how far it is from another.
struct Rectangle: Equatable {
  var x1: Double
  var y1: Double
  var x2: Double
  var y2: Double

  /// `nil` for what is no part of an image: 0 ≤ x1 < x2 ≤ 1 and the same for y.
  init?(_ numbers: [Double]) {
    guard numbers.count == 4, numbers.allSatisfy({ (0...1).contains($0) }), numbers[0] < numbers[2],
      numbers[1] < numbers[3]
    else { return nil }
    // Adding 0 makes of −0 a plain 0: one value, one text.
    (x1, y1, x2, y2) = (numbers[0] + 0, numbers[1] + 0, numbers[2], numbers[3])
  }

  /// Reads a JSON array; `nil` for anything else.
  init?(json text: UnsafeRawBufferPointer) {
    var numbers: [Double] = []
    numbers.reserveCapacity(4)
    if let first = text.first, first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") {
      for part in text[1..<text.count - 1].split(
        separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      {
        guard let number = Self.number(part) else { break }
        numbers.append(number)
      }
    }
    if numbers.count == 4 {
      self.init(numbers)
      return
    }
    let (tree, problems) = JSONDocument.parse(Array(text), path: "")
    guard problems.isEmpty, let items = tree?.value.arrayValue else { return nil }
    self.init(items.compactMap(\.doubleValue).count == items.count ? items.compactMap(\.doubleValue) : [])
  }

  /// A number of digits and one point, the usual case; others are read as JSON.
  private static func number(_ text: Slice<UnsafeRawBufferPointer>) -> Double? {
    guard let first = text.first, first != UInt8(ascii: "."), text.last != UInt8(ascii: "."),
      text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") })
    else { return nil }
    return Double(String(decoding: text, as: UTF8.self))
  }

  var coordinates: [Double] { [x1, y1, x2, y2] }
  /// The share of the image, above 0 up to 1.
  var area: Double { (x2 - x1) * (y2 - y1) }

  /// Intersection over union (Jaccard index): 1 for equal rectangles, 0 for those that share nothing.
  func intersectionOverUnion(_ other: Rectangle) -> Double {
    let width = min(x2, other.x2) - max(x1, other.x1)
    let height = min(y2, other.y2) - max(y1, other.y1)
    guard width > 0, height > 0 else { return 0 }
    if self == other { return 1 }
    let shared = width * height
    return min(1, shared / (area + other.area - shared))
  }

  /// The distance of the centres, each axis as a fraction of the image's side: 0 up to √2.
  func centreDistance(_ other: Rectangle) -> Double {
    let across = ((x1 + x2) - (other.x1 + other.x2)) / 2
    let down = ((y1 + y2) - (other.y1 + other.y2)) / 2
    return (across * across + down * down).squareRoot()
  }

  /// Whether no coordinate differs by more than 0.05; a billionth more is allowed for what decimal fractions lose as
  /// binary ones.
  func matches(_ other: Rectangle) -> Bool {
    abs(x1 - other.x1) <= Self.tolerance && abs(y1 - other.y1) <= Self.tolerance
      && abs(x2 - other.x2) <= Self.tolerance && abs(y2 - other.y2) <= Self.tolerance
  }
  private static let tolerance = 0.05 + 1e-9

  /// Whether no coordinate differs by more than this, with a billionth more for what decimal fractions lose.
  func isNear(_ other: Rectangle, x: Double, y: Double) -> Bool {
    abs(x1 - other.x1) <= x + 1e-9 && abs(x2 - other.x2) <= x + 1e-9 && abs(y1 - other.y1) <= y + 1e-9
      && abs(y2 - other.y2) <= y + 1e-9
  }

  /// The pixels that it touches, left, top, right and bottom: the first two rounded down, the others up, within the
  /// image. A product within a millionth of a pixel of a whole number is that number.
  func pixels(width: Int, height: Int) -> (left: Int, top: Int, right: Int, bottom: Int) {
    func whole(_ value: Double) -> Double? {
      abs(value - value.rounded()) < 1e-6 ? value.rounded() : nil
    }
    func edge(_ fraction: Double, _ size: Int, _ rule: FloatingPointRoundingRule) -> Int {
      let value = fraction * Double(size)
      return min(max(Int(whole(value) ?? value.rounded(rule)), 0), size)
    }
    return (edge(x1, width, .down), edge(y1, height, .down), edge(x2, width, .up), edge(y2, height, .up))
  }
}
