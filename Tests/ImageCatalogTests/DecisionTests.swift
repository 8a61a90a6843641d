import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import Testing

@testable import ImageCatalog

@Suite struct DecisionTests {
  @Test func linesComeBack() throws {
    for decision in try Fixture.all() {
      let line = Array(decision.json.canonical.utf8)
      let read = try Decision(line: line, path: "inbox", number: 1)
      #expect(read == decision)
      #expect(read.json.canonical.utf8.elementsEqual(line))
      #expect(try JSONDecoder().decode(Decision.self, from: JSONEncoder().encode(decision)) == decision)
    }
    #expect(Set(try Fixture.all().map(\.id)).count == 10)
  }

  @Test func theIdIsTheContents() throws {
    let decision = try Fixture.decision(.override, image: "c.png", at: 5)
    var members = try #require(decision.json.objectValue)
    members["id"] = nil
    #expect(decision.id == Digest(of: JSONValue.object(members).canonical).hex.prefix(32))
    #expect(decision.id == (try Fixture.decision(.override, image: "c.png", at: 5)).id)
    #expect(decision.id != (try Fixture.decision(.override, image: "c.png", at: 6)).id)
  }

  /// Names in two normal forms are two names: neither equal, nor the one in place of the other.
  @Test func namesAreComparedByBytes() throws {
    let (one, two) = ("\u{e9}.png", "e\u{301}.png")
    func decision(_ image: String) throws -> Decision {
      try Decision(
        project: "p", group: Fixture.group, action: .override, image: image, actor: .human,
        images: [one, two],
        decidedAt: Fixture.time(1))
    }
    #expect(try decision(one) != decision(two))
    #expect(try !decision(one).isSameChoice(as: decision(two)))
    #expect(throws: Diagnostics.self) {
      try Decision(
        project: "p", group: Fixture.group, action: .override, image: one, actor: .human, images: [two],
        decidedAt: Fixture.time(1))
    }
  }

  @Test func contradictionsAreRefusedTogether() throws {
    let error = #expect(throws: Diagnostics.self) {
      try Decision(
        project: "../x", group: "g", action: .approve, image: "z.png", crop: Fixture.rectangle(),
        actor: .human,
        images: ["a/b.png", "c.png", "c.png"], shownAt: Fixture.time(9), decidedAt: Fixture.time(8),
        undoes: Fixture.group.rawValue)
    }
    let text = error?.items.map(\.message).joined(separator: "\n") ?? ""
    for words in [
      "../x cannot be", "g is no group id", "before it was shown", "occurs twice", "a/b.png is no name",
      "z.png is none of", "approve takes no rectangle", "approve needs a recommendation", "only undo takes",
    ] { #expect(text.contains(words), "\(words)") }
    let shown = try Fixture.recommendation()
    let bad: [() throws -> Decision] = [
      { try Fixture.decision(.approve, image: "a \u{e9}.png", recommendation: shown) },
      { try Fixture.decision(.acceptCrop, image: "b.png", recommendation: shown) },
      { try Fixture.decision(.acceptCrop, image: "b.png") },
      {
        try Fixture.decision(
          .acceptCrop, image: "b.png", crop: Fixture.rectangle(0),
          recommendation: Fixture.recommendation(crop: Fixture.rectangle()))
      },
      { try Fixture.decision(.reject, image: "b.png") }, { try Fixture.decision(.crop) },
      { try Fixture.decision(.undo) }, { try Fixture.decision(.undo, undoes: "x") },
      {
        try Fixture.decision(
          .override, image: "b.png",
          recommendation: Fixture.recommendation(group: GroupID(project: "p", folder: "", stems: [])))
      },
    ]
    for make in bad { #expect(throws: Diagnostics.self) { try make() } }
  }

  @Test func recommendationsAreChecked() throws {
    func make(_ index: Int, _ confidence: Double?, _ digests: [Digest]) throws -> Recommendation {
      try Recommendation(
        recommender: "r", version: "1", index: index, confidence: confidence, group: Fixture.group,
        images: Fixture.images, digests: digests)
    }
    #expect(throws: Diagnostics.self) { try make(3, nil, Fixture.digests) }
    #expect(throws: Diagnostics.self) { try make(-1, nil, Fixture.digests) }
    #expect(throws: Diagnostics.self) { try make(0, 1.5, Fixture.digests) }
    #expect(throws: Diagnostics.self) { try make(0, .nan, Fixture.digests) }
    #expect(throws: Diagnostics.self) { try make(0, 0.5, []) }
    let good = try make(0, 0.5, Fixture.digests)
    #expect(try Recommendation(Array(good.json.pretty.utf8), path: "r.json") == good)
    let lie = good.json.canonical.replacing("\"image\":\"a \u{e9}.png\"", with: "\"image\":\"b.png\"")
    let error = #expect(throws: Diagnostics.self) { try Recommendation(Array(lie.utf8), path: "r.json") }
    #expect(error?.items.first?.location?.path == "r.json")
  }

  @Test func badLinesSayWhere() throws {
    let good = try Fixture.decision(.override, image: "c.png").json
    func change(_ edit: (inout [String: JSONValue]) -> Void) -> String {
      var members = good.objectValue ?? [:]
      edit(&members)
      return JSONValue.object(members).canonical
    }
    let cases: [(String, String)] = [
      (change { $0["image"] = "b.png" }, "decision-altered"), (change { $0["extra"] = 1 }, "unknown-key"),
      (change { $0["action"] = "Approve" }, "record-type"), (change { $0["actor"] = nil }, "record-missing"),
      (change { $0["schema"] = "decision_v2" }, "decision-schema"),
      (change { $0["crop"] = [0, 0, 2, 1] }, "crop-rectangle"), (change { $0["crop"] = "x" }, "record-type"),
      (change { $0["images"] = ["c.png", 1] }, "record-type"), ("[]", "record-type"),
      ("{\"schema\":", "unexpected-end"), ("\u{feff}", ""), ("{\"id\":\"1\",\"id\":\"2\"}", "duplicate-key"),
      (change { $0["decidedAt"] = "2025-10-08 18:47:32" }, "decision-invalid"),
    ]
    for (line, code) in cases {
      let error = #expect(throws: Diagnostics.self) {
        try Decision(line: line.utf8, path: "data/review/inbox/p.jsonl", number: 7)
      }
      let items = error?.items ?? []
      #expect(!items.isEmpty && items.allSatisfy { $0.location?.line == 7 && $0.location?.column ?? 0 > 0 })
      if !code.isEmpty, code != "unexpected-end" {
        #expect(items.contains { $0.code == code }, "\(line) \(items)")
      }
    }
  }

  @Test(.enabled(if: Tool.hasPython("jsonschema"), "jsonschema is not there: scripts/setup --tests"))
  func theSchemaSaysTheSame() throws {
    let schema = "\(Tool.repository)/data/schema/decision_v1.schema.json"
    #expect(try String(contentsOfFile: schema, encoding: .utf8) == DecisionSchema.text)
    let good = try Fixture.all().map(\.json)
    func changed(_ index: Int, _ edit: (inout [String: JSONValue]) -> Void) -> JSONValue {
      var members = good[index].objectValue ?? [:]
      edit(&members)
      return .object(members)
    }
    // What the schema can say; that an image is one of images, or an id the content's, it cannot.
    var bad = (0..<good.count).flatMap { index in
      ["schema", "id", "project", "group", "action", "actor", "images", "decidedAt", "blind"].map { name in
        changed(index) { $0[name] = nil }
      } + [changed(index) { $0["extra"] = 1 }, changed(index) { $0["group"] = "g_x" }]
    }
    bad += [
      changed(0) { $0["image"] = nil }, changed(0) { $0["recommendation"] = nil },
      changed(7) { $0["image"] = "b.png" },
      changed(0) { $0["crop"] = [0, 0, 1, 1] }, changed(4) { $0["crop"] = [0, 0, 1] },
      changed(4) { $0["crop"] = [0, 0, 1, 1.5] }, changed(9) { $0["undoes"] = nil },
      changed(0) { $0["undoes"] = .string(String(repeating: "0", count: 32)) },
      changed(1) { $0["image"] = "a/b.png" }, changed(1) { $0["images"] = [] },
      changed(1) { $0["shownAt"] = "today" },
      changed(5) { members in
        var shown = members["recommendation"]?.objectValue ?? [:]
        shown["crop"] = nil
        members["recommendation"] = .object(shown)
      },
    ]
    let program = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      jsonschema.Draft202012Validator.check_schema(schema)
      judge = jsonschema.Draft202012Validator(schema)
      for line in sys.stdin:
          print(judge.is_valid(json.loads(line)))
      """
    let input = (good + bad).map(\.canonical).joined(separator: "\n")
    let verdicts = try Tool.python(program, [schema], input: input).split(separator: "\n")
    #expect(verdicts.count == good.count + bad.count)
    #expect(verdicts.prefix(good.count).allSatisfy { $0 == "True" })
    for (line, verdict) in zip(bad, verdicts.dropFirst(good.count)) {
      #expect(verdict == "False", "\(line.canonical)")
      #expect(throws: Diagnostics.self) { try Decision(line: line.canonical.utf8, path: "", number: 1) }
    }
  }

  @Test func timesAreRead() {
    #expect(UTCTime("1970-01-02T00:00:01.5Z")?.microseconds == 86_401_500_000)
    #expect(UTCTime(microseconds: -1).description == "1969-12-31T23:59:59.999999Z")
    for text in [
      "1970-01-01T00:00:00", "1970-01-01 00:00:00Z", "1970-01-01T24:00:00Z", "1970-02-30T00:00:00Z",
      "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.1234567890Z", "1970-01-01T00:00:00+00:00", "", "Z",
    ] { #expect(UTCTime(text) == nil, "\(text)") }
    var random = SeededRandom(seed: 2)
    for _ in 0..<2_000 {
      let time = UTCTime(
        microseconds: Int64.random(in: -60_000_000_000_000_000...200_000_000_000_000_000, using: &random))
      #expect(UTCTime(time.description) == time)
    }
    #expect(UTCTime(legacy: "2025-10-08 14:46:56")?.description == "2025-10-08T14:46:56.000000Z")
    #expect(UTCTime(legacy: "2025-10-08T14:46:56.5+02:00")?.description == "2025-10-08T12:46:56.500000Z")
    #expect(UTCTime(legacy: "2025-10-08T14:46:56-0130")?.description == "2025-10-08T16:16:56.000000Z")
    #expect(UTCTime(legacy: "yesterday") == nil && UTCTime(legacy: "2025-10-08") == nil)
  }
}
