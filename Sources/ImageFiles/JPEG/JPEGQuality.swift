/// The quality that JPEG tables stand for, on the scale of the Independent JPEG Group's encoder.
enum JPEGQuality {
  /// The lowest quality that a crop is encoded with.
  static let least = 95

  /// Tables K.1 (luminance) and K.2 (chrominance) of ITU-T T.81, whose sums over all 64 steps stand for them.
  private static let luminance = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17,
    22,
    29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87,
    103,
    121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
  ]
  private static let chrominance =
    [
      17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66,
      99,
      99, 99, 99, 99, 99,
    ] + Array(repeating: 99, count: 32)

  /// The least quality from ``least`` on whose steps are, in sum, not coarser than the source's: that of the source
  /// when its tables are the usual ones.
  static func matching(_ header: JPEGHeader) -> Int {
    let numbers = header.components.map(\.table)
    var pairs: [(standard: [Int], sum: Int)] = []
    if let first = numbers.first, let table = header.tables[first] {
      pairs.append((luminance, table.reduce(0, +)))
    }
    if numbers.count == 3, let table = header.tables[numbers[1]] {
      pairs.append((chrominance, table.reduce(0, +)))
    }
    let fitting = (least...100).first { quality in
      pairs.allSatisfy { scaledSum($0.standard, quality) <= $0.sum }
    }
    return fitting ?? 100
  }

  /// The sum of the steps that the encoder uses at a quality from 50 to 100.
  private static func scaledSum(_ table: [Int], _ quality: Int) -> Int {
    table.reduce(0) { $0 + min(255, max(1, ($1 * (200 - 2 * quality) + 50) / 100)) }
  }
}
