import DarkroomTesting
import PipelineCore
import Testing

@testable import TrainingData

@Suite struct NearDuplicateTests {
  private typealias Image = (lineage: String, hash: UInt64)

  /// Clusters by comparing each image with each, and following what is connected.
  private func oracle(_ images: [Image], _ rule: NearDuplicates) -> [String: String] {
    var names: [String: String] = [:]
    for image in images { names[image.lineage] = image.lineage }
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for a in images where rule.isTelling(a.hash) {
        for b in images where rule.isTelling(b.hash) && (a.hash ^ b.hash).nonzeroBitCount <= rule.distance {
          guard let first = names[a.lineage], let second = names[b.lineage], first != second else { continue }
          let (least, other) = first < second ? (first, second) : (second, first)
          for (lineage, name) in names where name == other { names[lineage] = least }
          hasChanged = true
        }
      }
    }
    return names
  }

  private func expectOracle(_ images: [Image], _ rule: NearDuplicates) {
    let expected = oracle(images, rule)
    let found = rule.clusters(images)
    for (lineage, name) in expected { #expect(found.name(of: lineage) == name) }
    var sizes: [String: Int] = [:]
    for name in expected.values { sizes[name, default: 0] += 1 }
    #expect(found.clusters.map(\.name) == sizes.filter { $0.value > 1 }.keys.sorted())
    #expect(found.clusters.map(\.lineages.count) == found.clusters.map { sizes[$0.name] })
    #expect(found.lineages == expected.count && found.images == images.count)
  }

  /// A hash some bits from another.
  private func near(_ hash: UInt64, bits: Int, _ random: inout SeededRandom) -> UInt64 {
    (0..<bits).reduce(hash) { hash, _ in hash ^ 1 << UInt64(random.next(below: 64)) }
  }

  @Test("Clusters are those of comparing each with each", arguments: 1...UInt64(40))
  func oracle(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let rule = NearDuplicates(
      distance: random.next(below: 8), leastInformation: [0, 8, 20][random.next(below: 3)])
    var hashes: [UInt64] = [0, .max, 0x0F0F_0F0F_0F0F_0F0F]
    // Of little variety, so that much is near; families with common parts; all in one another's neighbourhood.
    let mask: UInt64 = [.max, 0x0000_FFFF_0000_FFFF, 0xFFF, .max][random.next(below: 4)]
    var images: [Image] = []
    let lineages = 1 + random.next(below: 120)
    for _ in 0..<1 + random.next(below: 250) {
      let hash =
        random.chance(0.4)
        ? random.next() & mask : near(hashes[random.next(below: hashes.count)], bits: 5, &random)
      hashes.append(hash)
      images.append(("p/\(random.next(below: lineages))", hash))
    }
    expectOracle(images, rule)
    let shuffled = images.shuffled(using: &random)
    #expect(rule.clusters(shuffled).clusters == rule.clusters(images).clusters)
  }

  @Test("Large buckets are searched to the end", arguments: [UInt64(0), 1, 2])
  func deep(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    // 600 hashes that have most bits in common: every band is one bucket.
    let common: UInt64 = 0x5A3C_96E1_0F78_D24B
    let images = (0..<600).map { index -> Image in
      let spread: UInt64 = [0xFFFF, 0x0101_0101_0101_0101, 0x8421_8421][Int(seed)]
      return ("p/\(index)", common ^ (random.next() & spread))
    }
    expectOracle(images, NearDuplicates(distance: 1 + Int(seed)))
  }

  @Test("Links connect what is near, without a link too many")
  func links() {
    var random = SeededRandom(seed: 5)
    let rule = NearDuplicates()
    var hashes = (0..<300).map { _ in random.next() }
    for _ in 0..<300 { hashes.append(near(hashes[random.next(below: 300)], bits: 3, &random)) }
    let clusters = rule.clusters(hashes.enumerated().map { ("\($0)", $1) })
    let joined = clusters.clusters.reduce(0) { $0 + $1.lineages.count - 1 }
    #expect(joined > 200)
    #expect(rule.links(hashes).count == joined)
    #expect(rule.links([]).isEmpty && rule.links([1]).isEmpty)
  }

  @Test("Names are compared by their bytes")
  func names() {
    let hash: UInt64 = 0x5A3C_96E1_0F78_D24B
    // The two spellings of one character are two lineages, and "é" as one code comes after "z".
    let clusters = NearDuplicates().clusters([
      ("p/\u{e9}", hash), ("p/e\u{301}", hash), ("p/z", hash), ("q", ~hash),
    ])
    #expect(clusters.lineages == 4 && clusters.clusters.count == 1)
    #expect(
      clusters.clusters[0].lineages.map { Array($0.utf8) } == [
        Array("p/e\u{301}".utf8), Array("p/z".utf8), Array("p/\u{e9}".utf8),
      ])
    #expect(Array(clusters.name(of: "p/\u{e9}").utf8) == Array("p/e\u{301}".utf8))
    #expect(clusters.name(of: "q") == "q" && clusters.name(of: "unknown") == "unknown")
  }

  @Test("Hashes of flat images, gradients and stripes join nothing, however many there are")
  func silent() {
    let stripes: [UInt64] = [
      0, .max, 1, ~1, 0xFF, 0xFFFF_0000_0000_0000, 0x0F0F_0F0F_0F0F_0F0F, 0xAAAA_AAAA_AAAA_AAAA,
      0xFF00_FF00_FF00_FF00, 0xF0F0_F0F0_F0F0_F0F1, 0x8080_8080_8080_8080,
    ]
    let images = (0..<1_000).map { Image("p/\($0)", stripes[$0 % stripes.count]) }
    let clusters = NearDuplicates().clusters(images)
    #expect(clusters.clusters.isEmpty && clusters.silent == 1_000)
    #expect(NearDuplicates.information(0) == 0 && NearDuplicates.information(0xAAAA_AAAA_AAAA_AAAA) == 0)
    // A chessboard has structure, and so has noise.
    #expect(NearDuplicates.information(0xAA55_AA55_AA55_AA55) == 32)
    var random = SeededRandom(seed: 1)
    #expect((0..<1_000).allSatisfy { _ in NearDuplicates.information(random.next()) >= 8 })
    // They can be looked at all the same.
    let every = NearDuplicates(distance: 0, leastInformation: 0).clusters(images)
    #expect(every.clusters.count == stripes.count && every.silent == 0)
  }

  @Test("A cluster that is a large part of all is told; a chain is called one")
  func findings() throws {
    var random = SeededRandom(seed: 9)
    var images = (0..<150).map { Image("p/other \($0)", random.next()) }
    var hash: UInt64 = 0x5A3C_96E1_0F78_D24B
    for step in 0..<20 {
      images.append(("p/chain \(step)", hash))
      hash ^= 0b1011 << UInt64(3 * step)
    }
    let clusters = NearDuplicates().clusters(images)
    #expect(clusters.clusters.map(\.lineages.count) == [20])
    #expect(clusters.clusters[0].images == 20 && clusters.clusters[0].spread > 8)
    let finding = try #require(clusters.findings().first)
    #expect(finding.severity == .warning && finding.code == "near-duplicates-large")
    #expect(finding.message.hasPrefix("20 of 170 lineages (12 %)") && finding.message.contains("p/chain 0"))
    #expect(finding.notes.first?.message.contains("a chain of similar images") == true)
    #expect(clusters.findings(share: 0.12).isEmpty && clusters.findings(least: 21).isEmpty)
  }

  @Test("A ball of hashes, all within reach of one another, is one cluster and no endless search")
  func ball() {
    var random = SeededRandom(seed: 3)
    let centre = random.next()
    let images = (0..<20_000).map { Image("p/\($0)", near(centre, bits: 3, &random)) }
    let clusters = NearDuplicates().clusters(images)
    #expect(clusters.clusters.map(\.lineages.count) == [20_000])
    #expect(clusters.findings().count == 1)
  }
}
