import PipelineCore
import PipelineSpec
import Testing

@Suite struct GrammarErrorTests {
  @Test func keys() {
    let empty = findings("{}")
    #expect(empty.map(\.code) == ["missing-key", "missing-key", "missing-key"])
    #expect(empty.allSatisfy { place($0.location) == "1:1+1" && $0.location?.pointer == "" })
    expectFindings(["unknown-key"], file(#""a": { "uses": "logs.extract", «"need"»: [] }"#))
    expectFindings(["missing-key"], file(#""a": «{» }"#))
    expectFindings(["unknown-key"], file("", #"«"stage"»: {},"#))
    expectFindings(["wrong-type"], "«[»]")
    expectFindings(
      ["duplicate-key"], file(#""a": { "uses": "logs.extract" }, «"a"»: { "uses": "logs.extract" }"#))
  }

  @Test func suggestions() {
    for (source, help) in [
      (file(#""a": { "uses": "logs.extrct" }"#), "logs.extract"),
      (file(#""a": { "uses": "logs.extract", "depends_on": [] }"#), "needs"),
      (file(#""a": { "uses": "logs.extract", "continue-on-error": true }"#), "continueOnError"),
      (file(#""a": { "uses": "logs.extract", "with": { "gpa": "1s" } }"#), "gap"),
      (file(#""abc": { "uses": "logs.extract" }, "b": { "uses": "logs.extract", "needs": ["abd"] }"#), "abc"),
      (
        file(
          #""a": { "uses": "logs.extract", "with": { "gap": "${parameters.wat}" } }"#,
          #""parameters": { "wait": { "type": "duration", "default": "1s" } },"#), "wait"
      ),
      (file(#""a": { "uses": "logs.extract", "pool": "cpus" }"#, #""pools": { "cpu": 1 },"#), "cpu"),
    ] {
      let found = findings(source)
      #expect(found.count == 1)
      #expect(found.first?.help == "did you mean `\(help)`?", "\(Diagnostics(found))")
    }
  }

  @Test func versions() {
    expectFindings(["newer-version"], #"{ "version": «2», "jobs": [] }"#)
    expectFindings(
      ["unknown-version"], #"{ "version": «0», "name": "p", "stages": { "a": { "uses": "logs.extract" } } }"#)
    expectFindings(
      ["wrong-type"], #"{ "version": «"1"», "name": "p", "stages": { "a": { "uses": "logs.extract" } } }"#)
  }

  @Test(arguments: [
    (#""uses": «5»"#, "wrong-type"), (#""uses": «"nothing.like.it"»"#, "unknown-kind"),
    (#""uses": "logs.extract", "needs": «"b"»"#, "wrong-type"),
    (#""uses": "logs.extract", "needs": [«"zz"»]"#, "unknown-stage"),
    (#""uses": "logs.extract", "needs": [«"a"»]"#, "self-need"),
    (#""uses": "logs.extract", "needs": ["b", «"b"»]"#, "repeated-item"),
    (#""uses": "logs.extract", "needs": [«"end"»]"#, "needs-finally"),
    (#""uses": "logs.extract", "timeout": «5»"#, "wrong-type"),
    (#""uses": "logs.extract", "timeout": «"5 m"»"#, "bad-value"),
    (#""uses": "logs.extract", "timeout": «"0s"»"#, "bad-value"),
    (#""uses": "logs.extract", "pool": «"gpu"»"#, "unknown-pool"),
    (#""uses": "logs.extract", "maxFailures": «-1»"#, "bad-value"),
    (#""uses": "logs.extract", "continueOnError": «"yes"»"#, "wrong-type"),
    (#""uses": "logs.extract", "continueOnError": «"true"»"#, "wrong-type"),
    (#""uses": "logs.extract", "env": { «"A-B"»: "" }"#, "bad-name"),
    (#""uses": "logs.extract", "env": { "A": «1» }"#, "wrong-type"),
    (#""uses": "logs.extract", "retry": { "attempts": «0» }"#, "bad-value"),
    (#""uses": "logs.extract", "retry": «3»"#, "wrong-type"),
    (#""uses": "logs.extract", "retry": { "backoff": "9s", "maxBackoff": «"5s"» }"#, "bad-value"),
    (#""uses": "logs.extract", «"inputs"»: ["x"]"#, "unsuitable-key"),
    (#""uses": "logs.extract", «"outputs"»: ["x"]"#, "unsuitable-key"),
    (#""uses": "logs.extract", «"foreach"»: { "files": "x" }"#, "unsuitable-key"),
    (#""uses": "logs.extract", "with": «[»]"#, "wrong-type"),
    (#""uses": "logs.extract", "with": { "limit": «101» }"#, "bad-value"),
    (#""uses": "logs.extract", "with": { "limit": «1.5» }"#, "wrong-type"),
    (#""uses": "logs.extract", "with": { "share": «1.01» }"#, "bad-value"),
    (#""uses": "logs.extract", "with": { "level": «"middle"» }"#, "bad-value"),
    (#""uses": "logs.extract", "with": { "zone": «"Mars/Base"» }"#, "bad-value"),
    (#""uses": "logs.extract", "with": { "folder": «"/etc"» }"#, "bad-value"),
    (#""uses": "logs.extract", "with": { "names": { "a": «[»] } }"#, "too-few-items"),
    (#""uses": "logs.extract", "with": { "names": { "a": [1, «10»] } }"#, "bad-value"),
    (#""uses": "logs.extract", "with": { "names": { "a": [«null»] } }"#, "wrong-type"),
    (#""uses": "logs.extract", "with": { "rules": «[»] }"#, "too-few-items"),
    (#""uses": "logs.extract", "with": { "rules": [«3»] }"#, "wrong-type"),
    (#""uses": "logs.extract", "with": { "rules": [«{» "column": "x" }] }"#, "missing-key"),
    (#""uses": "logs.extract", "with": { "rules": [{ "kind": «"rang"» }] }"#, "bad-value"),
    (#""uses": "logs.extract", "with": { "rules": [«{» "kind": "range" }] }"#, "missing-key"),
    (
      #""uses": "logs.extract", "with": { "rules": [{ "kind": "range", "column": "x", «"mim"»: 1 }] }"#,
      "unknown-key"
    ),
    (
      #""uses": "logs.extract", "with": { "rules": [{ "kind": "range", "column": "x", "min": «11» }] }"#,
      "bad-value"
    ),
    (
      #""uses": "logs.extract", "with": { "rules": [{ "kind": "oneOf", "values": [«null»] }] }"#, "wrong-type"
    ),
    (#""uses": "command", "with": «{» }"#, "missing-setting"),
    (#""uses": "command", "with": { "run": ["x"], «"rum"»: 1 }"#, "unknown-setting"),
    (#""uses": "command", "with": { "run": [«"${unit}"»] }"#, "bad-placeholder"),
    (#""uses": "command", "with": { "run": [«"${HOME}"»] }"#, "bad-placeholder"),
    (#""uses": "command", "with": { "run": [«"${unit"»] }"#, "bad-placeholder"),
    (#""uses": "logs.extract", "timeout": «"${staging}"»"#, "bad-placeholder"),
    (#""uses": "logs.extract", "with": { "level": «"${unit}"» }"#, "bad-placeholder"),
    (#""uses": "command", "with": { "run": ["x"] }, "outputs": [«"a/*"»]"#, "bad-value"),
    (#""uses": "command", "with": { "run": ["x"] }, "outputs": [«"data/state/x"»]"#, "reserved-path"),
    (#""uses": "command", "with": { "run": ["x"] }, "outputs": [«"data"»]"#, "reserved-path"),
    (#""uses": "command", "with": { "run": ["x"] }, "foreach": «{» }"#, "bad-foreach"),
    (
      #""uses": "command", "with": { "run": ["x"] }, "foreach": «{» "files": "x", "values": ["x"] }"#,
      "bad-foreach"
    ),
    (
      #""uses": "command", "with": { "run": ["x"] }, "foreach": { "days": «"2025-10-09..2025-10-08"» }"#,
      "bad-value"
    ),
    (#""uses": "command", "with": { "run": ["x"] }, "foreach": { "range": «[»2, 1] }"#, "bad-value"),
    (#""uses": "command", "with": { "run": ["x"] }, "foreach": { "range": «[»1] }"#, "wrong-type"),
    (#""uses": "command", "with": { "run": ["x"] }, "foreach": { "values": ["x", «"x"»] }"#, "repeated-item"),
    (#""uses": "command", "with": { "run": ["x"] }, "foreach": { "values": [«"../x"»] }"#, "bad-value"),
    (#""uses": "command", "with": { "run": ["x"] }, "foreach": { "unitsOf": «"b"» }"#, "missing-need"),
    (
      #""uses": "command", "with": { "run": ["x"] }, "foreach": { "range": [1, 2] }, "outputs": [«"x"»]"#,
      "output-without-unit"
    ),
  ])
  func stages(_ body: String, _ code: String) {
    let source = """
      {
        "version": 1, "name": "p", "pools": { "cpu": 1 },
        "stages": { "a": {
          \(body)
        }, "b": { "uses": "logs.extract" } },
        "finally": { "end": { "uses": "logs.extract" } }
      }
      """
    expectFindings([code], source)
  }

  @Test func otherTopLevelErrors() {
    let stage = #""a": { "uses": "logs.extract" }"#
    expectFindings(["bad-value"], file(stage, #""pools": { "cpu": «0» },"#))
    expectFindings(["bad-name"], file(stage, #""pools": { «"c p"»: 1 },"#))
    expectFindings(["bad-name"], file(#"«"-a"»: { "uses": "logs.extract" }"#))
    expectFindings(
      ["bad-name"], file(#"«"\#(String(repeating: "a", count: 65))"»: { "uses": "logs.extract" }"#))
    expectFindings(["wrong-type"], file(#""a": «null»"#))
    expectFindings(["repeated-stage"], file(stage, #""finally": { «"a"»: { "uses": "logs.extract" } },"#))
    expectFindings(
      ["unsuitable-key"],
      file(stage, #""parameters": { "x": { "type": "path", "default": "a", "minimum": «"b"» } },"#))
    expectFindings(
      ["bad-value"],
      file(
        stage, #""parameters": { "x": { "type": "integer", "default": 1, "minimum": «2», "maximum": 1 } },"#))
    expectFindings(
      ["bad-value"],
      file(stage, #""parameters": { "x": { "type": "string", "default": «"c"», "enum": ["a", "b"] } },"#))
    expectFindings(
      ["unused-parameter"], file(stage, #""parameters": { «"x"»: { "type": "string", "default": "c" } },"#))
    expectFindings(["no-stages"], "«{»\"version\": 1, \"name\": \"p\", \"stages\": {}}")
  }

  @Test func cyclesArePrintedWithEveryPlace() {
    let source = MarkedSource(
      """
      { "version": 1, "name": "p", "stages": {
        "free": { "uses": "logs.extract" },
        "a": { "uses": "logs.extract", "needs": ["free", «"b"»] },
        "b": { "uses": "logs.extract", "needs": [«"c"»] },
        "c": { "uses": "logs.extract", "needs": [«"a"»] },
        "after": { "uses": "logs.extract", "needs": ["c"] },
        "x": { "uses": "logs.extract", "needs": [«"y"»] },
        "y": { "uses": "logs.extract", "needs": [«"x"»] } } }
      """)
    let found = findings(source.text)
    #expect(found.map(\.code) == ["cycle", "cycle"])
    #expect(found[0].message.hasSuffix("a → b → c → a"))
    #expect(found[1].message.hasSuffix("x → y → x"))
    let places = found.flatMap { [place($0.location)] + $0.notes.map { place($0.location) } }
    #expect(places == source.places)
  }

  @Test func longCycleDoesNotOverflow() {
    let stages = (0..<5_000).map {
      "\"s\($0)\": { \"uses\": \"logs.extract\", \"needs\": [\"s\(($0 + 1) % 5_000)\"] }"
    }
    #expect(findings(file(stages.joined(separator: ",\n"))).map(\.code) == ["cycle"])
  }

  @Test func thousandsOfErrorsAreCounted() {
    let stages = (0..<1_100).map {
      "\"stage-\($0)\": { \"uses\": \"logs.extract\", \"needs\": [\"stagg-\($0)\"] }"
    }
    let found = findings(file(stages.joined(separator: ",\n")))
    #expect(found.count == 1_001)
    #expect(found.first?.help == "did you mean `stage-0`?")
    #expect(found.last?.code == "too-many-findings")
    #expect(found.last?.message.contains("100 more") == true)
  }

  @Test func outputsThatClashNameBothPlaces() {
    let source = MarkedSource(
      """
      { "version": 1, "name": "p", "stages": {
        "a": { "uses": "command", "with": { "run": ["x"] }, "outputs": ["o/x", «"in/deep/er"»] },
        "b": { "uses": "command", "with": { "run": ["x"] }, "outputs": [«"o/x"», "o/xy"] },
        "c": { "uses": "command", "with": { "run": ["x"] }, "outputs": ["in"] } } }
      """)
    let found = findings(source.text)
    #expect(found.map(\.code) == ["output-clash", "output-clash"])
    #expect(found.map { place($0.location) } == source.places)
    #expect(
      found.compactMap { $0.notes.first?.location?.pointer } == [
        "/stages/c/outputs/0", "/stages/a/outputs/0",
      ])
  }

  @Test func aDirectoryOfOutputsEndsWithASlash() {
    func stage(_ path: String) -> String {
      #"{ "uses": "command", "with": { "run": ["x"] }, "outputs": ["\#(path)"] }"#
    }
    func codes(_ a: String, _ b: String) -> [String] {
      findings(#"{ "version": 1, "name": "t", "stages": { "a": \#(stage(a)), "b": \#(stage(b)) } }"#).map(
        \.code)
    }
    #expect(codes("out/a/", "out/b") == [])
    #expect(codes("out/a/", "out/a") == ["output-clash"])
    #expect(codes("out/", "out/a") == ["output-clash"])
    #expect(codes("out//", "data/") == ["bad-value", "reserved-path"])
  }

  @Test func everythingAtOnceInTheOrderOfTheText() {
    let found = findings(
      """
      { "version": 1, "name": "p q", // why
        "pools": { "cpu": "two" },
        "stages": {
          "a": { "uses": "logs.extract", "needs": ["b"], "timeout": 1, },
          "b": { "uses": "logs.extrakt", "needs": ["a", "a2"] } } }
      """)
    #expect(
      found.map(\.code) == [
        "bad-value", "comment", "wrong-type", "cycle", "wrong-type", "trailing-comma", "unknown-kind",
        "unknown-stage",
      ])
    let places = found.compactMap { $0.location.map { [$0.line, $0.column] } }
    #expect(places == places.sorted { $0.lexicographicallyPrecedes($1) })
    #expect(found.allSatisfy { $0.location?.lineText != nil })
  }
}
