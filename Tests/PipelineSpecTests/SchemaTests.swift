import PipelineCore
import PipelineSpec
import Testing

@Suite struct SchemaTests {
  @Test func isDeterministic() {
    #expect(PipelineSchema.json(kinds: kinds) == PipelineSchema.json(kinds: kinds.reversed()))
    #expect(PipelineReference.markdown(kinds: kinds) == PipelineReference.markdown(kinds: kinds.reversed()))
    #expect(JSONDocument.parse(Array(PipelineSchema.json(kinds: kinds).utf8), path: "schema").1.isEmpty)
  }

  @Test func referenceHasEveryKeyAndSetting() {
    let text = PipelineReference.markdown(kinds: kinds)
    for name in [
      "version", "parameters", "pools", "finally", "minimum", "enum", "uses", "foreach", "maxFailures", "env",
      "backoff",
      "jitter", "unitsOf", "### `command`", "### `logs.extract`", "zone", "names",
    ] { #expect(text.contains(name), "\(name)") }
    #expect(text.contains("| `gap` | a duration"))
    #expect(text.contains("#### `oneOf`"))
    #expect(text.contains("| `rules` | a non-empty array of rules"))
    // A bar in a summary does not make a further column.
    #expect(text.contains("The level \\| of detail."))
    for line in text.split(separator: "\n") where line.hasPrefix("|") {
      #expect(line.replacing("\\|", with: "").count { $0 == "|" } == 5, "\(line)")
    }
  }

  /// Prints `yes` or `no` for each document by the schema of the first line.
  private static let program = """
    import json, sys
    from jsonschema import Draft202012Validator
    schema = json.loads(bytes.fromhex(sys.stdin.readline().strip()))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for line in sys.stdin:
        print('yes' if validator.is_valid(json.loads(bytes.fromhex(line.strip()))) else 'no')
    """

  private func verdicts(_ documents: [String]) throws -> [String] {
    let schema = Array(PipelineSchema.json(kinds: kinds).utf8)
    return try Judge.verdicts(Self.program, on: [schema] + documents.map { Array($0.utf8) })
  }

  @Test(
    .enabled(
      if: Judge.hasPython(module: "jsonschema"), "the Python package jsonschema is the judge of this test"))
  func acceptsWhatTheReaderAccepts() throws {
    let good = [
      completeFile, file(""), file(#""a": { "uses": "logs.extract", "with": {} }"#),
      file(#""a": { "uses": "logs.extract", "with": { "limit": 3.0 } }"#),
      file(
        #""a": { "uses": "logs.extract", "with": { "rules": [{ "kind": "range", "column": "x", "min": 1 }, { "kind": "oneOf", "values": [1, "a", true] }] } }"#
      ),
      file(
        #""a": { "uses": "${parameters.k}" }"#,
        #""parameters": { "k": { "type": "string", "default": "logs.extract" } },"#),
      file(
        #""a": { "uses": "command", "with": { "run": ["x"] }, "inputs": ["a/..b/*", ".x"], "outputs": ["ä/b c"] }"#
      ),
    ]
    for source in good {
      #expect(!Diagnostics(findings(source)).hasErrors, "\(Diagnostics(findings(source)))")
    }
    #expect(try verdicts(good) == good.map { _ in "yes" })
  }

  @Test(
    .enabled(
      if: Judge.hasPython(module: "jsonschema"), "the Python package jsonschema is the judge of this test"))
  func refusesWhatTheReaderRefuses() throws {
    let stages = [
      #""uses": "logs.extrct""#, #""needs": []"#, #""uses": "logs.extract", "need": []"#,
      #""uses": "logs.extract", "needs": "b""#, #""uses": "logs.extract", "needs": ["b", "b"]"#,
      #""uses": "logs.extract", "inputs": ["x"]"#, #""uses": "logs.extract", "foreach": { "files": "x" }"#,
      #""uses": "logs.extract", "timeout": 5"#, #""uses": "logs.extract", "timeout": "5 m""#,
      #""uses": "logs.extract", "retry": { "attempts": 0 }"#,
      #""uses": "logs.extract", "retry": { "tries": 1 }"#,
      #""uses": "logs.extract", "continueOnError": "yes""#, #""uses": "logs.extract", "env": { "A-B": "" }"#,
      #""uses": "logs.extract", "with": { "gpa": "1s" }"#,
      #""uses": "logs.extract", "with": { "limit": 101 }"#,
      #""uses": "logs.extract", "with": { "share": 1.5 }"#,
      #""uses": "logs.extract", "with": { "level": "x" }"#,
      #""uses": "logs.extract", "with": { "folder": "../x" }"#,
      #""uses": "logs.extract", "with": { "folder": "a//b" }"#,
      #""uses": "logs.extract", "with": { "folder": "a/" }"#,
      #""uses": "logs.extract", "with": { "names": { "a": [] } }"#,
      #""uses": "logs.extract", "with": { "rules": [] }"#,
      #""uses": "logs.extract", "with": { "rules": [{ "column": "x" }] }"#,
      #""uses": "logs.extract", "with": { "rules": [{ "kind": "rang" }] }"#,
      #""uses": "logs.extract", "with": { "rules": [{ "kind": "range" }] }"#,
      #""uses": "logs.extract", "with": { "rules": [{ "kind": "range", "column": "x", "values": [1] }] }"#,
      #""uses": "logs.extract", "with": { "rules": [{ "kind": "range", "column": "x", "min": 11 }] }"#,
      #""uses": "logs.extract", "with": { "rules": [{ "kind": "oneOf", "values": [null] }] }"#,
      #""uses": "command""#, #""uses": "command", "with": {}"#, #""uses": "command", "with": { "run": [] }"#,
      #""uses": "command", "with": { "run": ["x"] }, "inputs": ["/x"]"#,
      #""uses": "command", "with": { "run": ["x"] }, "foreach": {}"#,
      #""uses": "command", "with": { "run": ["x"] }, "foreach": { "files": "x", "values": ["x"] }"#,
      #""uses": "command", "with": { "run": ["x"] }, "foreach": { "range": [1] }"#,
      #""uses": "command", "with": { "run": ["x"] }, "foreach": { "days": "2025" }"#,
    ].map { file("\"a\": { \($0) }, \"b\": { \"uses\": \"logs.extract\" }") }
    let files = [
      "[]", "{}", #"{ "version": 2, "name": "p", "stages": {} }"#,
      #"{ "version": 1, "name": "p q", "stages": {} }"#,
      file("", #""stage": {},"#), file("", #""pools": { "cpu": 0 },"#),
      file("", #""parameters": { "x": { "type": "text" } },"#),
      file(#""-a": { "uses": "logs.extract" }"#),
    ]
    for source in stages + files { #expect(Diagnostics(findings(source)).hasErrors, "accepted: \(source)") }
    let bad = stages + files
    for (source, verdict) in zip(bad, try verdicts(bad)) {
      #expect(verdict == "no", "the schema accepts: \(source)")
    }
  }
}
