public import PipelineCore

/// Which images are nearly the same, by their perceptual hashes, and which lineages belong together for it. Pure.
///
/// Two images are near-duplicates when their hashes differ in at most ``distance`` bits and both say enough of their
/// images (``isTelling(_:)``). Lineages belong together when images of theirs are near-duplicates, directly or through
/// others. What comes out depends on the set of images only, not on their order.
public struct NearDuplicates: Sendable, Equatable {
  /// In how many of the 64 bits the hashes of near-duplicates differ at most, 0 to 16.
  ///
  /// 4 by measurement on generated pictures: it holds 99 % of recompressed and of resized copies, 89 to 96 % of copies
  /// cropped by a hundredth on each side, 65 to 83 % by two, and nearly none that are cropped by more or mirrored; and
  /// none of 20,000 pairs of different pictures. In a series of 10,000 portraits that are much alike, the largest
  /// cluster has 0.4 % of all; with a distance of 6 it has 5 %, and with 8 a third.
  public let distance: Int

  /// The least ``information(_:)`` of a hash that is compared, 0 to 32. Below it, the hash of an unrelated image of the
  /// same kind is too likely to be near: flat images, gradients and stripes would all be one cluster.
  ///
  /// 8 by measurement: without it, the largest cluster of those portraits has 3 % of all; with 12 it has a handful, but
  /// a third of the portraits could not be compared at all, instead of 6 %.
  public let leastInformation: Int

  public init(distance: Int = 4, leastInformation: Int = 8) {
    self.distance = min(max(distance, 0), 16)
    self.leastInformation = min(max(leastInformation, 0), 32)
  }

  /// How much a hash says, 0 to 32: the least of how many of its bits are set, how many are not, and how many differ from
  /// the bit below, and from the bit to the right, in its 8 rows of 8.
  ///
  /// A flat image has no bits set, a gradient none or all; where light falls off to the sides only, or stripes are all
  /// there is, all rows are the same, or all columns.
  public static func information(_ hash: UInt64) -> Int {
    let down = (hash ^ hash >> 8) & 0x00FF_FFFF_FFFF_FFFF
    let across = (hash ^ hash >> 1) & 0x7F7F_7F7F_7F7F_7F7F
    let set = hash.nonzeroBitCount
    return min(min(set, 64 - set), min(down.nonzeroBitCount, across.nonzeroBitCount))
  }

  /// Whether a hash says enough of its image to compare it.
  public func isTelling(_ hash: UInt64) -> Bool { Self.information(hash) >= leastInformation }

  /// Pairs of images that connect all near-duplicates, and not one pair too many: who unites what they name has the
  /// clusters. The pairs need not be near-duplicates of each other.
  /// - Parameter hashes: of at most 2³¹ images; the pairs are their indices.
  public func links(_ hashes: [UInt64]) -> [(Int, Int)] {
    var entries: [HashEntry] = []
    for (index, hash) in hashes.enumerated() where isTelling(hash) {
      entries.append(HashEntry(hash: hash, index: Int32(index)))
    }
    entries.sort { ($0.hash, $0.index) < ($1.hash, $1.index) }
    // Of equal hashes one goes on for all: however many they are, they cost nothing more.
    var links: [(Int, Int)] = []
    var distinct: [HashEntry] = []
    for entry in entries {
      if let last = distinct.last, last.hash == entry.hash {
        links.append((Int(last.index), Int(entry.index)))
      } else {
        distinct.append(entry)
      }
    }
    var search = NearHashSearch(distance: distance, images: hashes.count)
    search.run(&distinct)
    return links + search.links
  }

  /// The clusters of lineages.
  /// - Parameters:
  ///   - images: the lineage and the hash of each image, in any order; a lineage may have any number of images.
  ///   - contents: what else connects lineages: files of theirs, each with a number that stands for its content.
  public func clusters(
    _ images: some Sequence<(lineage: String, hash: UInt64)>,
    contents: [(lineage: String, content: UInt64)] = []
  ) -> NearDuplicateClusters {
    var numbers: [LineageName: Int32] = [:]
    var names: [LineageName] = []
    func number(_ lineage: String) -> Int32 {
      let name = LineageName(text: lineage)
      if let number = numbers[name] { return number }
      let next = Int32(names.count)
      numbers[name] = next
      names.append(name)
      return next
    }
    var owners: [Int32] = []
    var hashes: [UInt64] = []
    for image in images {
      owners.append(number(image.lineage))
      hashes.append(image.hash)
    }
    let files = contents.map { (owner: number($0.lineage), content: $0.content) }
    var sets = DisjointSets(count: names.count)
    for (a, b) in links(hashes) { _ = sets.unite(owners[a], owners[b]) }
    var first: [UInt64: Int32] = [:]
    for file in files {
      if let other = first[file.content] { _ = sets.unite(other, file.owner) }
      first[file.content] = file.owner
    }

    var members: [Int32: [LineageName]] = [:]
    for number in names.indices {
      let root = sets.root(Int32(number))
      if root != Int32(number) { members[root, default: [names[Int(root)]]].append(names[number]) }
    }
    var shares: [Int32: [UInt64]] = [:]
    for (owner, hash) in zip(owners, hashes) where members[sets.root(owner)] != nil {
      shares[sets.root(owner), default: []].append(hash)
    }
    let clusters = members.map { root, names in
      NearDuplicateClusters.Cluster(lineages: names.sorted(), hashes: shares[root] ?? [], rule: self)
    }
    return NearDuplicateClusters(
      rule: self, clusters: clusters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) },
      lineages: names.count, images: hashes.count, silent: hashes.count { !isTelling($0) })
  }
}

/// Lineages that belong together because images of theirs are nearly the same.
public struct NearDuplicateClusters: Sendable {
  /// Two or more lineages.
  public struct Cluster: Sendable, Equatable {
    /// Sorted by their bytes.
    public let lineages: [String]
    /// How many images they have, near-duplicates or not.
    public let images: Int
    /// In how many bits an image's hash differs at most from the least hash of the cluster. Far more than the rule's
    /// distance means a chain: similar images in a row, whose ends have little in common.
    public let spread: Int

    /// The bytewise smallest of its lineages, which stands for all.
    public var name: String { lineages[0] }

    fileprivate init(lineages: [LineageName], hashes: [UInt64], rule: NearDuplicates) {
      self.lineages = lineages.map(\.text)
      images = hashes.count
      let telling = hashes.filter(rule.isTelling)
      let least = telling.min() ?? 0
      spread = telling.reduce(0) { max($0, ($1 ^ least).nonzeroBitCount) }
    }
  }

  /// The rule that made them.
  public let rule: NearDuplicates
  /// Sorted by the bytes of their names.
  public let clusters: [Cluster]
  /// How many lineages there are, in clusters or not.
  public let lineages: Int
  /// How many images they have.
  public let images: Int
  /// How many of these have a hash that says too little to be compared.
  public let silent: Int
  private let places: [LineageName: Int]

  fileprivate init(rule: NearDuplicates, clusters: [Cluster], lineages: Int, images: Int, silent: Int) {
    self.rule = rule
    self.clusters = clusters
    self.lineages = lineages
    self.images = images
    self.silent = silent
    var places: [LineageName: Int] = [:]
    for (index, cluster) in clusters.enumerated() {
      for lineage in cluster.lineages { places[LineageName(text: lineage)] = index }
    }
    self.places = places
  }

  /// The name of the cluster that a lineage belongs to; its own when it is alone or unknown.
  public func name(of lineage: String) -> String {
    places[LineageName(text: lineage)].map { clusters[$0].name } ?? lineage
  }

  /// A warning for each cluster that is so large that splits by cluster may be far from their shares: a split of a
  /// tenth of all lineages would be half one picture with 5 %.
  /// - Parameters:
  ///   - share: of all lineages, 0 to 1; a larger cluster is told.
  ///   - least: clusters of fewer lineages are never told: in a small project any pair is a large share.
  public func findings(share: Double = 0.05, least: Int = 10) -> [Diagnostic] {
    clusters.filter { $0.lineages.count >= least && Double($0.lineages.count) > share * Double(lineages) }
      .map { cluster in
        let percent = Int((Double(cluster.lineages.count) * 100 / Double(lineages)).rounded())
        return Diagnostic(
          .warning, code: "near-duplicates-large",
          "\(cluster.lineages.count) of \(lineages) lineages (\(percent) %) are near-duplicates of each other, directly or "
            + "through others, and go to one split together: \(cluster.name) and the rest",
          notes: [
            .init(
              "hashes of its \(cluster.images) images differ in up to \(cluster.spread) of 64 bits"
                + (cluster.spread > 2 * rule.distance ? ": a chain of similar images" : ""))
          ],
          help: "if these are different pictures, compare with a smaller distance than \(rule.distance)")
      }
  }
}

/// A lineage by the bytes of its name.
private struct LineageName: Hashable, Comparable {
  let text: String

  static func == (a: Self, b: Self) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
  static func < (a: Self, b: Self) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }
  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

/// An image's hash.
private struct HashEntry {
  var hash: UInt64
  /// The image.
  var index: Int32
}

/// Finds all pairs of hashes that differ in few bits: multi-index hashing, after Norouzi, Punjani and Fleet, "Fast Search
/// in Hamming Space with Multi-Index Hashing" (CVPR 2012), repeated inside whatever is still large.
///
/// Of `distance` + 1 bands of bits, two near hashes agree in at least one. So only hashes that agree in a band are
/// compared; and where these are many, because images have something in common, they are searched the same way by
/// bands of the bits that are left.
private struct NearHashSearch {
  let distance: Int
  /// What was united, as pairs of images.
  private(set) var links: [(Int, Int)] = []
  private var sets: DisjointSets

  /// So many are compared each with each.
  private static let few = 96

  init(distance: Int, images: Int) {
    self.distance = distance
    sets = DisjointSets(count: images)
  }

  /// - Parameter entries: all of different hashes; their order changes.
  mutating func run(_ entries: inout [HashEntry]) {
    entries.withUnsafeMutableBufferPointer { search($0, free: .max) }
  }

  /// - Parameter free: the bits in which the entries may differ.
  private mutating func search(_ entries: UnsafeMutableBufferPointer<HashEntry>, free: UInt64) {
    if entries.count <= Self.few { return compare(entries) }
    // Nothing can come of them that is not known: without this, a ball of hashes would be searched for ever.
    if areUnited(entries) { return }
    if free.nonzeroBitCount <= distance {
      for entry in entries.dropFirst() { unite(entries[0], entry) }
      return
    }
    var entries = entries
    for band in bands(of: free) {
      entries.sort { $0.hash & band < $1.hash & band }
      var start = 0
      while start < entries.count {
        var end = start + 1
        while end < entries.count, (entries[start].hash ^ entries[end].hash) & band == 0 { end += 1 }
        if end - start > 1 {
          search(UnsafeMutableBufferPointer(rebasing: entries[start..<end]), free: free & ~band)
        }
        start = end
      }
    }
  }

  /// Spreads bits over `distance` + 1 bands, each taking from all over the image: parts of images are flat.
  private func bands(of free: UInt64) -> [UInt64] {
    var bands = [UInt64](repeating: 0, count: distance + 1)
    var rest = free
    var turn = 0
    while rest != 0 {
      let lowest = rest & (~rest &+ 1)
      bands[turn % bands.count] |= lowest
      rest ^= lowest
      turn += 1
    }
    return bands
  }

  private mutating func compare(_ entries: UnsafeMutableBufferPointer<HashEntry>) {
    for a in entries.indices {
      let hash = entries[a].hash
      for b in a + 1..<entries.count where (hash ^ entries[b].hash).nonzeroBitCount <= distance {
        unite(entries[a], entries[b])
      }
    }
  }

  private mutating func areUnited(_ entries: UnsafeMutableBufferPointer<HashEntry>) -> Bool {
    let root = sets.root(entries[0].index)
    for entry in entries where sets.root(entry.index) != root { return false }
    return true
  }

  private mutating func unite(_ a: HashEntry, _ b: HashEntry) {
    if sets.unite(a.index, b.index) { links.append((Int(a.index), Int(b.index))) }
  }
}

/// Union-find with path halving, after Tarjan and van Leeuwen (JACM 1984).
private struct DisjointSets {
  private var parents: [Int32]

  init(count: Int) { parents = (0..<Int32(count)).map { $0 } }

  mutating func root(_ element: Int32) -> Int32 {
    var element = Int(element)
    while Int(parents[element]) != element {
      parents[element] = parents[Int(parents[element])]
      element = Int(parents[element])
    }
    return Int32(element)
  }

  /// Whether they were apart.
  mutating func unite(_ a: Int32, _ b: Int32) -> Bool {
    let (a, b) = (root(a), root(b))
    parents[Int(max(a, b))] = min(a, b)
    return a != b
  }
}
