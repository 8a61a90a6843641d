/// Smooth random fields (value noise on square lattices) in whole numbers, so that every machine gets the same ones.
struct DemoNoise {
  /// One layer: `amplitude` is the largest deviation from 0, the lattice's cells are `1 << shift` pixels wide.
  struct Octave {
    let shift: Int
    let amplitude: Int
  }

  /// From shapes as large as a face down to texture.
  static let texture = [
    Octave(shift: 7, amplitude: 420), Octave(shift: 6, amplitude: 260), Octave(shift: 5, amplitude: 150),
    Octave(shift: 4, amplitude: 90), Octave(shift: 2, amplitude: 45),
  ]
  /// Slow changes of colour.
  static let tint = [Octave(shift: 7, amplitude: 260), Octave(shift: 5, amplitude: 80)]

  /// The sum of some octaves for each pixel, row by row.
  static func field(width: Int, height: Int, octaves: [Octave], random: inout DemoRandom) -> [Int] {
    var field = [Int](repeating: 0, count: width * height)
    for octave in octaves { add(octave, to: &field, width: width, height: height, random: &random) }
    return field
  }

  private static func add(
    _ octave: Octave, to field: inout [Int], width: Int, height: Int, random: inout DemoRandom
  ) {
    let (shift, cell) = (octave.shift, 1 << octave.shift)
    let columns = (width >> shift) + 2
    let lattice = (0..<columns * ((height >> shift) + 2)).map { _ in
      random.pick(-octave.amplitude...octave.amplitude)
    }
    // 3t² − 2t³ of a cell's pixels, in 4096ths: no edges where cells meet.
    let weights = (0..<cell).map { step in
      let t = (step << 12) >> shift
      return scaled(scaled(t, t), 3 * 4_096 - 2 * t)
    }
    var line = [Int](repeating: 0, count: columns)
    field.withUnsafeMutableBufferPointer { field in
      for y in 0..<height {
        let above = (y >> shift) * columns
        for column in 0..<columns {
          line[column] = mix(
            lattice[above + column], lattice[above + columns + column], weights[y & (cell - 1)])
        }
        let start = y * width
        for x in 0..<width {
          let column = x >> shift
          field[start + x] += mix(line[column], line[column + 1], weights[x & (cell - 1)])
        }
      }
    }
  }

  /// `first` at weight 0, `second` at 4096.
  @inline(__always)
  static func mix(_ first: Int, _ second: Int, _ weight: Int) -> Int {
    first + scaled(second - first, weight)
  }

  /// `value` times `weight` in 4096ths, rounded down.
  @inline(__always)
  static func scaled(_ value: Int, _ weight: Int) -> Int { (value * weight) >> 12 }
}
