#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Computes the figures of an image. All sums are of whole numbers, so that no order of adding changes them.
struct FeatureMeasurement {
  static let longestSide = 512

  private let width: Int
  private let height: Int
  /// Luma of 0 to 255, rounded.
  private let luma: [Int]
  /// R − G, −255 to 255.
  private let redGreen: [Int]
  /// R + G − 2 B, −510 to 510: twice the difference yellow − blue.
  private let yellowBlue: [Int]

  init(_ raster: ImageRaster) {
    width = raster.width
    height = raster.height
    let pixels = raster.memory.readable
    var luma: [Int] = []
    var redGreen: [Int] = []
    var yellowBlue: [Int] = []
    for start in stride(from: 0, to: pixels.count, by: raster.channels) {
      let (red, green, blue) = (Int(pixels[start]), Int(pixels[start + 1]), Int(pixels[start + 2]))
      luma.append((2126 * red + 7152 * green + 722 * blue + 5000) / 10000)
      redGreen.append(red - green)
      yellowBlue.append(red + green - 2 * blue)
    }
    self.luma = luma
    self.redGreen = redGreen
    self.yellowBlue = yellowBlue
  }

  /// All figures; `facts` are those of the full image.
  func features(_ facts: ImageFacts) -> ImageFeatures {
    let count = Double(luma.count)
    let brightness = Moments(luma)
    let (rg, yb) = (Moments(redGreen), Moments(yellowBlue))
    var histogram = [Int](repeating: 0, count: 256)
    for value in luma { histogram[value] += 1 }
    let spread = (rg.variance + yb.variance / 4).squareRoot()
    let offset = (rg.mean * rg.mean + yb.mean * yb.mean / 4).squareRoot()
    return ImageFeatures(
      sharpness: Self.rounded(sharpness), exposure: Self.rounded(brightness.mean / 255),
      contrast: Self.rounded(brightness.variance.squareRoot() / 255),
      entropy: Self.rounded(Self.entropy(histogram)), colourfulness: Self.rounded(spread + 0.3 * offset),
      clippedShadows: Self.rounded(Double(histogram[...2].reduce(0, +)) / count),
      clippedHighlights: Self.rounded(Double(histogram[253...].reduce(0, +)) / count), attention: attention,
      perceptualHash: perceptualHash, width: facts.width, height: facts.height)
  }

  /// Hides the last digits, in which mathematical libraries differ.
  private static func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }

  /// Mean and variance of whole numbers.
  private struct Moments {
    let mean: Double
    let variance: Double

    init(_ values: [Int]) {
      var (sum, squares) = (0, 0)
      for value in values {
        sum += value
        squares += value * value
      }
      let count = Double(max(1, values.count))
      mean = Double(sum) / count
      variance = max(0, Double(squares) / count - mean * mean)
    }
  }

  private var sharpness: Double {
    guard width >= 3, height >= 3 else { return 0 }
    var values: [Int] = []
    values.reserveCapacity((width - 2) * (height - 2))
    for y in 1..<height - 1 {
      for x in 1..<width - 1 {
        let at = y * width + x
        values.append(luma[at - width] + luma[at - 1] + luma[at + 1] + luma[at + width] - 4 * luma[at])
      }
    }
    return Moments(values).variance
  }

  private static func entropy(_ histogram: [Int]) -> Double {
    let total = Double(histogram.reduce(0, +))
    return histogram.reduce(0) { sum, count in
      let share = Double(count) / total
      return count == 0 ? sum : sum - share * log2(share)
    }
  }

  // MARK: Attention

  /// How much each pixel, blurred over 3 × 3, differs from the mean colour: squared distances as whole numbers.
  private var saliency: [Int] {
    var result = [Int](repeating: 0, count: luma.count)
    // Nine times the value, less nine times the mean.
    for plane in [luma, redGreen, yellowBlue] {
      let mean = plane.reduce(0, +) * 9 / max(1, plane.count)
      for y in 0..<height {
        for x in 0..<width {
          var sum = 0
          for row in [max(0, y - 1), y, min(height - 1, y + 1)] {
            for column in [max(0, x - 1), x, min(width - 1, x + 1)] { sum += plane[row * width + column] }
          }
          result[y * width + x] += (sum - mean) * (sum - mean)
        }
      }
    }
    return result
  }

  private var attention: ImageFeatures.Point {
    let side = max(1, min(width, height) / 4)
    // The sums over all pixels above and to the left.
    var sums = [Int](repeating: 0, count: (width + 1) * (height + 1))
    let saliency = self.saliency
    for y in 0..<height {
      var row = 0
      for x in 0..<width {
        row += saliency[y * width + x]
        sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row
      }
    }
    var best = (sum: -1, x: 0, y: 0)
    for y in 0...height - side {
      let (upper, lower) = (y * (width + 1), (y + side) * (width + 1))
      for x in 0...width - side {
        let sum = sums[lower + x + side] - sums[lower + x] - sums[upper + x + side] + sums[upper + x]
        if sum > best.sum { best = (sum, x, y) }
      }
    }
    return ImageFeatures.Point(
      x: Self.rounded((Double(best.x) + Double(side) / 2) / Double(width)),
      y: Self.rounded((Double(best.y) + Double(side) / 2) / Double(height)))
  }

  // MARK: Perceptual hash

  private var perceptualHash: String {
    let areas = averages(across: 9, down: 8)
    var hash: UInt64 = 0
    for y in 0..<8 {
      for x in 0..<8 { hash = hash << 1 | (areas[9 * y + x] < areas[9 * y + x + 1] ? 1 : 0) }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Luma summed over areas of equal size, each source pixel weighed by what lies in the area.
  private func averages(across: Int, down: Int) -> [Int] {
    var sums = [Int](repeating: 0, count: across * down)
    for y in 0..<height {
      for row in y * down / height...min(down - 1, ((y + 1) * down - 1) / height) {
        let high = min((y + 1) * down, (row + 1) * height) - max(y * down, row * height)
        for x in 0..<width {
          for column in x * across / width...min(across - 1, ((x + 1) * across - 1) / width) {
            let wide = min((x + 1) * across, (column + 1) * width) - max(x * across, column * width)
            sums[row * across + column] += luma[y * width + x] * high * wide
          }
        }
      }
    }
    return sums
  }
}
