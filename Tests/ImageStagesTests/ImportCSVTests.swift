import DarkroomTesting
import Testing

@testable import ImageStages

@Suite("CSV records") struct ImportCSVTests {
  private func read(_ text: String) -> [CSVRecords.Record] { Array(CSVRecords(Array(text.utf8))) }

  private func texts(_ record: CSVRecords.Record) -> [String]? {
    guard case .success(let fields) = record.fields else { return nil }
    return fields.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func quotesCommasAndLineEndsWithinFields() {
    let records = read("a,\"b,\"\"c\"\"\",\r\n\"d\ne\",f,g\n\nlast")
    #expect(records.map(texts) == [["a", "b,\"c\"", ""], ["d\ne", "f", "g"], [""], ["last"]])
    #expect(records.map(\.line) == [1, 2, 4, 5])
    #expect(records.map(\.lines) == [1, 2, 1, 1])
  }

  @Test func anEmptyFileHasNoRecordAndAFinalLineEndMakesNone() {
    #expect(read("").isEmpty)
    #expect(read("a\r\n").count == 1)
  }

  @Test(arguments: ["a\"b", "\"a\"b", "a\rb", "\"never closed"])
  func aBadRecordCostsItsLineOnly(bad: String) {
    let records = read("x,y\n\(bad),z\nu,v\n")
    #expect(records.map(texts) == [["x", "y"], nil, ["u", "v"]])
    #expect(records.map(\.line) == [1, 2, 3])
  }

  @Test("What is written by the rules is read back, and the records are the whole file", arguments: 0..<200)
  func roundTrip(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let alphabet = Array("a,\"\n\r é")
    let rows: [[String]] = (0..<Int.random(in: 1...8, using: &random)).map { _ in
      (0..<Int.random(in: 1...4, using: &random)).map { _ in
        String(
          (0..<Int.random(in: 0...5, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a"
          })
      }
    }
    let text = rows.map { row in
      row.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
        + (Bool.random(using: &random) ? "\r\n" : "\n")
    }.joined()
    let records = read(text)
    #expect(records.map { texts($0)?.map { Array($0.utf8) } } == rows.map { $0.map { Array($0.utf8) } })
    expectWhole(records, text)
  }

  @Test("Any bytes are accounted for, line by line", arguments: 0..<200)
  func anyBytes(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let alphabet = Array("a,\"\n\r")
    let text = String((0..<60).map { _ in alphabet.randomElement(using: &random) ?? "a" })
    expectWhole(read(text), text)
  }

  private func expectWhole(_ records: [CSVRecords.Record], _ text: String) {
    var (position, line) = (0, 1)
    for record in records {
      #expect(record.range.lowerBound == position && record.range.upperBound > position)
      #expect(record.line == line)
      position = record.range.upperBound
      line += record.lines
    }
    #expect(position == text.utf8.count)
  }
}
