public import FileSystem

/// What makes images variants of one picture: configuration.
public struct GroupingRules: Sendable, Codable, Equatable {
  /// The stages that names tell.
  public var stages: ProductionStages
  /// The longest time from one member to the next, in seconds.
  public var maxGap: Int64
  /// A larger group is flagged.
  public var maxGroupSize: Int
  /// How many images after a member are looked at for the next.
  public var lookahead: Int

  public init(
    stages: ProductionStages = .usual, maxGap: Int64 = 15 * 60, maxGroupSize: Int = 4, lookahead: Int = 50
  ) {
    self.stages = stages
    self.maxGap = maxGap
    self.maxGroupSize = maxGroupSize
    self.lookahead = lookahead
  }
}

/// Finds the groups of a folder: a pure function of names.
///
/// The images are sorted by (date and time, stage, name). The first that has no group yet begins one. From the member
/// that was found last, the images that follow and have no group yet are looked at: at most ``GroupingRules/lookahead``
/// of them, at most ``GroupingRules/maxGap`` after that member, and only up to the first whose stage is not above that
/// member's. Of these the one with the smallest stage, the first of equals, is the next member. Where there is none, the
/// group is complete. What was passed over begins groups of its own, so that every image is in exactly one group.
public struct Grouping {
  /// The groups of one folder, in the order of their first members; images without date and time come last, each a
  /// group of its own.
  /// - Parameters:
  ///   - images: paths of images that all lie directly in `folder`, each once, in any order.
  ///   - project: the project's id.
  ///   - folder: relative to the project's root.
  public static func groups(
    of images: [RelativePath], project: String, folder: RelativePath, rules: GroupingRules = .init()
  ) -> [ImageGroup] {
    var walk = Walk(images, rules)
    let found = walk.allGroups() + walk.alone
    return found.map { walk.group($0, project: project, folder: folder) }
  }

  private struct Member {
    let name: String
    let stem: String
    let facts: ImageName
  }

  /// Members by their index in the sorted list.
  private struct Found {
    var members: [Int]
    var flags: Set<ImageGroup.Flag> = []
  }

  private struct Walk {
    let rules: GroupingRules
    /// Those that can have neighbours, sorted; then the others.
    private let members: [Member]
    private let countInWalk: Int
    private let doubledStems: Set<RelativePath>
    /// The chain of images without a group: the next one, `countInWalk` or more at the end, and the one before, −1 at
    /// the start.
    private var next: [Int]
    private var previous: [Int]
    private var wasSkipped: [Bool]

    init(_ images: [RelativePath], _ rules: GroupingRules) {
      self.rules = rules
      let all = images.map {
        Member(name: $0.name, stem: $0.stem, facts: ImageName.parse($0.name, stages: rules.stages))
      }
      var stems: [RelativePath: Int] = [:]
      for member in all { stems[RelativePath(member.stem), default: 0] += 1 }
      let doubled = Set(stems.filter { $0.value > 1 }.keys)
      func isAlone(_ member: Member) -> Bool {
        member.facts.timestamp == nil || doubled.contains(RelativePath(member.stem))
      }
      let walked = all.filter { !isAlone($0) }.sorted(by: Self.precedes)
      members = walked + all.filter(isAlone).sorted(by: Self.precedes)
      countInWalk = walked.count
      doubledStems = doubled
      next = members.indices.map { $0 + 1 }
      previous = members.indices.map { $0 - 1 }
      wasSkipped = Array(repeating: false, count: members.count)
    }

    private static func precedes(_ a: Member, _ b: Member) -> Bool {
      let (first, second) = (a.facts.timestamp ?? .max, b.facts.timestamp ?? .max)
      if first != second { return first < second }
      if a.facts.rank != b.facts.rank { return a.facts.rank < b.facts.rank }
      return a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    }

    /// The groups of one: no date and time, or a stem that is not theirs alone.
    var alone: [Found] { (countInWalk..<members.count).map { Found(members: [$0]) } }

    mutating func allGroups() -> [Found] {
      var groups: [Found] = []
      var hasGroup = Array(repeating: false, count: countInWalk)
      for start in 0..<countInWalk where !hasGroup[start] {
        var group = Found(members: [start])
        if wasSkipped[start] { group.flags.insert(.outOfOrder) }
        var current = start
        while let (best, skipped) = nextMember(after: current) {
          for index in skipped { wasSkipped[index] = true }
          if !skipped.isEmpty || wasSkipped[best] { group.flags.insert(.outOfOrder) }
          group.members.append(best)
          current = best
        }
        for member in group.members {
          hasGroup[member] = true
          takeOut(member)
        }
        groups.append(group)
      }
      return groups
    }

    /// The next member of a group, and the images between that are passed over.
    private func nextMember(after current: Int) -> (best: Int, skipped: [Int])? {
      let from = members[current].facts
      var best: Int?
      var seen: [Int] = []
      var index = next[current]
      while index < countInWalk, seen.count < rules.lookahead {
        let facts = members[index].facts
        if facts.rank <= from.rank { break }
        if (facts.timestamp ?? .max) - (from.timestamp ?? .max) > rules.maxGap { break }
        if best.map({ facts.rank < members[$0].facts.rank }) ?? true { best = index }
        seen.append(index)
        index = next[index]
      }
      return best.map { best in (best, seen.filter { $0 < best }) }
    }

    /// Takes an image out of the chain.
    private mutating func takeOut(_ index: Int) {
      let (before, after) = (previous[index], next[index])
      if before >= 0 { next[before] = after }
      if after < countInWalk { previous[after] = before }
    }

    func group(_ found: Found, project: String, folder: RelativePath) -> ImageGroup {
      let list = found.members.map { members[$0] }
      var flags = found.flags
      if list.count > rules.maxGroupSize { flags.insert(.tooLarge) }
      if list.contains(where: { $0.facts.timestamp == nil }) { flags.insert(.noTimestamp) }
      if list.contains(where: { $0.facts.rank == .unknown }) { flags.insert(.unknownStage) }
      if found.members.contains(where: hasTwin) { flags.insert(.repeatedStage) }
      let isDoubled = doubledStems.contains(RelativePath(list[0].stem))
      if isDoubled { flags.insert(.sameStem) }
      // The stem does not tell one of two such images from the other; the whole name does.
      let id =
        isDoubled
        ? GroupID(project: project, folder: folder, image: list[0].name)
        : GroupID(project: project, folder: folder, stems: list.map(\.stem))
      return ImageGroup(
        id: id, folder: folder, images: list.map(\.name),
        stages: list.map(\.facts.stageName), flags: flags)
    }

    private func hasTwin(_ index: Int) -> Bool {
      guard index < countInWalk else { return false }
      return [index - 1, index + 1].contains { other in
        (0..<countInWalk).contains(other) && members[other].facts.timestamp == members[index].facts.timestamp
          && members[other].facts.rank == members[index].facts.rank
      }
    }
  }
}
