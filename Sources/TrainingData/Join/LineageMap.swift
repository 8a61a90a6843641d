/// Which groups share a lineage because images of theirs are nearly the same: those have the name of the one that was
/// decided first, of several the bytewise smallest. All others have their own.
///
/// So a later decision gives no group another name, and with that another split, except where it connects lineages: then
/// the younger ones get the name of the oldest. Names that never changed at all would have to forget that groups belong
/// together, or to be kept somewhere besides the decisions.
public struct LineageMap: Sendable, Equatable {
  /// By the group's number, in the order of the bytes of the ids; only groups that share.
  private var names: [Int: [UInt8]] = [:]
  /// How many lineages have several groups.
  public private(set) var clusters = 0
  /// How many groups they have.
  public var groups: Int { names.count }

  public init() {}

  init(names: [Int: [UInt8]], clusters: Int) {
    self.names = names
    self.clusters = clusters
  }

  /// The group whose name a group's lineage has; `nil` for its own.
  func name(_ group: Int) -> [UInt8]? { names.isEmpty ? nil : names[group] }
}

/// What tells that groups belong together, of a part of a project's groups or of all.
public struct GroupTraces: Sendable {
  private var names: [UInt8] = []
  private var ends: [Int] = []
  private var numbers: [Int] = []
  /// When each group was decided, in microseconds since 1970.
  private var moments: [Int64] = []
  private var hashes: [UInt64] = []
  private var hashOwners: [Int32] = []
  private var keys: [(key: UInt64, owner: Int32)] = []

  public init() {}

  /// Begins a group.
  /// - Parameters:
  ///   - number: rises from group to group.
  ///   - decidedAt: microseconds since 1970.
  mutating func add(group: UnsafeRawBufferPointer, number: Int, decidedAt: Int64) {
    moments.append(decidedAt)
    names.append(contentsOf: group)
    ends.append(names.count)
    numbers.append(number)
  }

  /// An image of the group that was added last.
  mutating func add(hash: UInt64) {
    hashes.append(hash)
    hashOwners.append(Int32(ends.count - 1))
  }

  /// A content of the group that was added last: groups with the same content belong together.
  mutating func add(content key: UInt64) { keys.append((key, Int32(ends.count - 1))) }

  /// Appends the traces of the groups that follow.
  public mutating func append(_ other: GroupTraces) {
    let (bytes, groups) = (names.count, Int32(ends.count))
    names += other.names
    ends += other.ends.map { $0 + bytes }
    numbers += other.numbers
    moments += other.moments
    hashes += other.hashes
    hashOwners += other.hashOwners.map { $0 + groups }
    keys += other.keys.map { ($0.key, $0.owner + groups) }
  }

  /// The lineages of all groups.
  public func lineages(_ nearDuplicates: NearDuplicates) -> LineageMap {
    var sets = DisjointGroups(count: ends.count)
    var first: [UInt64: Int32] = [:]
    for (key, owner) in keys {
      if let other = first[key] { sets.join(Int(other), Int(owner)) } else { first[key] = owner }
    }
    for (a, b) in nearDuplicates.links(hashes) {
      sets.join(Int(hashOwners[a]), Int(hashOwners[b]))
    }
    // The root is the smallest of its groups; the one that was decided first gives the name.
    var oldest: [Int: Int] = [:]
    for group in ends.indices {
      let root = sets.root(group)
      if root == group { continue }
      let present = oldest[root] ?? root
      oldest[root] = moments[group] < moments[present] ? group : present
    }
    var found: [Int: [UInt8]] = [:]
    for group in ends.indices {
      guard let oldest = oldest[sets.root(group)] else { continue }
      found[numbers[group]] = Array(names[(oldest == 0 ? 0 : ends[oldest - 1])..<ends[oldest]])
    }
    return LineageMap(names: found, clusters: oldest.count)
  }
}

/// Groups that belong together, directly or through others. The smallest number stands for all.
struct DisjointGroups {
  private var parents: [Int32]

  init(count: Int) { parents = (0..<Int32(count)).map { $0 } }

  mutating func root(_ group: Int) -> Int {
    var group = group
    while Int(parents[group]) != group {
      parents[group] = parents[Int(parents[group])]
      group = Int(parents[group])
    }
    return group
  }

  mutating func join(_ a: Int, _ b: Int) {
    let (a, b) = (root(a), root(b))
    if a != b { parents[max(a, b)] = Int32(min(a, b)) }
  }
}
