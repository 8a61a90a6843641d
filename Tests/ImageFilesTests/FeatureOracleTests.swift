import DarkroomTesting
import FileSystem
import ImageFiles
import Testing

/// The figures computed once more from their definitions, with no thought of speed.
private struct FeatureOracle {
  let width: Int
  let height: Int
  let pixels: [(red: Int, green: Int, blue: Int)]

  private func luma(_ x: Int, _ y: Int) -> Int {
    let (red, green, blue) = pixels[y * width + x]
    return (2126 * red + 7152 * green + 722 * blue + 5000) / 10000
  }

  /// The centre of the first window that differs most from the mean colour.
  var attention: (x: Double, y: Double) {
    let side = max(1, min(width, height) / 4)
    let planes: [(Int, Int) -> Int] = [
      luma,
      { x, y in
        let p = pixels[y * width + x]; return p.red - p.green
      },
      { x, y in
        let p = pixels[y * width + x]; return p.red + p.green - 2 * p.blue
      },
    ]
    var saliency = [Int](repeating: 0, count: width * height)
    for plane in planes {
      var total = 0
      for y in 0..<height { for x in 0..<width { total += plane(x, y) } }
      let mean = total * 9 / (width * height)
      for y in 0..<height {
        for x in 0..<width {
          var sum = 0
          for dy in -1...1 {
            for dx in -1...1 { sum += plane(min(max(x + dx, 0), width - 1), min(max(y + dy, 0), height - 1)) }
          }
          saliency[y * width + x] += (sum - mean) * (sum - mean)
        }
      }
    }
    var best = (sum: -1, x: 0, y: 0)
    for top in 0...height - side {
      for left in 0...width - side {
        var sum = 0
        for y in top..<top + side { for x in left..<left + side { sum += saliency[y * width + x] } }
        if sum > best.sum { best = (sum, left, top) }
      }
    }
    return (
      (Double(best.x) + Double(side) / 2) / Double(width),
      (Double(best.y) + Double(side) / 2) / Double(height)
    )
  }

  /// dHash: every pixel stands for 9 × 8 equal parts, of which each goes to its area whole.
  var hash: UInt64 {
    var areas = [Int](repeating: 0, count: 72)
    for part in 0..<8 * height {
      for across in 0..<9 * width {
        areas[part / height * 9 + across / width] += luma(across / 9, part / 8)
      }
    }
    return (0..<64).reduce(0) { hash, bit in
      let at = bit / 8 * 9 + bit % 8
      return hash << 1 | (areas[at] < areas[at + 1] ? 1 : 0)
    }
  }

  var sharpness: Double {
    var values: [Double] = []
    for y in 0..<height where y > 0 && y + 1 < height {
      for x in 0..<width where x > 0 && x + 1 < width {
        values.append(
          Double(luma(x - 1, y) + luma(x + 1, y) + luma(x, y - 1) + luma(x, y + 1) - 4 * luma(x, y)))
      }
    }
    guard !values.isEmpty else { return 0 }
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
  }
}

@Suite struct FeatureOracleTests {
  @Test("Figures are those of their definitions for images of every small size", arguments: 0..<4)
  func smallSizes(kind: Int) throws {
    let workspace = try TemporaryWorkspace()
    var random = SeededRandom(seed: UInt64(kind))
    let sizes = [1, 2, 3, 4, 5, 7, 8, 9, 10, 16, 17, 23, 40]
    for width in sizes {
      for height in sizes where (width + height) % 4 == kind {
        let isExtreme = random.chance(0.5)
        let bytes = (0..<width * height * 3).map { _ in
          isExtreme ? random.chance(0.5) ? UInt8(255) : 0 : UInt8(random.next(below: 256))
        }
        let path = "\(workspace.path)/\(width)x\(height).png"
        let raster = try #require(RGBRaster(width: width, height: height, bytes: bytes))
        try ImageFiles.create(path, pixels: raster)
        let pixels = (0..<width * height).map { at in
          (Int(bytes[3 * at]), Int(bytes[3 * at + 1]), Int(bytes[3 * at + 2]))
        }
        let oracle = FeatureOracle(width: width, height: height, pixels: pixels)
        let features = try ImageFiles.features(path)
        let attention = oracle.attention
        #expect(abs(features.attention.x - attention.x) < 1e-6, "\(path)")
        #expect(abs(features.attention.y - attention.y) < 1e-6, "\(path)")
        #expect(UInt64(features.perceptualHash, radix: 16) == oracle.hash, "\(path)")
        #expect(abs(features.sharpness - oracle.sharpness) < 1e-5 * max(1, oracle.sharpness), "\(path)")
      }
    }
  }
}
