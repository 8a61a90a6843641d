import DarkroomTesting
import Foundation
import ImageCatalog
import PipelineCore
import Testing

@Suite struct CropRectangleTests {
  private func random(_ random: inout SeededRandom) throws -> CropRectangle {
    let x = [Double.random(in: 0...1, using: &random), Double.random(in: 0...1, using: &random)].sorted()
    let y = [Double.random(in: 0...1, using: &random), Double.random(in: 0...1, using: &random)].sorted()
    return try CropRectangle(x1: x[0], y1: y[0], x2: x[1], y2: y[1])
  }

  @Test(arguments: [
    ([0.5, 0, 0.5, 1], "x1"), ([0.6, 0, 0.5, 1], "x1"), ([0, 1, 1, 0], "y1"),
    ([-0.1, 0, 1, 1], "x1 is -0.1"),
    ([0, 0, 1.1, 1], "x2 is 1.1"), ([0, .nan, 1, 1], "y1 is nan"), ([0, 0, 1, .infinity], "y2 is inf"),
    ([0, 0, 1], "3 coordinates"),
  ]) func whatIsNoRectangleIsSaid(_ coordinates: [Double], _ words: String) throws {
    let error = #expect(throws: Diagnostic.self) { try CropRectangle(coordinates) }
    #expect(error?.code == "crop-rectangle")
    #expect(error?.message.contains(words) == true)
  }

  @Test func textsAreRead() throws {
    #expect(try CropRectangle.parse("0.1, 0.2,0.3 ,1") == CropRectangle(x1: 0.1, y1: 0.2, x2: 0.3, y2: 1))
    for text in ["", "0,0,1", "0,0,1,x", "0,0,1,1,", "0,0,,1", "nan,0,1,1"] {
      #expect(throws: Diagnostic.self) { try CropRectangle.parse(text) }
    }
    let rectangle = try CropRectangle(x1: 0, y1: 0.25, x2: 1, y2: 0.75)
    #expect(try CropRectangle.parse(rectangle.description) == rectangle)
    #expect(String(decoding: try JSONEncoder().encode(rectangle), as: UTF8.self) == "[0,0.25,1,0.75]")
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(CropRectangle.self, from: Data("[0,0,2,1]".utf8))
    }
    #expect(try CropRectangle([-0.0, 0, 1, 1]).json.canonical == "[0.0,0.0,1.0,1.0]")
  }

  @Test func pixelsCoverTheRectangleAndNoMoreThanNeeded() throws {
    var seeded = SeededRandom(seed: 21)
    for _ in 0..<2_000 {
      let rectangle = try random(&seeded)
      let (width, height) = (1 + seeded.next(below: 8_000), 1 + seeded.next(below: 8_000))
      let pixels = try rectangle.pixels(width: width, height: height, minimum: 1)
      #expect(pixels.left >= 0 && pixels.top >= 0)
      #expect(pixels.left + pixels.width <= width && pixels.top + pixels.height <= height)
      let exact = [rectangle.x1, rectangle.x2].map { $0 * Double(width) }
      #expect(Double(pixels.left) <= exact[0] + 1e-6 && exact[0] < Double(pixels.left + 1))
      let right = Double(pixels.left + pixels.width)
      #expect(right >= exact[1] - 1e-6 && right < exact[1] + 1)
    }
  }

  /// What a person drew on whole pixels comes back as those pixels, whatever the division lost.
  @Test func wholePixelsComeBack() throws {
    var seeded = SeededRandom(seed: 22)
    for _ in 0..<2_000 {
      let (width, height) = (2 + seeded.next(below: 10_000), 2 + seeded.next(below: 10_000))
      let left = seeded.next(below: width - 1)
      let top = seeded.next(below: height - 1)
      let drawn = PixelRectangle(
        left: left, top: top, width: 1 + seeded.next(below: width - left),
        height: 1 + seeded.next(below: height - top))
      let read = try CropRectangle.legacy(
        x1: Double(drawn.left), y1: Double(drawn.top), x2: Double(drawn.left + drawn.width),
        y2: Double(drawn.top + drawn.height), width: width, height: height)
      guard read.wasPixels else { continue }
      #expect(try read.rectangle.pixels(width: width, height: height, minimum: 1) == drawn)
    }
  }

  @Test func tooSmallIsAnError() throws {
    let rectangle = try CropRectangle(x1: 0, y1: 0, x2: 0.5, y2: 1)
    #expect(try rectangle.pixels(width: 128, height: 64).width == 64)
    let error = #expect(throws: Diagnostic.self) { try rectangle.pixels(width: 126, height: 64) }
    #expect(error?.code == "crop-too-small")
    #expect(error?.message.contains("63 × 64") == true)
    #expect(throws: Diagnostic.self) { try rectangle.pixels(width: 0, height: 10) }
  }

  @Test func overlapsKeepTheirLaws() throws {
    var seeded = SeededRandom(seed: 23)
    for _ in 0..<2_000 {
      let (a, b) = (try random(&seeded), try random(&seeded))
      let overlap = a.intersectionOverUnion(b)
      #expect((0...1).contains(overlap) && overlap == b.intersectionOverUnion(a))
      #expect(a.intersectionOverUnion(a) == 1 && a.centreDistance(a) == 0 && a.matches(a))
      #expect(a.areaDifference(b) == -b.areaDifference(a))
      #expect((0...2.0.squareRoot()).contains(a.centreDistance(b)))
      #expect(a.matches(b) == b.matches(a))
      #expect(a.matches(b) == zip(a.coordinates, b.coordinates).allSatisfy { abs($0 - $1) <= 0.05 })
    }
    let half = try CropRectangle(x1: 0, y1: 0, x2: 0.5, y2: 1)
    let all = try CropRectangle(x1: 0, y1: 0, x2: 1, y2: 1)
    #expect(half.intersectionOverUnion(all) == 0.5 && half.areaDifference(all) == -0.5)
    #expect(half.centreDistance(all) == 0.25)
    #expect(half.intersectionOverUnion(try CropRectangle(x1: 0.5, y1: 0, x2: 1, y2: 1)) == 0)
  }

  @Test func aTwentiethIsWithinTheTolerance() throws {
    for start in stride(from: 0.0, through: 0.5, by: 0.05) {
      let a = try CropRectangle(x1: start, y1: 0, x2: 1, y2: 1)
      #expect(a.matches(try CropRectangle(x1: start + 0.05, y1: 0, x2: 1, y2: 1)))
      #expect(!a.matches(try CropRectangle(x1: start + 0.0501, y1: 0, x2: 1, y2: 1)))
    }
  }

  @Test func pixelsOfOlderToolsAreRecognised() throws {
    let pixels = try CropRectangle.legacy(x1: 0, y1: 66, x2: 1_787, y2: 1_853, width: 3_072, height: 3_072)
    #expect(pixels.wasPixels && pixels.rectangle.y1 == 66.0 / 3_072)
    let fractions = try CropRectangle.legacy(x1: 0, y1: 0, x2: 1, y2: 1, width: nil, height: nil)
    #expect(!fractions.wasPixels)
    for (width, height) in [(nil, nil), (1_000, 3_000), (3_000, 1_000)] as [(Int?, Int?)] {
      #expect(throws: Diagnostic.self) {
        try CropRectangle.legacy(x1: 0, y1: 66, x2: 1_787, y2: 1_853, width: width, height: height)
      }
    }
    #expect(throws: Diagnostic.self) {
      try CropRectangle.legacy(x1: .nan, y1: 66, x2: 1_787, y2: 1_853, width: 3_072, height: 3_072)
    }
  }

  @Test(
    .enabled(
      if: SharedData.cropLog != nil,
      "there is no shared/data/real_crop_log.csv: set DARKROOM_SHARED_DATA to its folder"))
  func realRectanglesAreReadToThePixel() throws {
    let text = try String(contentsOfFile: try #require(SharedData.cropLog), encoding: .utf8)
    var count = 0
    for line in text.split(whereSeparator: \.isNewline).dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = cells[6...9].compactMap { Double($0) }
      let (width, height) = (try #require(Int(cells[13])), try #require(Int(cells[14])))
      let read = try CropRectangle.legacy(
        x1: numbers[0], y1: numbers[1], x2: numbers[2], y2: numbers[3], width: width, height: height)
      let pixels = try read.rectangle.pixels(width: width, height: height, minimum: 1)
      #expect(read.wasPixels)
      #expect([pixels.left, pixels.top].map(Double.init) == Array(numbers[..<2]))
      #expect(
        [pixels.left + pixels.width, pixels.top + pixels.height].map(Double.init) == Array(numbers[2...]))
      count += 1
    }
    #expect(count == 3_978)
  }
}
