import CImageCodecs
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Computes the figures of an image from sums of whole numbers over its pixels, which are the same on every machine.
struct FeatureMeasurement {
  static let longestSide = 512

  private let figures: ci_figures
  private let width: Int
  private let height: Int
  /// The sides of the square that is looked for.
  private let side: Int

  /// - Parameter path: of the image, for the error when memory is short.
  init(_ raster: ImageRaster, path: String) throws(Diagnostic) {
    width = raster.width
    height = raster.height
    side = max(1, min(width, height) / 4)
    var pixels = ci_raster()
    pixels.pixels = raster.memory.base
    pixels.width = width
    pixels.height = height
    pixels.channels = raster.channels
    var figures = ci_figures()
    guard ci_measure(&pixels, side, &figures) == CI_OK else {
      throw ImageProblem.tooLarge.error(path, "needs more memory than the system gives")
    }
    self.figures = figures
  }

  /// All figures; `facts` are those of the full image.
  func features(_ facts: ImageFacts) -> ImageFeatures {
    let (rg, yb) = (figures.red_green, figures.yellow_blue)
    let spread = (rg.variance + yb.variance / 4).squareRoot()
    let offset = (rg.mean * rg.mean + yb.mean * yb.mean / 4).squareRoot()
    let histogram = withUnsafeBytes(of: figures.histogram) { $0.bindMemory(to: UInt32.self).map(Double.init) }
    let count = Double(figures.luma.count)
    return ImageFeatures(
      sharpness: Self.rounded(figures.laplacian.variance), exposure: Self.rounded(figures.luma.mean / 255),
      contrast: Self.rounded(figures.luma.variance.squareRoot() / 255),
      entropy: Self.rounded(Self.entropy(histogram, count)),
      colourfulness: Self.rounded(spread + 0.3 * offset),
      clippedShadows: Self.rounded(histogram[...2].reduce(0, +) / count),
      clippedHighlights: Self.rounded(histogram[253...].reduce(0, +) / count), attention: attention,
      perceptualHash: perceptualHash, width: facts.width, height: facts.height)
  }

  /// Hides the last digits, in which mathematical libraries differ.
  private static func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }

  private static func entropy(_ histogram: [Double], _ total: Double) -> Double {
    histogram.reduce(0) { sum, count in
      let share = count / total
      return count == 0 ? sum : sum - share * log2(share)
    }
  }

  private var attention: ImageFeatures.Point {
    ImageFeatures.Point(
      x: Self.rounded((Double(figures.window_left) + Double(side) / 2) / Double(width)),
      y: Self.rounded((Double(figures.window_top) + Double(side) / 2) / Double(height)))
  }

  private var perceptualHash: String {
    let areas = withUnsafeBytes(of: figures.areas) { Array($0.bindMemory(to: Int64.self)) }
    let across = Int(CI_AREAS_ACROSS)
    var hash: UInt64 = 0
    for y in 0..<Int(CI_AREAS_DOWN) {
      for x in 0..<across - 1 {
        hash = hash << 1 | (areas[across * y + x] < areas[across * y + x + 1] ? 1 : 0)
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension ci_moments {
  fileprivate var mean: Double { Double(sum) / Double(max(1, count)) }
  fileprivate var variance: Double {
    max(0, Double(squares) / Double(max(1, count)) - mean * mean)
  }
}
