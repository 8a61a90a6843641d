import PipelineCore
import PipelineSpec
import Testing

/// Agreement with Python's `json` on which texts are JSON, and on what they say.
@Suite struct JSONJudgeTests {
  /// Prints for each document `no`, or `yes` and its value: Python's reader, made as strict as ours by hooks.
  private static let program = """
    import json, sys
    def pairs(items):
        names = [k for k, _ in items]
        if len(set(names)) != len(names): raise ValueError('duplicate')
        return dict(items)
    def whole(text):
        value = int(text)
        if not -2**63 <= value < 2**63: raise ValueError('range')
        return value
    def real(text):
        value = float(text)
        if value in (float('inf'), float('-inf')): raise ValueError('range')
        return value
    def constant(text): raise ValueError(text)
    def depth(text):
        level = deepest = 0
        quoted = escaped = False
        for c in text:
            if quoted:
                if escaped: escaped = False
                elif c == '\\\\': escaped = True
                elif c == '"': quoted = False
            elif c == '"': quoted = True
            elif c in '[{':
                level += 1
                deepest = max(deepest, level)
            elif c in ']}': level -= 1
        return deepest
    def marked(v):
        if v is None: return ['null']
        if isinstance(v, bool): return ['bool', v]
        if isinstance(v, int): return ['int', str(v)]
        if isinstance(v, float): return ['float', str(int.from_bytes(__import__('struct').pack('>d', v), 'big'))]
        if isinstance(v, str): return ['text', v]
        if isinstance(v, list): return ['list', [marked(x) for x in v]]
        return ['map', [[k, marked(v[k])] for k in sorted(v, key=lambda k: k.encode())]]
    for line in sys.stdin:
        try:
            text = bytes.fromhex(line.strip()).decode('utf-8')
            if depth(text) > 64: raise ValueError('depth')
            value = json.loads(text, object_pairs_hook=pairs, parse_int=whole, parse_float=real,
                               parse_constant=constant)
            out = json.dumps(marked(value), ensure_ascii=False, separators=(',', ':'))
            out.encode('utf-8')
            print('yes', out.encode('utf-8').hex())
        except (ValueError, RecursionError):
            print('no')
    """

  /// The value in the form that the judge prints.
  private func marked(_ value: JSONValue) -> JSONValue {
    switch value {
    case .null: ["null"]
    case .bool(let value): ["bool", .bool(value)]
    case .integer(let value): ["int", .string(String(value))]
    case .number(let value): ["float", .string(String(value.bitPattern))]
    case .string(let value): ["text", .string(value)]
    case .array(let items): ["list", .array(items.map(marked))]
    case .object(let members):
      [
        "map",
        .array(
          members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { [.string($0.key), marked($0.value)] }),
      ]
    }
  }

  @Test(.enabled(if: Judge.hasPython(), "python3 is the judge of this test"))
  func agreesOnRandomTexts() throws {
    var generator = SeededGenerator(state: 42)
    var documents: [[UInt8]] = []
    for _ in 0..<4_000 {
      var bytes = Array(randomText(depth: 0, &generator).utf8)
      if Bool.random(using: &generator) { spoil(&bytes, &generator) }
      documents.append(bytes)
    }
    let verdicts = try Judge.verdicts(Self.program, on: documents)
    try #require(verdicts.count == documents.count)
    var accepted = 0
    for (bytes, verdict) in zip(documents, verdicts) {
      let (root, found) = JSONDocument.parse(bytes, path: "x.json")
      let text = String(decoding: bytes, as: UTF8.self)
      guard verdict != "no" else {
        #expect(!found.isEmpty, "accepted: \(text)")
        continue
      }
      accepted += 1
      #expect(found.isEmpty, "refused: \(text)")
      let value = try #require(root?.value)
      let decoded = try judged(verdict)
      #expect(marked(value) == decoded, "read differently: \(text)")
    }
    // Both outcomes have to occur often for the agreement to say anything.
    #expect(accepted > 1_000 && documents.count - accepted > 1_000)
  }

  /// The judge's value, read back from its hexadecimal bytes; its form has only texts, lists and booleans.
  private func judged(_ verdict: String) throws -> JSONValue {
    let digits = Array(verdict.dropFirst(4).utf8)
    let bytes = try stride(from: 0, to: digits.count, by: 2).map { index in
      try #require(UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16))
    }
    let (root, found) = JSONDocument.parse(bytes, path: "judge")
    guard found.isEmpty, let root else { throw Judge.Failure(status: 0) }
    return root.value
  }

  private func randomText(depth: Int, _ generator: inout SeededGenerator) -> String {
    let space = ["", "", " ", "\n", "\t", "\r\n"].randomElement(using: &generator) ?? ""
    let kind = Int.random(in: depth > 5 ? 0..<5 : 0..<8, using: &generator)
    switch kind {
    case 0: return space + (["null", "true", "false"].randomElement(using: &generator) ?? "null") + space
    case 1, 2: return space + number(&generator)
    case 3, 4: return string(&generator) + space
    case 5, 6:
      let items = (0..<Int.random(in: 0..<5, using: &generator)).map { _ in
        randomText(depth: depth + 1, &generator)
      }
      return "[" + items.joined(separator: ",") + space + "]"
    default:
      let members = (0..<Int.random(in: 0..<16, using: &generator)).map { _ in
        space + string(&generator) + ":" + randomText(depth: depth + 2, &generator)
      }
      return "{" + members.joined(separator: ",") + "}" + space
    }
  }

  private func number(_ generator: inout SeededGenerator) -> String {
    [
      "0", "-0", "1", "-17", "3.25", "1e5", "-2.5E-3", "9223372036854775807", "-9223372036854775808", "0.1",
      "9223372036854775808", "1e308", "1e309", "01", "1.", "-", "+1", "2.2250738585072014e-308", "4.9e-324",
      "1e-999",
      "123456789012345678901234567890", String(Int64.random(in: .min ... .max, using: &generator)),
      String(Double.random(in: -1e9...1e9, using: &generator)),
    ].prefix(Bool.random(using: &generator) ? 10 : 23).randomElement(using: &generator) ?? "0"
  }

  private func string(_ generator: inout SeededGenerator) -> String {
    let parts = [
      "a", "b", "ä", "€", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e9", "\\ud83d\\ude00", "$",
      "0123456789",
      "\u{7f}", "\u{2028}", "\\u0000",
    ]
    let count = Int.random(in: 0..<7, using: &generator)
    return "\"" + (0..<count).map { _ in parts.randomElement(using: &generator) ?? "" }.joined() + "\""
  }

  private func spoil(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    let at = Int.random(in: 0...bytes.count, using: &generator)
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "\u{1}", "\n", "//", "0", "\\ud800", "x", "\u{a0}", "NaN",
    ]
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: bytes.insert(contentsOf: Array((pieces.randomElement(using: &generator) ?? "").utf8), at: at)
    case 1: if at < bytes.count { bytes.remove(at: at) }
    case 2: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &generator) }
    default: bytes.removeSubrange(at...)
    }
  }
}
