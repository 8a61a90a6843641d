import DarkroomTesting
import FileSystem
import ImageCatalog
import Testing

/// Groups of which a decision was carried out, and images that come later.
@Suite struct LateImageTests {
  private let rules = GroupingRules()

  private func path(_ time: String, _ stage: String, _ ending: String = "png") -> RelativePath {
    RelativePath("a/20250705_\(time)_\(stage).\(ending)")
  }

  private func partition(
    _ paths: [RelativePath], _ carriedOut: [CarriedOutGroup] = [], late: Set<RelativePath> = []
  ) -> GroupPartition {
    Grouping.partition(
      of: paths, project: "p", folder: "a", rules: rules, carriedOut: carriedOut,
      firstSeen: { late.contains($0) ? 2 : 0 })
  }

  private func carriedOut(_ group: ImageGroup, isUndone: Bool = false) -> CarriedOutGroup {
    CarriedOutGroup(id: group.id, images: group.paths, time: 1, isUndone: isUndone)
  }

  @Test(arguments: [false, true]) func aLateImageIsAGroupOfItsOwn(isUndone: Bool) throws {
    let members = [path("100000", "stage1_generated"), path("100010", "stage3_enhanced")]
    let group = try #require(partition(members).groups.first)
    let late = path("100005", "stage2_upscaled")
    let found = partition(members + [late], [carriedOut(group, isUndone: isUndone)], late: [late])
    #expect(found.groups.map(\.paths) == [members, [late]])
    #expect(found.groups[0].id == group.id)
    #expect(found.late == [GroupPartition.Late(group: found.groups[1].id, of: group.id)])
    #expect(found.groups[1].id != group.id)
  }

  @Test func lateImagesOfOneGroupAreVariantsOfOnePicture() throws {
    let members = [path("100000", "stage1_generated")]
    let group = try #require(partition(members).groups.first)
    let late = [path("100005", "stage2_upscaled"), path("100010", "stage3_enhanced")]
    let found = partition(members + late, [carriedOut(group)], late: Set(late))
    #expect(found.groups.map(\.paths) == [members, late])
    // Without the member between them they are too far from each other.
    let far = [path("095500", "stage1_generated"), path("101300", "stage3_enhanced")]
    let between = [path("100000", "stage2_upscaled")]
    let middle = try #require(partition(between).groups.first)
    #expect(
      partition(between + far, [carriedOut(middle)], late: Set(far)).groups.map(\.paths) == [
        [far[0]], between, [far[1]],
      ])
  }

  @Test func aTwinThatComesLateChangesNeitherIdNorOrder() throws {
    let members = [path("100000", "stage1_generated"), path("100010", "stage2_upscaled")]
    let group = try #require(partition(members).groups.first)
    let twin = path("100000", "stage1_generated", "jpg")
    let found = partition(members + [twin], [carriedOut(group)], late: [twin])
    #expect(Set(found.groups.map(\.paths)) == [members, [twin]])
    #expect(found.groups.first { $0.paths == members }?.id == group.id)
    #expect(Set(found.groups.map(\.id)).count == 2)
  }

  @Test func anUndoneGroupFollowsTheRulesAgain() throws {
    let members = [path("100000", "stage1_generated"), path("101400", "stage2_upscaled")]
    let narrow = Grouping.groups(
      of: members, project: "p", folder: "a", rules: GroupingRules(maxGap: 60))
    #expect(narrow.count == 2)
    // Nothing came late: the rules are others now.
    let found = partition(members, narrow.map { carriedOut($0, isUndone: true) })
    #expect(found.groups.map(\.paths) == [members])
    #expect(found.late.isEmpty)
    let kept = partition(members, narrow.map { carriedOut($0) })
    #expect(kept.groups == narrow)
    #expect(kept.late.isEmpty, "they did not come late")
  }

  @Test func aGroupOfWhichAMemberIsGoneOrANewerOneHasAMemberHasNoEffect() throws {
    let members = [path("100000", "stage1_generated"), path("100010", "stage2_upscaled")]
    let group = try #require(partition(members).groups.first)
    #expect(partition([members[0]], [carriedOut(group)]).groups.map(\.paths) == [[members[0]]])
    let older = CarriedOutGroup(id: "g_older", images: [members[1]], time: 1, isUndone: false)
    #expect(partition(members, [carriedOut(group), older]).groups.map(\.id) == [group.id])
    #expect(
      partition(members, [older, carriedOut(group)]).groups.map(\.paths) == [[members[0]], [members[1]]])
  }

  /// Random folders, of which some groups are carried out while further images come.
  @Test func everyImageIsInExactlyOneGroupAndWhatWasCarriedOutStays() {
    var random = SeededRandom(seed: 31)
    var lateOnes = 0
    for _ in 0..<400 {
      let all = GroupingTests.randomFolder(&random).map { RelativePath("a/\($0)") }
      var present = all.filter { _ in random.chance(0.6) }
      var rest = all.filter { !present.contains($0) }.shuffled(using: &random)
      var done: [CarriedOutGroup] = []
      var groups = partition(present).groups
      while true {
        // Carrying out changes no group, neither those nor others.
        for group in groups where random.chance(0.4) && !done.contains(where: { $0.id == group.id }) {
          done.insert(carriedOut(group), at: 0)
        }
        let same = partition(present, done, late: Set(rest))
        #expect(same.groups == groups)
        if rest.isEmpty { break }
        let new = Array(rest.suffix(1 + random.next(below: 5)))
        rest.removeLast(new.count)
        present += new
        let found = partition(present.shuffled(using: &random), done, late: Set(new))
        groups = found.groups
        lateOnes += found.late.count
        #expect(groups.flatMap(\.paths).sorted() == present.sorted())
        #expect(Set(groups.map(\.id)).count == groups.count)
        for group in done {
          #expect(groups.first { $0.id == group.id }?.paths == group.images)
        }
        for late in found.late {
          #expect(done.contains { $0.id == late.of })
          let images = groups.first { $0.id == late.group }?.paths ?? []
          #expect(!images.isEmpty && !done.contains { $0.id == late.group })
        }
      }
    }
    #expect(lateOnes > 100, "the folders reach what is to be tested")
  }
}
