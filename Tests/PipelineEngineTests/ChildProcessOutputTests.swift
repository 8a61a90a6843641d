import Foundation
import Testing

@testable import PipelineEngine

@Suite struct ChildMessageTests {
  @Test(arguments: [
    ("::darkroom progress 10/100", ChildMessage.progress(done: 10, total: 100)),
    ("::darkroom progress 10", .progress(done: 10, total: nil)),
    ("::darkroom progress 0/0\r", .progress(done: 0, total: 0)),
    ("::darkroom counter rows=123", .counter(name: "rows", value: 123)),
    ("::darkroom counter a.b-c_D9=0", .counter(name: "a.b-c_D9", value: 0)),
  ])
  func understands(line: String, message: ChildMessage) {
    #expect(ChildMessage(line) == message)
  }

  @Test(arguments: [
    "", "darkroom progress 1/2", " ::darkroom progress 1/2", "::darkroom", "::darkroom progress",
    "::darkroom progress -1",
    "::darkroom progress 1/2/3", "::darkroom progress 3/2", "::darkroom progress 1/",
    "::darkroom progress +1",
    "::darkroom counter rows", "::darkroom counter =1", "::darkroom counter a b=1",
    "::darkroom counter rows=1.5",
    "::darkroom counter rows=99999999999999999999", "::darkroom counter ä=1", "::darkroom what 1",
  ])
  func refuses(line: String) { #expect(ChildMessage(line) == nil) }

  /// Pieces of any size give the messages that the lines give.
  @Test(arguments: 0..<200) func findsMessagesInPieces(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let lines = [
      "::darkroom progress 1/2", "::darkroom counter rows=7", "", "plain", "x ::darkroom progress 5/6",
      "::darkroom bad", "::dark", "::darkroom counter " + String(repeating: "a", count: 300) + "=1",
      String(repeating: "long", count: 200), "::darkroom progress 2",
    ]
    var text = ""
    for _ in 0..<Int.random(in: 0...30, using: &random) {
      text += (lines.randomElement(using: &random) ?? "") + "\n"
    }
    let expected = text.split(separator: "\n").filter { $0.utf8.count <= 256 }.compactMap { ChildMessage($0) }
    let misunderstood = text.split(separator: "\n").filter {
      $0.hasPrefix(ChildMessage.prefix) && ($0.utf8.count > 256 || ChildMessage($0) == nil)
    }
    var reader = ChildMessageReader()
    var found: [ChildMessage] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let piece = rest.prefix(
        Int.random(in: 1...([1, 5, 40, 2000].randomElement(using: &random) ?? 1), using: &random))
      rest = rest.dropFirst(piece.count)
      Array(piece).withUnsafeBytes { reader.read($0) { found.append($0) } }
    }
    #expect(found == expected)
    // A line that grows too long piece by piece is given up before its end, and then not counted.
    #expect(reader.misunderstood?.count ?? 0 <= misunderstood.count)
    #expect(misunderstood.filter { $0.utf8.count <= 256 }.count <= reader.misunderstood?.count ?? 0)
  }
}

@Suite struct ChildOutputTests {
  @Test(arguments: 0..<200) func keepsTheHeadAndTheTail(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let scratch = try ScratchDirectory()
    let limits = ChildOutput.Limits(
      head: Int.random(in: 0...50, using: &random), tail: Int.random(in: 0...50, using: &random))
    let total = Int.random(in: 0...200, using: &random)
    let bytes = (0..<total).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    var output = ChildOutput(path: scratch.log, limits: limits)
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int.random(in: 1...80, using: &random))
      rest = rest.dropFirst(piece.count)
      Array(piece).withUnsafeBytes { output.take($0) { _ in } }
    }
    output.finish()
    #expect(output.totalBytes == total)
    #expect(output.logError == nil)
    let dropped = max(0, total - limits.head - limits.tail)
    #expect(output.droppedBytes == dropped)
    guard total > 0 else {
      #expect(!FileManager.default.fileExists(atPath: scratch.log))
      return
    }
    let head = String(decoding: bytes.prefix(limits.head), as: UTF8.self)
    let tail = String(decoding: bytes.dropFirst(limits.head).suffix(limits.tail), as: UTF8.self)
    let log = try scratch.logText
    #expect(log.hasPrefix(head) && log.hasSuffix(tail))
    let middle = log.dropFirst(head.count).dropLast(tail.count)
    #expect(dropped == 0 ? middle.isEmpty : middle.contains(" \(dropped) bytes "))
  }

  @Test func theLastLinesAreFitForATerminal() throws {
    let scratch = try ScratchDirectory()
    var output = ChildOutput(path: scratch.log, limits: .init())
    var text = (0..<100).map { "line \($0)\r\n" }.joined()
    text += "\u{1B}[31mred\u{7F}\tend"
    text.withUTF8 { output.take(UnsafeRawBufferPointer($0)) { _ in } }
    let lines = output.lastLines()
    #expect(lines.count == 20)
    #expect(lines.first == "line 81")
    #expect(lines.last == "\u{FFFD}[31mred\u{FFFD}\tend")
  }
}
