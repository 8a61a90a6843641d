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
///
/// A group of which a decision was carried out stays what it was. The rule is applied to all images as if it were not
/// so, for that leaves the groups beside it as they were; then what it gave to a carried-out group, and is none of its
/// members, is a group of its own.
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
    partition(of: images, project: project, folder: folder, rules: rules).groups
  }

  /// The groups of one folder, of which some were carried out.
  /// - Parameters:
  ///   - images: paths of images that all lie directly in `folder`, or did, each once, in any order.
  ///   - carriedOut: the newest first. One that shares an image with a newer one, or that has an image which is not among
  ///     `images`, has no effect.
  ///   - firstSeen: when an image was first seen, in microseconds since 1970; `nil` for one that is seen only now.
  public static func partition(
    of images: [RelativePath], project: String, folder: RelativePath, rules: GroupingRules = .init(),
    carriedOut: [CarriedOutGroup] = [], firstSeen: (RelativePath) -> Int64? = { _ in nil }
  ) -> GroupPartition {
    var walk = Walk(images, rules)
    var found = walk.allGroups() + walk.alone
    var late: [GroupPartition.Late] = []
    if !carriedOut.isEmpty {
      found = walk.keep(carriedOut, found) { firstSeen(folder.appending($0)) }
    }
    let groups = found.map { found in
      let group = walk.group(found, project: project, folder: folder)
      if let missed = found.lateFor { late.append(GroupPartition.Late(group: group.id, of: missed)) }
      return group
    }
    return GroupPartition(groups: groups, late: late)
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
    /// The id of a group that was carried out; the others' follows from their members.
    var id: GroupID?
    /// The group that was carried out before these came.
    var lateFor: GroupID?
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

    // MARK: Groups that were carried out

    /// Gives carried-out groups their members back, and groups of their own to what came to them.
    func keep(_ carriedOut: [CarriedOutGroup], _ found: [Found], _ firstSeen: (String) -> Int64?) -> [Found] {
      var groupOf: [Int: Int] = [:]
      for (number, group) in found.enumerated() { for index in group.members { groupOf[index] = number } }
      var keepers: [Int: CarriedOutGroup] = [:]
      var result: [Found] = []
      for (group, indices) in kept(carriedOut, found, groupOf, firstSeen) {
        for index in indices { keepers[index] = group }
        // A group that the rule gives as it was has its flags, too.
        let same = groupOf[indices[0]].map { found[$0] }.flatMap { $0.members == indices ? $0 : nil }
        result.append(Found(members: indices, flags: same?.flags ?? [], id: group.id))
      }
      for group in found {
        guard let keeper = group.members.lazy.compactMap({ keepers[$0] }).first else {
          result.append(group)
          continue
        }
        for part in parts(group.members.filter { keepers[$0] == nil }) {
          let isLate = part.contains { firstSeen(members[$0].name) ?? .max > keeper.time }
          result.append(Found(members: part, lateFor: isLate ? keeper.id : nil))
        }
      }
      return result.sorted { $0.members[0] < $1.members[0] }
    }

    /// The carried-out groups that are kept, with their members.
    private func kept(
      _ carriedOut: [CarriedOutGroup], _ found: [Found], _ groupOf: [Int: Int],
      _ firstSeen: (String) -> Int64?
    ) -> [(CarriedOutGroup, [Int])] {
      let positions = Dictionary(members.indices.map { (RelativePath(members[$0].name), $0) }) { first, _ in
        first
      }
      var taken: Set<Int> = []
      return carriedOut.compactMap { group in
        let indices = group.images.compactMap { positions[RelativePath($0.name)] }.sorted()
        guard !indices.isEmpty, indices.count == group.images.count, taken.isDisjoint(with: indices) else {
          return nil
        }
        if group.isUndone {
          let others = Set(indices.compactMap { groupOf[$0] }).flatMap { found[$0].members }
            .filter { !indices.contains($0) && !taken.contains($0) }
          guard !others.isEmpty, others.allSatisfy({ firstSeen(members[$0].name) ?? .max > group.time })
          else { return nil }
        }
        taken.formUnion(indices)
        return (group, indices)
      }
    }

    /// Members whose stages rise, as groups: two are in one when the time between them is not too long.
    private func parts(_ indices: [Int]) -> [[Int]] {
      var parts: [[Int]] = []
      for index in indices {
        if let last = parts.last?.last,
          (members[index].facts.timestamp ?? .max) - (members[last].facts.timestamp ?? 0) <= rules.maxGap
        {
          parts[parts.count - 1].append(index)
        } else {
          parts.append([index])
        }
      }
      return parts
    }

    func group(_ found: Found, project: String, folder: RelativePath) -> ImageGroup {
      var list = found.members.map { members[$0] }
      // A member of a carried-out group may have got a twin meanwhile, and be among those outside the walk.
      if found.id != nil { list.sort(by: Self.precedes) }
      var flags = found.flags
      if list.count > rules.maxGroupSize { flags.insert(.tooLarge) }
      if list.contains(where: { $0.facts.timestamp == nil }) { flags.insert(.noTimestamp) }
      if list.contains(where: { $0.facts.rank == .unknown }) { flags.insert(.unknownStage) }
      if found.members.contains(where: hasTwin) { flags.insert(.repeatedStage) }
      let isDoubled = doubledStems.contains(RelativePath(list[0].stem))
      if isDoubled { flags.insert(.sameStem) }
      // The stem does not tell one of two such images from the other; the whole name does.
      let id =
        found.id
        ?? (isDoubled
          ? GroupID(project: project, folder: folder, image: list[0].name)
          : GroupID(project: project, folder: folder, stems: list.map(\.stem)))
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
