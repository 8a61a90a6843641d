import DarkroomTesting
import FileSystem
import Testing

@testable import TrainingData

/// Lineages while decisions come in, night after night.
@Suite struct LineageMapTests {
  private struct Group {
    var id: String
    var moment: Int64
    var hashes: [UInt64]
  }

  /// The lineage of each group, by its id.
  private static func lineages(_ groups: [Group]) -> [String: String] {
    let sorted = groups.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    var traces = GroupTraces()
    for (number, group) in sorted.enumerated() {
      Array(group.id.utf8).withUnsafeBytes {
        traces.add(group: $0, number: number, decidedAt: group.moment)
      }
      for hash in group.hashes { traces.add(hash: hash) }
    }
    let map = traces.lineages(NearDuplicates())
    return Dictionary(
      uniqueKeysWithValues: sorted.enumerated().map { number, group in
        (group.id, map.name(number).map { String(decoding: $0, as: UTF8.self) } ?? group.id)
      })
  }

  private static func split(_ name: String?) -> Split? {
    name.map { Split(lineage: Lineage.name(project: "p", group: $0)) }
  }

  /// Publishes nothing: writes the rows that tell the splits.
  private static func write(_ lineages: [String: String], _ folder: String) throws -> DatasetFiles {
    var text = ""
    for (group, lineage) in lineages.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      SelectionRow(
        project: "p", group: group, lineage: "p/\(lineage)", decision: nil, schemaVersion: 4,
        images: ["a.png"], action: .reject, exposure: .none, decidedAt: "2026-01-01T00:00:00Z"
      ).append(to: &text)
    }
    try FileSystem.makeDirectories(folder)
    try FileSystem.create("\(folder)/\(SelectionRow.fileName)", text.utf8)
    return DatasetFiles(path: folder)
  }

  @Test(
    "Later decisions move no group to another split, except into an older lineage that they connect it with; each move is told",
    arguments: 1...UInt64(60))
  func stable(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let workspace = try TemporaryWorkspace()
    let pool = (0..<25).map { _ in random.next() }
    var groups: [Group] = []
    var before: [String: String] = [:]
    var earlier: DatasetFiles?
    for night in 0..<6 {
      for _ in 0..<1 + random.next(below: 12) {
        groups.append(
          Group(
            id: "g_\(random.next(below: 1_000_000))", moment: Int64(night * 100 + random.next(below: 100)),
            hashes: (0..<1 + random.next(below: 2)).map { _ in
              random.chance(0.5)
                ? random.next() : pool[random.next(below: pool.count)] ^ 1 << UInt64(random.next(below: 3))
            }))
      }
      let after = Self.lineages(groups)
      for (group, name) in before where after[group] != name {
        // The name is that of a lineage that was there before, and older.
        let new = try #require(after[group])
        let (young, old) = (groups.first { $0.id == name }, groups.first { $0.id == new })
        #expect(before[new] == new && (old?.moment ?? .max) <= (young?.moment ?? .min))
        #expect(after[name] == new, "the whole lineage goes")
      }
      let later = try Self.write(after, "\(workspace.path)/\(night)")
      let moved = before.keys.filter { Self.split(before[$0]) != Self.split(after[$0]) }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      if let earlier { #expect(try SplitMoves.groups(from: earlier, to: later) == moved) }
      (before, earlier) = (after, later)
    }
  }
}
