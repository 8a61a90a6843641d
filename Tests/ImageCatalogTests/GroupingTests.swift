import DarkroomTesting
import FileSystem
import Foundation
import ImageCatalog
import PipelineCore
import Testing

@Suite struct GroupingTests {
  private func groups(_ names: [String], folder: RelativePath = "a", _ rules: GroupingRules = .init())
    -> [ImageGroup]
  {
    Grouping.groups(
      of: names.map { folder.appending($0) }, project: "p", folder: folder, rules: rules)
  }
  private func image(_ time: String, _ stage: String) -> String { "20250705_\(time)_\(stage).png" }
  private static let names = [
    "stage1_generated", "stage1.5_face_swapped", "stage2_upscaled", "stage3_enhanced",
  ]

  @Test func aWalkTakesTheNearestStageAbove() {
    let names = [
      image("100000", "stage1_generated"), image("100001", "stage3_enhanced"),
      image("100002", "stage2_upscaled"),
      image("100003", "stage3_enhanced"),
    ]
    let found = groups(names.reversed())
    #expect(found.map(\.images) == [[names[0], names[2], names[3]], [names[1]]])
    #expect(found.map(\.flags) == [[.outOfOrder], [.outOfOrder]])
    #expect(found[0].stages == ["stage1_generated", "stage2_upscaled", "stage3_enhanced"])
  }

  @Test func aWalkStopsAtAStageThatIsNotAbove() {
    let names = [
      image("100000", "stage1_generated"), image("100001", "stage2_upscaled"),
      image("100002", "stage2_upscaled"),
      image("100003", "stage3_enhanced"),
    ]
    #expect(groups(names).map(\.images) == [[names[0], names[1]], [names[2], names[3]]])
    #expect(groups(names).allSatisfy { !$0.isAmbiguous })
  }

  @Test(arguments: [("101500", 1), ("101501", 2)]) func theGapIsAtMostAQuarterOfAnHour(
    _ time: String, _ count: Int
  ) {
    #expect(groups([image("100000", "stage1_generated"), image(time, "stage2_upscaled")]).count == count)
  }

  @Test func theGapCountsFromThePreviousMember() {
    let names = [
      image("100000", "stage1_generated"), image("101400", "stage2_upscaled"),
      image("102800", "stage3_enhanced"),
    ]
    #expect(groups(names).map(\.images) == [names])
  }

  @Test func onlyFiftyAreLookedAt() {
    func folder(_ between: Int) -> [String] {
      let first = image("100000", "stage1_generated")
      let middle = (0..<between).map { image("10000\($0 / 10 + 1)", "x\($0 + 100)_stage3_enhanced") }
      return [first] + middle + [image("100009", "stage2_upscaled")]
    }
    #expect(groups(folder(49)).contains { $0.images.count == 2 && $0.stages[1] == "stage2_upscaled" })
    #expect(!groups(folder(50)).contains { $0.stages == ["stage1_generated", "stage2_upscaled"] })
  }

  @Test func oddNamesAreFlagged() {
    let found = groups([
      "holiday.png", "20251345_100000_stage1_generated.png", image("100000", "draft"),
      image("110000", "STAGE2_Upscaled"), image("120000", "stage1_generated"),
      image("120000", "b_stage1_generated"),
    ])
    var flags: [String: Set<ImageGroup.Flag>] = [:]
    for group in found { flags[group.images[0]] = group.flags }
    #expect(flags["holiday.png"] == [.noTimestamp, .unknownStage])
    #expect(flags["20251345_100000_stage1_generated.png"] == [.noTimestamp])
    #expect(flags[image("100000", "draft")] == [.unknownStage])
    #expect(flags[image("110000", "STAGE2_Upscaled")] == [])
    #expect(flags[image("120000", "stage1_generated")] == [.repeatedStage])
    #expect(flags[image("120000", "b_stage1_generated")] == [.repeatedStage])
  }

  @Test func sameStemsAreGroupsOfTheirOwnWithIdsOfTheirOwn() {
    let stem = "20250705_100000_stage1_generated"
    let found = groups(["\(stem).png", "\(stem).jpg", "\(stem).png.png"])
    #expect(found.count == 3)
    #expect(Set(found.map(\.id)).count == 3)
    #expect(found.filter { $0.flags.contains(.sameStem) }.count == 2)
  }

  @Test func largeGroupsAreFlaggedNotDropped() {
    let stages = ProductionStages(
      (1...6).map { .init(name: "s\($0)_", rank: StageRank(thousandths: $0 * 1_000)) })
    let names = (1...6).map { "20250705_10000\($0)_s\($0)_.png" }
    let found = groups(names, GroupingRules(stages: stages))
    #expect(found.map(\.images) == [names])
    #expect(found[0].flags == [.tooLarge])
  }

  @Test func timestampsAreSecondsSince1970() {
    #expect(ImageName.parse("19700102_000001_stage1_generated.png").timestamp == 86_401)
    #expect(ImageName.parse("20250705_230713_stage1.5_face_swapped.png").rank.thousandths == 1_500)
    #expect(ImageName.parse("20250705_230713.png").timestamp != nil)
    #expect(ImageName.parse("20250705_2307133.png").timestamp == nil)
    #expect(ImageName.parse("20250705_240000_x.png").timestamp == nil)
    #expect(ImageName.parse("20250230_000000_x.png").timestamp == nil)
  }

  /// Group ids must never change: a changed one would lose what was decided.
  @Test func idsAreFixed() {
    let id = GroupID(project: "mojo3", folder: "a/b", stems: ["y", "x"])
    var bytes: [UInt8] = []
    for part in ["group-1", "mojo3", "a/b", "x", "y"] {
      bytes += withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian, Array.init) + Array(part.utf8)
    }
    let digest = bytes.withUnsafeBytes { Digest(of: $0) }
    #expect(id.rawValue == "g_" + digest.hex.prefix(20))
    #expect(id == GroupID(project: "mojo3", folder: "a/b", stems: ["x", "y"]))
    #expect(id.isWellFormed && !GroupID("g_0123").isWellFormed)
    #expect(id != GroupID(project: "mojo3", folder: "a", stems: ["b", "x", "y"]))
    #expect(id != GroupID(project: "mojo3", folder: "a/b", stems: ["xy"]))
  }

  /// A folder as random as the rule can be hit by.
  static func randomFolder(_ random: inout SeededRandom) -> [String] {
    let stages = names + ["draft", "Stage2_UPSCALED", "stage2_upscaled_stage1_generated"]
    let extensions = ["png", "png", "png", "jpg", "PNG", "webp"]
    var folder = Set<String>()
    var seconds = 36_000
    for _ in 0..<random.next(below: 90) {
      seconds += random.chance(0.05) ? 900 + random.next(below: 3) - 1 : random.next(below: 40)
      let time = String(seconds / 3_600 * 10_000 + seconds / 60 % 60 * 100 + seconds % 60)
      var name = "20250705_\(time)_\(stages[random.next(below: random.chance(0.9) ? 4 : stages.count)])"
      if random.chance(0.03) { name = "holiday \(random.next(below: 9))" }
      if random.chance(0.03) { name += "_\u{e9}" }
      if random.chance(0.03) { name += "_e\u{301}" }
      folder.insert("\(name).\(extensions[random.next(below: extensions.count)])")
    }
    return folder.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  @Test func everyImageIsInExactlyOneGroupWithAStableId() {
    var random = SeededRandom(seed: 11)
    for _ in 0..<200 {
      let names = Self.randomFolder(&random)
      let found = groups(names)
      let members = found.flatMap { $0.images.map { RelativePath($0) } }
      #expect(members.sorted() == names.map { RelativePath($0) }.sorted())
      #expect(found.allSatisfy { !$0.images.isEmpty && $0.images.count == $0.stages.count })
      #expect(Set(found.map(\.id)).count == found.count)
      #expect(groups(names.shuffled(using: &random)) == found)
    }
  }

  @Test func renamingAnUnrelatedFileChangesNoOtherGroup() {
    var random = SeededRandom(seed: 12)
    for _ in 0..<100 {
      let names = Self.randomFolder(&random)
      // Another day is related to none of them.
      let before = groups(names + ["20260101_000000_stage2_upscaled.png"])
      let after = groups(names + ["20260102_000000_stage3_enhanced.png"])
      #expect(before.count == after.count)
      #expect(Set(after.map(\.id)).subtracting(before.map(\.id)).count == 1)
      #expect(Set(groups(names, folder: "b").map(\.id)).isDisjoint(with: groups(names).map(\.id)))
    }
  }

  @Test(.enabled(if: Tool.hasPython(), "python3 is not there"))
  func anOracleWrittenFromTheContractAgrees() throws {
    var random = SeededRandom(seed: 13)
    let folders = (0..<300).map { _ in Self.randomFolder(&random) }
    let input = folders.map { JSONValue.array($0.map(JSONValue.string)).canonical }.joined(separator: "\n")
    let oracle = "\(Tool.repository)/Tests/ImageCatalogTests/grouping_oracle.py"
    let answer = try Tool.run(["python3", oracle], input: input + "\n")
    #expect(answer.status == 0, "\(answer.errors)")
    struct Judged: Decodable { let images: [String]; let flags: [String] }
    let lines = answer.output.split(separator: "\n")
    #expect(lines.count == folders.count)
    var largest = 0
    for (folder, line) in zip(folders, lines) {
      let judged = try JSONDecoder().decode([Judged].self, from: Data(line.utf8))
      let found = groups(folder)
      #expect(
        judged.map { $0.images.map { RelativePath($0) } } == found.map { $0.images.map { RelativePath($0) } })
      #expect(judged.map(\.flags) == found.map { $0.flags.map(\.rawValue).sorted() })
      largest = max(largest, found.map(\.images.count).max() ?? 0)
    }
    #expect(largest == 5, "an unknown stage before all four: the folders reach what the rule can make")
  }

  @Test func groupsAreCodableInOneOrder() throws {
    let group = ImageGroup(
      id: "g_00000000000000000000", folder: "a", images: ["x.png"], stages: ["unknown"],
      flags: [.unknownStage, .noTimestamp, .sameStem])
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(group)
    #expect(
      String(decoding: data, as: UTF8.self).contains(#"["no-timestamp","same-stem","unknown-stage"]"#))
    #expect(try JSONDecoder().decode(ImageGroup.self, from: data) == group)
    let rules = GroupingRules()
    #expect(try JSONDecoder().decode(GroupingRules.self, from: encoder.encode(rules)) == rules)
  }
}
