import PipelineCore
import PipelineSpec
import Testing

@Suite struct PipelineReadingTests {
  @Test func objectsOfSeveralKindsGetTheirDefaults() throws {
    let source = file(
      #""a": { "uses": "logs.extract", "with": { "rules": [{ "column": "${parameters.c}", "kind": "range" }] } }"#,
      #""parameters": { "c": { "type": "string", "default": "x" } },"#)
    let rules = try pipeline(source).stages[0].settings["rules"]
    #expect(rules == [["kind": "range", "column": "x", "severity": "fail"]])
    let slip = findings(source.replacing("column\"", with: "colum\""))
    #expect(slip.contains { $0.help == "did you mean `column`?" }, "\(slip)")
  }

  @Test func completeFileIsRead() throws {
    let (pipeline, warnings) = try reader.read(Array(completeFile.utf8), path: "pipelines/nightly.json")
    #expect(warnings.isEmpty, "\(Diagnostics(warnings))")
    #expect(pipeline.name == "nightly")
    #expect(pipeline.description == "Everything – at once")
    #expect(pipeline.pools == ["cpu": 2])
    #expect(pipeline.stages.map(\.id.rawValue) == ["extract", "days", "each", "files", "values", "range"])
    #expect(pipeline.finally.map(\.id.rawValue) == ["report", "last"])
    #expect(pipeline.finally[0].needs == ["extract", "last"])
    #expect(pipeline.parameters["count"] == 3)
    #expect(pipeline.parameters["wait"] == "90s")
  }

  @Test func parametersAreTyped() throws {
    let stage = try pipeline(completeFile).stages[0]
    #expect(
      stage.settings == [
        "gap": "90s", "zone": "UTC", "level": "low", "limit": 3, "share": 0.5, "folder": "data/in",
        "names": ["a": [1, 3]],
      ])
    let days = try pipeline(completeFile, parameters: ["count": "7", "project": "a$${b}", "fast": "false"])
      .stages[1]
    #expect(days.maxFailures == 7)
    #expect(days.continueOnError == false)
    #expect(try pipeline(completeFile).stages.first { $0.id == "files" }?.after == ["each", "days"])
    #expect(days.environment == ["COUNT": "7", "UNIT": "${unit}"])
    #expect(days.settings["run"] == ["make", "a$${b}-7", "${unit}", "${staging}/x", "${HOME}"])
    #expect(days.timeout == .seconds(90))
    #expect(days.retry == Retry(attempts: 3, backoff: .seconds(2), maxBackoff: .seconds(60)))
    #expect(days.inputs == ["data/in/**/*.log"])
    #expect(
      days.location
        == PipelineCore.SourceLocation(
          path: "p.json", line: 27, column: 5, length: 6, pointer: "/stages/days"))
  }

  @Test func defaultsAreFilledIn() throws {
    let stages = try pipeline(file(#""a": { "uses": "logs.extract" }"#)).stages
    #expect(stages[0].settings == ["gap": "5m", "zone": "UTC", "limit": 10])
    #expect(stages[0].retry == Retry())
    #expect(stages[0].timeout == nil && stages[0].pool == nil && stages[0].maxFailures == nil)
    let long = try pipeline(file(#""a": { "uses": "logs.extract", "retry": { "backoff": "2m" } }"#)).stages[0]
    #expect(long.retry.maxBackoff == .seconds(120))
  }

  @Test func fanOut() throws {
    let stages = try pipeline(completeFile).stages
    let first = try #require(Day("2025-10-08"))
    let last = try #require(Day("2025-10-10"))
    #expect(
      stages.map(\.foreach) == [
        nil, .days(first...last), .units(of: "days"), .files("in/*.png"), .values(["a", "b"]),
        .range(1...100),
      ])
  }

  @Test func literalsSurviveExpansion() throws {
    let stage = try pipeline(
      file(
        #""a": { "uses": "command", "foreach": { "values": ["k"] }, "with": { "run": ["$${unit}", "${parameters.x}", "${unit}", "$x $$", "$${staging} $${y}"] } }"#,
        #""parameters": { "x": { "type": "string", "default": "${unit}" } },"#)
    ).stages[0]
    let texts = (stage.settings["run"]?.arrayValue ?? []).compactMap(\.stringValue)
    #expect(
      texts.map { UnitTemplate.expand($0, unit: "k", staging: "/s") }
        == ["${unit}", "${unit}", "k", "$x $$", "${staging} ${y}"])
    #expect(texts.map(UnitTemplate.usesUnit) == [false, false, true, false, false])
  }

  @Test func parameterValuesFromTheCommandLine() {
    let declaration = """
      "parameters": {
        «"n"»: { "type": "integer", "default": 1, "minimum": 0, "maximum": 5 }
      },
      """
    let stages = #""a": { "uses": "logs.extract", "with": { "limit": "${parameters.n}" } }"#
    expectFindings(["bad-parameter"], file(stages, declaration), parameters: ["n": "9"])
    expectFindings(["bad-parameter"], file(stages, declaration), parameters: ["n": "many"])
    let unknown = findings(MarkedSource(file(stages, declaration)).text, parameters: ["m": "1"])
    #expect(unknown.map(\.code) == ["unknown-parameter"])
    #expect(unknown.first?.location?.pointer == "/parameters")
    let needed = #""parameters": { «"n"»: { "type": "integer" } },"#
    expectFindings(["missing-parameter"], file(stages, needed))
    expectFindings(
      [], file(stages, #""parameters": { "n": { "type": "integer" } },"#), parameters: ["n": "2"])
    // In range as a parameter, and not as the setting that it becomes: told at the setting.
    let use = #""a": { "uses": "logs.extract", "with": { "limit": «"${parameters.n}"» } }"#
    expectFindings(
      ["bad-value"], file(use, #""parameters": { "n": { "type": "integer" } },"#), parameters: ["n": "0"])
  }

  @Test func typesOfParameters() {
    for (type, good, bad) in [
      ("integer", "-3", "3.5"), ("number", "1e3", "x"), ("boolean", "false", "no"),
      ("duration", "250ms", "5 m"),
      ("path", "a/b", "../b"), ("day", "2024-02-29", "2025-02-29"), ("timeZone", "UTC", "Nowhere/Land"),
      ("timeZone", "Europe/Berlin", "Europe"),
    ] {
      let stages = #""a": { "uses": "command", "with": { "run": ["${parameters.x}"] } }"#
      let source = file(stages, #""parameters": { "x": { "type": "\#(type)" } },"#)
      #expect(findings(source, parameters: ["x": good]).isEmpty, "\(type) \(good)")
      #expect(findings(source, parameters: ["x": bad]).map(\.code) == ["bad-parameter"], "\(type) \(bad)")
    }
  }

  @Test func durations() {
    for (text, duration) in [
      ("250ms", .milliseconds(250)), ("2s", .seconds(2)), ("5m", .seconds(300)), ("1h", .seconds(3_600)),
      ("7d", .seconds(604_800)), ("0s", .zero),
    ] as [(String, Duration)] {
      #expect(DurationText.duration(text) == duration)
      #expect(DurationText.text(duration) == text)
    }
    for text in ["", "5", "s", "-1s", "1.5h", "1 s", "1S", "9999999999s", "٣s"] {
      #expect(DurationText.duration(text) == nil, "\(text)")
    }
  }

  @Test func pathsThatLeadOutside() {
    for path in ["", "/etc/passwd", "..", "a/../b", "a//b", "./a", "a/.", "a/", "a\\u0000b", "a\\nb"] {
      let source = file(#""a": { "uses": "command", "with": { "run": ["x"] }, "inputs": [«"\#(path)"»] }"#)
      expectFindings(["bad-value"], source)
    }
    for path in ["a", "...", "a/..b", ".hidden/x", "a b/**/*.png", "ä"] {
      expectFindings(
        [], file(#""a": { "uses": "command", "with": { "run": ["x"] }, "inputs": ["\#(path)"] }"#))
    }
  }
}
