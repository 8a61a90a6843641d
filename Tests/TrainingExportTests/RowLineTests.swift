import DarkroomTesting
import FileSystem
import PipelineCore
import Testing
import TrainingData

@testable import TrainingExport

/// Lines that are taken apart in place give the bytes that the rows give; all others are left to the rows.
@Suite struct RowLineTests {
  private static let texts = [
    "", "a", "a,b", "\"", "\\", "\\\"", "line\nfeed\r\n\t", "é日本", "e\u{301}", "=1+1", "\u{7F}", "\u{1}",
    " a ",
    "null", "\u{10FFFF}", "{\"a\":[1]}",
  ]

  private var random = SeededRandom(seed: 71)

  private mutating func text() -> String {
    Self.texts[random.next(below: Self.texts.count)] + Self.texts[random.next(below: Self.texts.count)]
  }
  private mutating func number() -> Double {
    let numbers = [0, 1, 0.1, 1e-9, 1.5e300, Double.leastNonzeroMagnitude, 123_456.75, 1e16, -0.0, 1.0 / 3]
    return numbers[random.next(below: numbers.count)]
  }

  private mutating func selection() -> SelectionRow {
    var row = SelectionRow(
      project: text(), group: text(), lineage: text(), decision: random.chance(0.5) ? text() : nil,
      schemaVersion: 4, images: (0..<random.next(below: 3)).map { _ in text() }, action: .crop,
      exposure: .blind, decidedAt: text())
    row.confidence = random.chance(0.7) ? number() : nil
    row.recommendedCrop = random.chance(0.5) ? [number(), number()] : nil
    row.pickedIndex = random.chance(0.5) ? random.next(below: 1_000_000) : nil
    row.selectionMatch = random.chance(0.5) ? random.chance(0.5) : nil
    row.digests = random.chance(0.5) ? [text(), text()] : nil
    row.pickedImage = random.chance(0.5) ? text() : nil
    return row
  }

  private mutating func crop() -> CropRow {
    var row = CropRow(
      project: text(), group: text(), lineage: text(), crop: text(), schemaVersion: 3, image: text(),
      rectangle: [number(), number(), number(), number()], decidedAt: text(), exposure: .none)
    row.pixels = random.chance(0.5) ? [0, 1, 22, 333] : nil
    row.areaDifference = random.chance(0.5) ? -number() : nil
    row.session = random.chance(0.5) ? text() : nil
    return row
  }

  /// What both ways make of a line as CSV; `nil` where a way does not take it.
  private func csv<Row: TrainingRow>(_ type: Row.Type, _ line: [UInt8]) -> (fast: [UInt8]?, row: Row?) {
    var taken = RowLine(type)
    let fast = line.withUnsafeBytes { buffer -> [UInt8]? in
      guard taken.take(buffer) != nil else { return nil }
      var record: [UInt8] = []
      taken.appendRecord(buffer, to: &record)
      return record
    }
    // `try?`: whether it is a row is what is asked.
    return (fast, try? DatasetFiles.row(line, 1, "f"))
  }

  private func line<Row: TrainingRow>(_ row: Row) -> [UInt8] {
    var text = ""
    row.append(to: &text)
    return Array(text.utf8.dropLast())
  }

  @Test("Records are the rows' to the byte, and few lines are left to the rows")
  mutating func equal() throws {
    var left = 0
    func check<Row: TrainingRow>(_ row: Row) throws {
      let (fast, read) = csv(Row.self, line(row))
      #expect(read == row)
      guard let fast else { return left += 1 }
      #expect(fast == Array(CSVText.record(row.cells).utf8), "\(line(row))")
    }
    for _ in 0..<600 {
      try check(selection())
      try check(crop())
    }
    // Control characters, and numbers of three digits in the exponent.
    #expect(left > 30 && left < 1_080, "\(left)")
  }

  @Test("A damaged line is never taken, unless it is a sound one with other values")
  mutating func damaged() throws {
    var taken = 0
    for _ in 0..<5_000 {
      let row = selection()
      var bytes = line(row)
      let place = random.next(below: bytes.count)
      switch random.next(below: 3) {
      case 0: bytes[place] = UInt8(random.next(below: 256))
      case 1: bytes.remove(at: place)
      default: bytes.insert(bytes[random.next(below: bytes.count)], at: place)
      }
      let (fast, read) = csv(SelectionRow.self, bytes)
      guard let fast else { continue }
      taken += 1
      let found = try #require(read, "\(String(decoding: bytes, as: UTF8.self))")
      // A number that was not written as short as it can be keeps its digits.
      if line(found) == bytes { #expect(fast == Array(CSVText.record(found.cells).utf8)) }
    }
    #expect(taken > 50)
  }
}
