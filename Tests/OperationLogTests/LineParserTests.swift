import PipelineCore
import Testing

@testable import OperationLog

@Suite struct LineParserTests {
  private static let head = "\"type\":\"file_operation\",\"timestamp\":\"2025-10-10T08:52:07Z\""

  /// Parses a line and says why it is rejected; `nil` when it is accepted.
  private func reason(_ line: [UInt8]) throws -> QuarantineReason? {
    let parser = try LineParser()
    let padded = line + [UInt8](repeating: 0, count: LineParser.padding)
    return try padded.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return nil }
      switch try parser.parse(start, count: line.count) {
      case .record: return nil
      case .rejected(let reason, _): return reason
      }
    }
  }

  @Test(
    arguments: [
      ("{\(head)}", nil),
      ("  {\(head)} \t\r", nil),
      ("{\(head),\"script\":null,\"file_count\":null,\"files\":null,\"notes\":null,\"x\":null}", nil),
      ("{\(head),\"file_count\":2147483647}", nil),
      ("{\(head),\"actor\":\"somebody\"}", nil),
      ("", .malformedJSON),
      ("{", .malformedJSON),
      ("{\(head)", .malformedJSON),
      ("{\(head)}}", .malformedJSON),
      ("{\(head)} {}", .malformedJSON),
      ("{\(head),}", .malformedJSON),
      ("{\(head),\"x\":01}", .malformedJSON),
      ("{\(head),\"x\":NaN}", .malformedJSON),
      ("{\(head),\"x\":1e999}", .malformedJSON),
      ("{\(head),\"x\":99999999999999999999}", .malformedJSON),
      ("{\(head),\"x\":\"\t\"}", .malformedJSON),
      ("{\(head),\"x\":\"\\ud800\"}", .malformedJSON),
      ("{\(head),\"x\":tru}", .malformedJSON),
      ("plain text", .malformedJSON),
      ("[]", .notAnObject),
      ("1", .notAnObject),
      ("null", .notAnObject),
      ("\"text\"", .notAnObject),
      ("{\(head),\"script\":\"a\\u0000b\"}", .nulByte),
      ("{\(head),\"x\":{\"y\":[\"\\u0000\"]}}", .nulByte),
      ("{\(head),\"x\\u0000\":1}", .nulByte),
      ("{\(head),\"files\":[\"\\u0000\"]}", .nulByte),
      ("{\(head),\"type\":\"file_operation\"}", .duplicateKey),
      ("{\(head),\"notes\":null,\"notes\":null}", .duplicateKey),
      ("{\(head),\"x\":1,\"y\":2,\"x\":1}", .duplicateKey),
      ("{\(head),\"x\":{\"y\":1,\"y\":1}}", .duplicateKey),
      ("{}", .missingType),
      ("{\"timestamp\":\"2025-10-10T08:52:07Z\"}", .missingType),
      ("{\"type\":null,\"timestamp\":\"2025-10-10T08:52:07Z\"}", .missingType),
      ("{\"type\":\"file_operations\",\"timestamp\":\"2025-10-10T08:52:07Z\"}", .unknownType),
      ("{\"type\":\"\",\"timestamp\":\"2025-10-10T08:52:07Z\"}", .unknownType),
      ("{\"type\":\"session_end\"}", .badTimestamp),
      ("{\"type\":\"session_end\",\"timestamp\":null}", .badTimestamp),
      ("{\"type\":\"session_end\",\"timestamp\":\"yesterday\"}", .badTimestamp),
      ("{\"type\":\"session_end\",\"timestamp\":1760086327}", .wrongFieldType),
      ("{\"type\":5}", .wrongFieldType),
      ("{\(head),\"script\":1}", .wrongFieldType),
      ("{\(head),\"file_count\":-1}", .wrongFieldType),
      ("{\(head),\"file_count\":2147483648}", .wrongFieldType),
      ("{\(head),\"file_count\":1.0}", .wrongFieldType),
      ("{\(head),\"file_count\":\"1\"}", .wrongFieldType),
      ("{\(head),\"files\":\"a.png\"}", .wrongFieldType),
      ("{\(head),\"files\":[1]}", .wrongFieldType),
      ("{\(head),\"files_sample\":[null]}", .wrongFieldType),
    ] as [(String, QuarantineReason?)])
  func reasons(_ line: String, _ expected: QuarantineReason?) throws {
    #expect(try reason(Array(line.utf8)) == expected)
  }

  @Test func bytesThatAreNoText() throws {
    #expect(try reason(Array("{\(Self.head),\"x\":\"".utf8) + [0xFF] + Array("\"}".utf8)) == .badUTF8)
    #expect(try reason(Array("{\(Self.head),\"x\":\"".utf8) + [0xC0, 0x80] + Array("\"}".utf8)) == .badUTF8)
    // A surrogate in UTF-8.
    #expect(
      try reason(Array("{\(Self.head),\"x\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8)) == .badUTF8)
    #expect(try reason(Array("{\(Self.head),\"x\":\"".utf8) + [0] + Array("\"}".utf8)) == .nulByte)
    #expect(try reason(Array("{\(Self.head)}".utf8) + [0]) == .nulByte)
    #expect(try reason([0xFF, 0xFE, 0x7B]) == .badUTF8)
  }

  @Test func deepNesting() throws {
    let deep = { (depth: Int) in
      "{\(Self.head),\"x\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        + "}"
    }
    #expect(try reason(Array(deep(900).utf8)) == nil)
    #expect(try reason(Array(deep(100_000).utf8)) == .malformedJSON)
  }

  @Test func everyTypeIsKnown() throws {
    for type in EventType.allCases {
      #expect(
        try reason(Array("{\"type\":\"\(type.name)\",\"timestamp\":\"2025-10-10T08:52:07\"}".utf8)) == nil)
      #expect(String(describing: type.staticName) == type.name)
    }
  }
}
