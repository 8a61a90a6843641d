import ImageFiles

/// A picture in 12-bit samples, three for each pixel, and what production makes of it.
struct DemoPicture {
  let width: Int
  let height: Int
  /// About 0 to 4095; values outside are clipped when the picture is finished.
  let samples: [Int]

  /// The picture in another, larger size (bilinear).
  func enlarged(width newWidth: Int, height newHeight: Int) -> DemoPicture {
    let columns = (0..<newWidth).map { $0 * (width - 1) * 4_096 / max(1, newWidth - 1) }
    var enlarged = [Int](repeating: 0, count: 3 * newWidth * newHeight)
    var line = [Int](repeating: 0, count: 3 * width)
    enlarged.withUnsafeMutableBufferPointer { enlarged in
      for y in 0..<newHeight {
        let from = y * (height - 1) * 4_096 / max(1, newHeight - 1)
        let above = (from >> 12) * 3 * width
        let below = min(from >> 12 + 1, height - 1) * 3 * width
        for index in 0..<3 * width {
          line[index] = DemoNoise.mix(samples[above + index], samples[below + index], from & 4_095)
        }
        for x in 0..<newWidth {
          let left = 3 * (columns[x] >> 12)
          let right = min(left + 3, 3 * (width - 1))
          let weight = columns[x] & 4_095
          let target = 3 * (y * newWidth + x)
          enlarged[target] = DemoNoise.mix(line[left], line[right], weight)
          enlarged[target + 1] = DemoNoise.mix(line[left + 1], line[right + 1], weight)
          enlarged[target + 2] = DemoNoise.mix(line[left + 2], line[right + 2], weight)
        }
      }
    }
    return DemoPicture(width: newWidth, height: newHeight, samples: enlarged)
  }

  /// The picture with another contrast around its mean, in percent.
  func contrast(_ percent: Int) -> DemoPicture {
    let mean = samples.reduce(0, +) / max(1, samples.count)
    return DemoPicture(
      width: width, height: height, samples: samples.map { mean + ($0 - mean) * percent / 100 })
  }

  /// The pixels in 8 bits with grain, which also hides the steps of soft gradients; `nil` for an empty picture.
  func raster(random: inout DemoRandom) -> RGBRaster? {
    var bytes = [UInt8](repeating: 0, count: samples.count)
    bytes.withUnsafeMutableBufferPointer { bytes in
      var noise: UInt64 = 0
      for pixel in 0..<width * height {
        // Ten bits of one random number for each pixel; two halves make large grain rare.
        noise = pixel % 6 == 0 ? random.next() : noise >> 10
        let grain = Int(noise & 31) + Int(noise >> 5 & 31) - 31
        let index = 3 * pixel
        bytes[index] = Self.byte(samples[index] + grain)
        bytes[index + 1] = Self.byte(samples[index + 1] + grain)
        bytes[index + 2] = Self.byte(samples[index + 2] + grain)
      }
    }
    return RGBRaster(width: width, height: height, bytes: bytes)
  }

  @inline(__always)
  private static func byte(_ sample: Int) -> UInt8 {
    // In range after the clipping.
    UInt8(truncatingIfNeeded: min(max(sample, 0), 4_095) >> 4)
  }
}
