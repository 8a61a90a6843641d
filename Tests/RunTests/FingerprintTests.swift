import DarkroomTesting
import PipelineCore
import PipelineEngine
import Testing

@Suite struct FingerprintTests {
  /// Texts that look like the encoding itself, so that a missing delimiter shows.
  private static let texts = [
    "", "a", "b", "ab", "1:1:ab", "0:", ":", "1", "\n", "\r\n", "\"", "\\", "\u{0}", "é", "e\u{301}", "日本",
    "a:b",
    "\u{1F}\u{2028}", "input:a", "😀",
  ]

  private func parts(_ random: inout SeededRandom) -> [Fingerprint.Component] {
    var byName: [String: String] = [:]
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      let name = (0..<2).map { _ in Self.texts.randomElement(using: &random) ?? "" }.joined()
      byName[name] = (0..<2).map { _ in Self.texts.randomElement(using: &random) ?? "" }.joined()
    }
    return byName.map { .init(name: $0.key, value: $0.value) }
  }

  private static func bytes(_ parts: [Fingerprint.Component]) -> [[[UInt8]]] {
    parts.map { [Array($0.name.utf8), Array($0.value.utf8)] }.sorted {
      $0[0].lexicographicallyPrecedes($1[0])
    }
  }

  @Test("Different parts have different digests, equal parts equal ones in any order")
  func injective() {
    var random = SeededRandom(seed: 1)
    var seen: [Digest: [[[UInt8]]]] = [:]
    for _ in 0..<4_000 {
      let made = parts(&random)
      let fingerprint = Fingerprint(made)
      #expect(Fingerprint(made.shuffled(using: &random)).digest == fingerprint.digest)
      if let other = seen.updateValue(Self.bytes(made), forKey: fingerprint.digest) {
        #expect(other == Self.bytes(made))
      }
    }
    #expect(seen.count > 2_000)
  }

  @Test("Names that differ only in their Unicode spelling are two names")
  func unicodeSpellings() {
    let composed = Fingerprint.Component(name: "input:\u{E9}", value: "1")
    let decomposed = Fingerprint.Component(name: "input:e\u{301}", value: "2")
    #expect(Fingerprint([composed, decomposed]).digest == Fingerprint([decomposed, composed]).digest)
    let changes = Fingerprint([decomposed]).changes(since: Fingerprint([composed]))
    #expect(changes.count == 2)
  }

  @Test("changes(since:) is the difference of two dictionaries")
  func changes() {
    var random = SeededRandom(seed: 2)
    for _ in 0..<3_000 {
      let before = parts(&random)
      var after = before.filter { _ in random.chance(0.7) }
      after = after.map { random.chance(0.3) ? .init(name: $0.name, value: $0.value + "!") : $0 }
      for part in parts(&random) where !after.contains(where: { $0.name.utf8.elementsEqual(part.name.utf8) })
      { after.append(part) }
      let found = Fingerprint(after.shuffled(using: &random)).changes(since: Fingerprint(before))
      #expect(Set(found.map { Self.text($0).map { Array($0.utf8) } }) == Self.naive(before, after))
      #expect(found.count == Self.naive(before, after).count)
      let names = found.map(Self.name)
      #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }
  }

  private static func naive(
    _ before: [Fingerprint.Component], _ after: [Fingerprint.Component]
  ) -> Set<[[UInt8]]> {
    // Keyed by bytes: a dictionary of strings takes two Unicode spellings for one key.
    let old = Dictionary(uniqueKeysWithValues: before.map { (Array($0.name.utf8), Array($0.value.utf8)) })
    let new = Dictionary(uniqueKeysWithValues: after.map { (Array($0.name.utf8), Array($0.value.utf8)) })
    var changes: Set<[[UInt8]]> = []
    for name in Set(old.keys).union(new.keys) where old[name] != new[name] {
      changes.insert([name, old[name] ?? Array("-".utf8), new[name] ?? Array("-".utf8)])
    }
    return changes
  }

  private static func text(_ change: Fingerprint.Change) -> [String] {
    switch change {
    case .added(let name, let value): [name, "-", value]
    case .removed(let name, let value): [name, value, "-"]
    case .changed(let name, let before, let after): [name, before, after]
    }
  }

  private static func name(_ change: Fingerprint.Change) -> String { text(change)[0] }

  @Test("Stored components come back as they were")
  func storedComponents() {
    var random = SeededRandom(seed: 4)
    for _ in 0..<2_000 {
      let fingerprint = Fingerprint(parts(&random))
      let stored = FingerprintComponents.encoded(FingerprintComponents.parts(fingerprint.components).encoded)
      #expect(Self.bytes(stored.parts) == Self.bytes(fingerprint.components))
      #expect(Fingerprint(stored.parts).digest == fingerprint.digest)
    }
  }

  @Test("A unit key is its bytes: equality, hash and order agree")
  func unitKeys() {
    let composed = UnitKey("\u{E9}")
    let decomposed = UnitKey("e\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
    #expect(decomposed < composed)
  }

  @Test("File names of keys are safe, short and unlike each other")
  func fileNames() {
    let keys = [
      "", "_", ".", "..", "a/b", "a%2fb", "a b", "-", "~", "\u{0}", "é", "e\u{301}", "a.b",
      String(repeating: "x", count: 300), String(repeating: "x", count: 301),
      String(repeating: "é", count: 90),
    ].map { UnitKey($0) }
    let names = keys.map(\.fileName)
    #expect(Set(names).count == keys.count)
    for name in names {
      #expect(name.utf8.count <= 120 && !name.isEmpty && name != "." && name != "..")
      #expect(!name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 || $0 >= 0x80 })
    }
  }
}

@Suite struct PlannerTests {
  @Test("A verdict gives every reason there is, and up to date only without any")
  func verdicts() {
    let fingerprint = Fingerprint([.init(name: "kind", value: "k@1"), .init(name: "input:a", value: "1")])
    let other = Fingerprint([.init(name: "kind", value: "k@1"), .init(name: "input:a", value: "2")])
    let checkpoint = Checkpoint(
      unit: UnitID(stage: "s", key: "u"), fingerprint: fingerprint.digest,
      components: .parts(fingerprint.components), outputs: [], counters: [:], run: RunID(1), artifact: nil)
    for now in [fingerprint, other, nil] {
      for kept in [checkpoint, nil] {
        for outputs in [OutputState.intact, .missing(path: "o"), .altered(path: "o")] {
          for isForced in [false, true] {
            let missing = now == nil ? "a" : nil
            var expected: [RunReason] = []
            if now == nil { expected.append(.inputMissing(path: "a")) }
            if isForced { expected.append(.forced) }
            if kept == nil {
              expected.append(.neverRan)
            } else {
              if now == other {
                expected.append(.changed([.changed(name: "input:a", before: "1", after: "2")]))
              }
              switch outputs {
              case .intact: break
              case .missing: expected.append(.outputMissing(path: "o"))
              case .altered: expected.append(.outputAltered(path: "o"))
              }
            }
            let verdict = Planner.verdict(
              fingerprint: now, checkpoint: kept, outputs: outputs, missingInput: missing, isForced: isForced)
            #expect(verdict == (expected.isEmpty ? .upToDate : .run(expected)))
          }
        }
      }
    }
  }

  @Test("The digest of outputs depends on names and bytes, not on order, place or count of records")
  func outputDigest() {
    let a = OutputFile(name: "a", path: "x/1/a", digest: Digest(of: "1"), bytes: 1, rows: 1)
    let moved = OutputFile(name: "a", path: "x/2/a", digest: Digest(of: "1"), bytes: 1)
    let b = OutputFile(name: "b", path: "x/1/b", digest: Digest(of: "2"), bytes: 1)
    let swapped = OutputFile(name: "b", path: "x/1/b", digest: Digest(of: "1"), bytes: 1)
    #expect(Checkpoint.outputDigest(of: [a, b]) == Checkpoint.outputDigest(of: [b, moved]))
    #expect(Checkpoint.outputDigest(of: [a, b]) != Checkpoint.outputDigest(of: [a, swapped]))
    #expect(Checkpoint.outputDigest(of: [a]) != Checkpoint.outputDigest(of: []))
  }

  @Test("Waits between attempts double up to their bound")
  func backoff() {
    let retry = Retry(attempts: 6, backoff: .seconds(2), maxBackoff: .seconds(10))
    #expect((1...5).map(retry.wait(after:)) == [2, 4, 8, 10, 10].map { .seconds($0) })
    #expect(retry.wait(after: 100_000) == .seconds(10))
  }
}

@Suite struct SelectionTests {
  private let pipeline = Pipeline(
    name: "p",
    stages: [
      StageDefinition(id: "a", uses: "k"), StageDefinition(id: "b", uses: "k", needs: ["a"]),
      StageDefinition(id: "c", uses: "k", needs: ["b"]), StageDefinition(id: "x", uses: "k", needs: ["a"]),
    ], finally: [StageDefinition(id: "f", uses: "k")])

  @Test("Which stages a selection names")
  func stages() throws {
    func names(_ selection: Selection) throws -> String {
      try selection.stages(of: pipeline).subtracting(["f"]).sorted().map(\.rawValue).joined()
    }
    #expect(try names(.everything) == "abcx")
    #expect(try names(Selection(only: ["b"])) == "b")
    #expect(try names(Selection(only: ["b"], downstream: true)) == "bc")
    #expect(try names(Selection(from: ["b"])) == "bc")
    #expect(try names(Selection(until: ["b"])) == "ab")
    #expect(try names(Selection(from: ["b"], until: ["b"])) == "b")
    #expect(try names(Selection(failedStages: ["x"])) == "x")
    #expect(try names(Selection(failedStages: [])) == "")
    #expect(try Selection(only: ["a"]).stages(of: pipeline).contains("f"))
    #expect(throws: Diagnostics.self) { try names(Selection(only: ["nope"])) }
    #expect(throws: Diagnostics.self) { try names(Selection(from: ["nope"])) }
  }

  @Test("What a selection says of a unit")
  func units() throws {
    let days = try #require(DayRange.parse("2025-01-02..2025-01-03"))
    let backfill = Selection(days: days)
    #expect(backfill.policy(for: "2025-01-01", in: "a") == .leave)
    #expect(backfill.policy(for: "2025-01-02", in: "a") == .force)
    #expect(backfill.policy(for: "2025-01-03", in: "a") == .force)
    #expect(backfill.policy(for: "2025-01-04", in: "a") == .leave)
    #expect(backfill.policy(for: .whole, in: "a") == .judge)
    #expect(Selection(only: ["a"], downstream: true, force: true).policy(for: "u", in: "a") == .force)
    #expect(Selection(only: ["a"], downstream: true, force: true).policy(for: "u", in: "b") == .judge)
    #expect(Selection(force: true).policy(for: "u", in: "b") == .force)
    for bad in ["", "..", "2025-01-02..", "2025-01-03..2025-01-02", "2025-01-02...2025-01-03", "2025-13-01"] {
      #expect(DayRange.parse(bad) == nil)
    }
  }
}
