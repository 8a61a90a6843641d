import DarkroomTesting
import FileSystem
import Foundation
import ImageCatalog
import ImageStages
import PipelineCore
import Testing

/// Random histories of decisions, second thoughts and runs: no file is ever lost, doubled or changed, and taking
/// everything back gives the first tree.
///
/// `CONSERVATION_IMAGES` and `CONSERVATION_HISTORIES` ask for more than a quick test does.
@Suite struct ConservationTests {
  private static func size(_ variable: String, usual: Int) -> Int {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? usual
  }

  @Test(arguments: 1...UInt64(size("CONSERVATION_HISTORIES", usual: 3)))
  func everythingIsInOnePlaceAndComesBack(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let bench = try ImageBench(images: Self.size("CONSERVATION_IMAGES", usual: 24), random: &random)
    bench.settings["crop"] = ["afterCrop": .string(["keep", "trash", "__originals"][Int(seed % 3)])]
    let first = try bench.tree()
    let folders = try FileSystem.list(bench.root)
    #expect(first == bench.made)
    try await bench.run()
    for _ in 1...4 {
      for record in try bench.groups() {
        if bench.standing[record.group.id] == nil {
          if random.chance(0.6) { try bench.decide(record, &random) }
        } else if random.chance(0.5) {
          try bench.reconsider(record, &random)
        }
      }
      try await bench.run()
      try expectConservation(bench)
      if random.chance(0.3) {
        let before = (try bench.tree(), try bench.trashed())
        try await bench.run()
        #expect(try bench.tree() == before.0)
        #expect(try bench.trashed() == before.1)
      }
    }
    for record in try bench.groups() { try bench.undo(record) }
    try await bench.run()
    try expectConservation(bench)
    #expect(try bench.tree() == first)
    #expect(try FileSystem.list(bench.root) == folders)
    #expect(try bench.trashed().isEmpty)
  }

  @Test(arguments: [false, true])
  func aRectangleTakenBackTakesItsCropWithIt(runsBetween: Bool) async throws {
    var random = SeededRandom(seed: 7)
    let bench = try ImageBench(images: 2, random: &random)
    try await bench.run()
    let record = try #require(try bench.groups().first)
    try bench.sendToCrop(record)
    let decision = try #require(bench.standing[record.group.id])
    try bench.draw(record, decision, &random)
    try await bench.run()
    try expectConservation(bench)
    try bench.undraw(record)
    if runsBetween {
      try await bench.run()
      try expectConservation(bench)
    }
    try bench.draw(record, decision, &random)
    try await bench.run()
    try expectConservation(bench)
  }

  private func expectConservation(_ bench: ImageBench) throws {
    var places: [Digest: Int] = [:]
    let tree = try bench.tree()
    for digest in Array(tree.values) + Array(try bench.trashed().values) { places[digest, default: 0] += 1 }
    let crops = tree.keys.filter { $0.rawValue.hasPrefix("__cropped/") }
    // A crop has copies of the companions beside it.
    var copies: [Digest: Int] = [:]
    for path in crops { if let digest = tree[path] { copies[digest, default: 0] += 1 } }
    for (path, digest) in bench.made {
      #expect(places[digest, default: 0] - copies[digest, default: 0] == 1, "\(path)")
    }
    let stands = bench.standing.values
    let rows =
      try DecisionDatabase.openForReading(
        workspace: bench.workspace.path, project: ImageBench.project)?.rows() ?? []
    #expect(rows.compactMap(\.decisionID).sorted() == stands.map(\.id).sorted())
    for row in rows {
      let decision = bench.standing[row.group]
      let wanted = bench.rectangles[row.group]?.crop ?? decision?.crop
      #expect(row.finalCrop == wanted, "group \(row.group)")
    }
    #expect(
      crops.count { $0.rawValue.hasSuffix(".png") } == rows.count { $0.finalCrop != nil })
    try expectEachRecordOnce(bench)
  }

  private func expectEachRecordOnce(_ bench: ImageBench) throws {
    var seen: Set<String> = []
    for (name, text) in try bench.workspace.contents("data/file_operations_logs") {
      for line in text.split(separator: "\n") {
        let id = try #require(line.firstMatch(of: /"op_id": "([^"]+)"/)?.1, "\(name): \(line)")
        #expect(seen.insert(String(id)).inserted, "\(name): \(id)")
      }
    }
  }
}
