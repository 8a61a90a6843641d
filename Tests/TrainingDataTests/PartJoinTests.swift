import DarkroomTesting
import PipelineCore
import Testing

@testable import TrainingData

@Suite struct PartJoinTests {
  /// A join of random decisions, by the program and in the plainest way.
  private struct Both {
    var facts = JoinFacts(project: "p")
    var plain = PlainJoin()
    var decisions: [RandomDecision]
    let nearDuplicates = NearDuplicates()

    init(seed: UInt64, count: Int) {
      var random = SeededRandom(seed: seed)
      decisions = (0..<count).map { RandomDecision(number: $0, random: &random) }
        .sorted { $0.group.utf8.lexicographicallyPrecedes($1.group.utf8) }
      facts.stages = [
        ("stage1_generated", 1), ("stage1.5_face_swapped", 1.5), ("stage2_upscaled", 2),
        ("stage3_enhanced", 3),
      ]
      for decision in decisions {
        for (image, digest) in zip(decision.images, decision.digests ?? []) {
          if random.chance(0.6) { plain.measured[digest] = Self.measured(&random) }
          if random.chance(0.7) {
            let folder = decision.directory ?? ""
            let place = folder.isEmpty ? image : "\(folder)/\(image)"
            let first = random.chance(0.97) ? digest : Digest(of: "another").hex
            plain.firstDigests[place, default: []].insert(first)
            let bits = UInt64(first.prefix(16), radix: 16) ?? 0
            Array(place.utf8).withUnsafeBytes { facts.firstDigests.add(place: $0, digest: bits) }
          }
        }
        if random.chance(0.3) {
          let made = Digest(of: "crop of \(decision.group)")
          plain.receipts[decision.group] = made.hex
          facts.receipts.add(group: decision.group.utf8, digest: made)
        }
      }
      joinLineages()
    }

    private static func measured(_ random: inout SeededRandom) -> MeasuredFacts {
      func share() -> Double { Double(random.next(below: 1_000)) / 997 }
      // Few different hashes, of which some are near each other.
      let base = Digest(of: "\(random.next(below: 40))").leadingWords.high
      let hash = random.chance(0.8) ? base : base ^ (1 << UInt64(random.next(below: 64)))
      return MeasuredFacts(
        ImageRow.Measurement(
          width: 100, height: random.chance(0.9) ? 200 : 201, sharpness: 1_234.5, exposure: share(),
          contrast: share() / 2, entropy: 7 * share(), colourfulness: 1e-7 * share(), clippedShadows: 0,
          clippedHighlights: 1e16, attentionX: share(), attentionY: 1, perceptualHash: hash),
        prompt: random.chance(0.5) ? "a \"prompt\"\n" : nil)
    }

    /// What near-duplicates do, by comparing every two groups until nothing changes.
    private mutating func joinLineages() {
      let kept = decisions.filter { decision in
        var only = plain
        only.add(decision)
        return only.selections.count > plain.selections.count
      }
      var names = Dictionary(uniqueKeysWithValues: kept.map { ($0.group, $0.group) })
      func hashes(_ decision: RandomDecision) -> [UInt64] {
        (decision.digests ?? []).compactMap { plain.measured[$0]?.figures.perceptualHash }
      }
      var isChanged = true
      while isChanged {
        isChanged = false
        for a in kept {
          for b in kept {
            guard let (x, y) = names[a.group].flatMap({ x in names[b.group].map { (x, $0) } }), x != y else {
              continue
            }
            let areNear = hashes(a).contains { hash in
              hashes(b).contains {
                (hash ^ $0).nonzeroBitCount <= nearDuplicates.distance && nearDuplicates.isTelling(hash)
                  && nearDuplicates.isTelling($0)
              }
            }
            guard areNear else { continue }
            // The one that was decided first; groups are in the order of their bytes.
            let pair = kept.filter { $0.group == x || $0.group == y }
            let least =
              PlainJoin.seconds(pair[1].decidedAt) < PlainJoin.seconds(pair[0].decidedAt)
              ? pair[1].group : pair[0].group
            names[a.group] = least
            names[b.group] = least
            isChanged = true
          }
        }
      }
      plain.lineages = names
    }

    mutating func run() throws -> (join: PartJoin, lines: [[UInt8]]) {
      let measured = plain.measured
      func find(_ digest: UnsafeRawBufferPointer) -> MeasuredFacts? {
        measured[String(decoding: digest, as: UTF8.self)]
      }
      var traces = GroupTraces()
      let first = PartJoin(facts)
      for (number, decision) in decisions.enumerated() {
        try decision.withRow {
          try first.trace(
            $0, number: number, nearDuplicates: nearDuplicates, cropContents: facts.receipts.contents,
            hash: { find($0)?.figures.perceptualHash }, into: &traces)
        }
      }
      facts.lineages = traces.lineages(nearDuplicates)
      let join = PartJoin(facts)
      join.begin(from: nil)
      for (number, decision) in decisions.enumerated() {
        plain.add(decision)
        try decision.withRow {
          try join.add($0, number: number, recorded: decision.recorded[...]) { find($0) }
        }
      }
      join.end(before: nil)
      return (join, join.takeLines { [Array($0), Array($1), Array($2)] })
    }
  }

  @Test("The lines are those of the plainest join, byte for byte", arguments: 1...UInt64(40))
  func sameAsPlain(seed: UInt64) throws {
    var both = Both(seed: seed, count: 60)
    let (join, lines) = try both.run()
    func text(_ rows: [some TrainingRow]) -> String {
      rows.reduce(into: "") { $1.append(to: &$0) }
    }
    func expectSame(_ bytes: [UInt8], _ plain: String) {
      let made = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      for (a, b) in zip(made, plain.split(separator: "\n")) { #expect(a == b) }
      #expect(bytes == Array(plain.utf8))
    }
    expectSame(lines[0], text(both.plain.selections))
    expectSame(lines[1], text(both.plain.crops))
    expectSame(lines[2], text(both.plain.images))
    let tally = join.tally
    #expect(tally.isExact)
    #expect(tally.decisionsLeftOut == both.plain.leftOut)
    #expect(tally.cropsLeftOut == both.plain.cropsLeftOut)
    #expect(tally.decisions == both.decisions.count)
    #expect(tally.olderCrops == both.decisions.reduce(0) { $0 + $1.recorded.count })
    #expect(tally.measuredImages == both.plain.images.count { $0.measurement != nil })
    #expect(
      join.findings.count { $0.kind == .digestsChanged } == both.plain.leftOut[.digestsChanged, default: 0])
    #expect(
      join.findings.count { $0.kind == .sizeDisagrees } == both.plain.cropsLeftOut[.sizeDisagrees, default: 0]
    )
  }

  @Test("A recommendation counts as seen only where the decision says when it was shown")
  func exposures() throws {
    let cases: [(shownAt: String?, blind: Bool?, exposure: String, latency: String)] = [
      ("2026-02-03T04:05:01Z", false, "shown", "8.0"), (nil, false, "unknown", "null"),
      ("2026-02-03T04:05:01Z", true, "blind", "8.0"), (nil, true, "blind", "null"),
      ("2026-02-03T04:05:01Z", nil, "unknown", "8.0"), (nil, nil, "unknown", "null"),
      // Said while deciding: since when is not known.
      ("2026-02-03T04:05:09Z", false, "shown", "null"),
    ]
    for (shownAt, blind, exposure, latency) in cases {
      var random = SeededRandom(seed: 5)
      var decision = RandomDecision(number: 1, random: &random)
      (decision.actor, decision.action, decision.pickedIndex) = ("human", "approve", 0)
      (decision.recommendedIndex, decision.recommendedCrop) = (0, [0, 0, 0.5, 0.5])
      (decision.shownAt, decision.blind, decision.decidedAt) = (shownAt, blind, "2026-02-03T04:05:09Z")
      (decision.finalCrop, decision.recorded) = ([0, 0, 0.5, 0.5], [])
      let join = PartJoin(JoinFacts(project: "p"))
      try decision.withRow { try join.add($0, number: 0, recorded: []) { _ in nil } }
      join.takeLines { selections, crops, _ in
        let rows = [selections, crops].map { String(decoding: $0, as: UTF8.self) }
        for row in rows { #expect(row.contains("\"exposure\":\"\(exposure)\""), "\(row)") }
        #expect(rows[0].contains("\"latency_seconds\":\(latency),"), "\(rows[0])")
      }
    }
  }

  @Test("A row's crop that the older records do not have is told and counted by itself, to half a pixel")
  func unlikeRecords() throws {
    // Of 100 × 200 pixels: half a pixel is 0.005 across and 0.0025 down.
    let cases: [(rectangle: [Double], image: Int, reason: LeftOut)] = [
      ([0.1, 0.1, 0.5, 0.5], 0, .recorded), ([0.105, 0.1, 0.5, 0.5025], 0, .recorded),
      ([0.1051, 0.1, 0.5, 0.5], 0, .unlikeRecords), ([0.1, 0.1, 0.5, 0.5026], 0, .unlikeRecords),
      ([0.1, 0.1, 0.5, 0.5], 1, .unlikeRecords),
    ]
    for (rectangle, image, reason) in cases {
      var random = SeededRandom(seed: 5)
      var decision = RandomDecision(number: 1, random: &random)
      (decision.actor, decision.action, decision.pickedIndex) = ("human", "crop", 0)
      decision.finalCrop = rectangle
      (decision.imageWidth, decision.imageHeight) = (100, 200)
      let images = decision.images
      decision.recorded = (0..<2).map { number in
        RecordedCrop(
          id: "c\(number)", group: decision.group, image: images[image],
          rectangle: number == 0 ? [0, 0, 1, 1] : [0.1, 0.1, 0.5, 0.5], at: "2025-01-01T00:00:00Z",
          imageWidth: nil, imageHeight: nil, session: nil, occurrence: number)
      }
      let join = PartJoin(JoinFacts(project: "p"))
      try decision.withRow {
        try join.add($0, number: 0, recorded: decision.recorded[...]) { _ in nil }
      }
      #expect(join.tally.cropsLeftOut == [reason: 1] && join.tally.crops == 2 && join.tally.isExact)
      #expect(join.findings.map(\.kind) == (reason == .unlikeRecords ? [.unlikeRecords] : []))
    }
  }

  @Test("Nothing of one group, one lineage or one content crosses splits", arguments: 1...UInt64(10))
  func noLeaks(seed: UInt64) throws {
    var both = Both(seed: seed, count: 80)
    let (_, lines) = try both.run()
    var check = LeakageCheck(both.nearDuplicates)
    try lines[0].withUnsafeBytes { try check.add(SelectionRow.self, lines: $0) }
    try lines[1].withUnsafeBytes { try check.add(CropRow.self, lines: $0) }
    try lines[2].withUnsafeBytes { try check.add(ImageRow.self, lines: $0) }
    #expect(check.leaks() == [])
    #expect(check.rows == both.plain.selections.count + both.plain.crops.count + both.plain.images.count)
    #expect(Set(both.plain.images.map(\.lineage)).count < Set(both.plain.images.map(\.group)).count)
  }

  @Test("Receipts of groups without a row are findings, wherever the parts begin")
  func orphanReceipts() throws {
    var facts = JoinFacts(project: "p")
    for group in ["a", "b", "c", "d"] { facts.receipts.add(group: group.utf8, digest: Digest(of: group)) }
    let join = PartJoin(facts)
    var found: [String] = []
    for (from, group, before) in [(String?.none, "b", String?.some("c")), ("c", "cc", nil)] {
      var random = SeededRandom(seed: 1)
      var decision = RandomDecision(number: 1, random: &random)
      decision.group = group
      func bytes(_ text: String?, _ body: (UnsafeRawBufferPointer?) -> Void) {
        guard let text else { return body(nil) }
        Array(text.utf8).withUnsafeBytes { body($0) }
      }
      bytes(from) { join.begin(from: $0) }
      try decision.withRow { try join.add($0, number: 0, recorded: []) { _ in nil } }
      bytes(before) { join.end(before: $0) }
      found += join.findings.filter { $0.kind == .cropWithoutDecision }.map(\.subject)
    }
    #expect(found == ["a", "c", "d"])
  }

  @Test(
    "A row that breaks the database's constraints is an error that names column and group",
    arguments: [
      "images", "image_digests", "ai_crop_coords", "final_crop_coords", "user_selected_index", "decided_at",
    ])
  func damaged(column: String) throws {
    var random = SeededRandom(seed: 3)
    var decision = RandomDecision(number: 7, random: &random)
    (decision.actor, decision.action, decision.recorded) = ("human", "approve", [])
    decision.pickedIndex = 0
    decision.digests = decision.images.map { _ in Digest(of: "x").hex }
    let join = PartJoin(JoinFacts(project: "p"))
    let error = #expect(throws: Diagnostic.self) {
      try decision.withRow { row in
        try Array("[0,\"a".utf8).withUnsafeBytes { broken in
          var row = row
          switch column {
          case "images": row.images = broken
          case "image_digests": row.digests = broken
          case "ai_crop_coords": row.recommendedCrop = broken
          case "final_crop_coords": row.finalCrop = broken
          case "user_selected_index": row.pickedIndex = 4
          default: row.decidedAt = broken
          }
          try join.add(row, number: 0, recorded: []) { _ in nil }
        }
      }
    }
    #expect(error?.code == "decision-row-damaged")
    #expect(error?.message.contains(column) == true && error?.message.contains(decision.group) == true)
  }
}
