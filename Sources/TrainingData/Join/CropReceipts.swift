public import PipelineCore

/// The crops that custody made of a project, in the order of the bytes of their groups' ids.
public struct CropReceipts: Sendable {
  private var names: [UInt8] = []
  /// Where each group's id ends in ``names``.
  private var ends: [Int] = []
  fileprivate var digests: [Digest] = []

  public init() {}

  public var count: Int { ends.count }

  /// Adds a crop. Groups come in ascending order; of several crops of one group the last one counts.
  /// - Parameter digest: of the crop's file.
  public mutating func add(group: some Collection<UInt8>, digest: Digest) {
    if let last = ends.indices.last, self.group(last).elementsEqual(group) {
      digests[last] = digest
      return
    }
    names.append(contentsOf: group)
    ends.append(names.count)
    digests.append(digest)
  }

  /// The bytes of a group's id.
  func group(_ index: Int) -> ArraySlice<UInt8> { names[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }
  func digest(_ index: Int) -> Digest { digests[index] }

  /// The first crop whose group is not below this one.
  func index(from group: UnsafeRawBufferPointer) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self.group(middle).lexicographicallyPrecedes(group) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension CropReceipts {
  /// The first 64 bits of all crops' digests.
  public var contents: Set<UInt64> { Set(digests.map(\.leadingWords.high)) }
}
