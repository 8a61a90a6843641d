/// What the join of a project needs to know besides its rows; several threads read it at the same time.
public struct JoinFacts: Sendable {
  /// The project's id.
  public var project: String
  public var firstDigests = FirstDigests()
  public var receipts = CropReceipts()
  /// The texts in file names that tell an image's production stage, in lower case, with its rank; the first one that a
  /// name holds counts.
  public var stages: [(name: String, rank: Double)] = []
  /// The stems of `.decision` files that wait somewhere in the project.
  public var sidecarStems: Set<[UInt8]> = []
  public var lineages = LineageMap()

  public init(project: String) { self.project = project }

  /// The rank of the stage that a file's name tells; 0 for none.
  func rank(ofName name: UnsafeRawBufferPointer) -> Double {
    stages.first { Self.holds(name, $0.name) }?.rank ?? 0
  }

  /// Whether a name holds a text; upper and lower case of ASCII letters are the same.
  private static func holds(_ name: UnsafeRawBufferPointer, _ part: String) -> Bool {
    var part = part
    return part.withUTF8 { part in
      guard let first = part.first, name.count >= part.count else { return false }
      for start in 0...name.count - part.count where lowercase(name[start]) == first {
        var index = 1
        while index < part.count, lowercase(name[start + index]) == part[index] { index += 1 }
        if index == part.count { return true }
      }
      return false
    }
  }

  @inline(__always) private static func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}

/// Why something that the sources have is no row of the dataset.
public enum LeftOut: String, Sendable, CaseIterable {
  /// A machine decided: that is never a label.
  case machine
  /// Nothing was decided.
  case skip
  /// An image was not the one any more that custody saw first when it was decided.
  case digestsChanged = "digests-changed"
  /// A crop of a group without a picked image.
  case withoutPick = "crop-without-pick"
  /// A crop whose row has another size than the image was measured to have.
  case sizeDisagrees = "size-disagrees"
  /// A crop of the older system's logs of a group that has no row.
  case withoutDecision = "crop-without-decision"
  /// A row's crop that the records of the older system hold, too: it is their row.
  case recorded = "in-older-records"
  /// A row's crop that is none of the group's crops in the records of the older system.
  case unlikeRecords = "differs-from-older-records"
}
