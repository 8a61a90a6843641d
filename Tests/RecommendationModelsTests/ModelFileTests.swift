import PipelineCore
import RecommendationModels
import Testing

/// Files of models and of judgements that nobody can use.
@Suite struct ModelFileTests {
  private static func model(_ text: String) -> Diagnostic? {
    #expect(throws: Diagnostic.self) { try RecommendationModel(Array(text.utf8), path: "m.json") }
  }

  private static func history(_ text: String) -> Diagnostic? {
    #expect(throws: Diagnostic.self) { try JudgementHistory(Array(text.utf8), path: "j.json") }
  }

  @Test("Both kinds of files are refused alike: empty, torn, no object, without schema, of a newer version")
  func refused() throws {
    for (text, reason) in [
      ("", nil), ("{\"schema\":", nil), ("[]", "not an object"), ("{}", "schema is missing"),
      (#"{"schema":"recommendation_model_v2"}"#, "a newer Darkroom may have made it"),
      (#"{"schema":1}"#, "not a text"),
    ] {
      let errors = [try #require(Self.model(text)), try #require(Self.history(text))]
      #expect(errors.map(\.code) == ["model-unreadable", "judgements-unreadable"])
      for (error, path) in zip(errors, ["m.json", "j.json"]) {
        #expect(error.message.contains(path) && error.help != nil)
        if let reason { #expect(error.message.contains(reason), "\(error)") }
      }
    }
    #expect(Self.model("{\"schema\":")?.location?.path == "m.json")
    #expect(Self.history("{\"schema\":")?.location?.path == "j.json")
  }

  @Test("A model stands from its promotion until another one, or a person, takes its place")
  func standing() throws {
    var history = JudgementHistory()
    func add(_ candidate: String, promoted: Bool, comparison: String = "none") {
      history.append(
        .init(
          basis: Digest(of: "basis of \(candidate)"), candidate: Digest(of: candidate),
          comparison: comparison,
          isPromoted: promoted, groups: [], crops: []))
    }
    #expect(history.standing == nil)
    add("a", promoted: true)
    add("b", promoted: false)
    #expect(history.standing == Digest(of: "a") && history.knows(Digest(of: "b")))
    add("c", promoted: true)
    #expect(history.standing == Digest(of: "c"))
    add("a", promoted: false)
    #expect(history.standing == Digest(of: "c"), "a did not stand any more")
    // A person put a in the place of c, then c again, then none, and then b, which was never promoted.
    add("c", promoted: false, comparison: Digest(of: "a").hex)
    #expect(history.standing == Digest(of: "a"))
    add("a", promoted: false, comparison: Digest(of: "c").hex)
    #expect(history.standing == Digest(of: "c"))
    add("c", promoted: false)
    #expect(history.standing == nil)
    add("b", promoted: true, comparison: Digest(of: "b").hex)
    #expect(history.standing == Digest(of: "b") && history.entries.last?.isFound == true)
    #expect(history.entries.filter(\.isFound).count == 1)
    add("d", promoted: true)
    #expect(history.standing == Digest(of: "d"))
    #expect(try JudgementHistory(Array(history.text.utf8), path: "j.json") == history)

    // A repeated comparison is taken back, but a promotion only while its candidate is there.
    let basis = Digest(of: "basis of d")
    #expect(
      history.before(basis: basis, comparison: "none", present: Digest(of: "d")).standing == Digest(of: "b"))
    #expect(history.before(basis: basis, comparison: "none", present: nil) == history)
    #expect(history.before(basis: basis, comparison: "other", present: Digest(of: "d")) == history)
    add("e", promoted: false)
    let later = history.before(basis: Digest(of: "basis of e"), comparison: "none", present: nil)
    #expect(later.entries.count == history.entries.count - 1)
  }
}
