public import FileSystem

/// Variants of one picture: images of one folder that a person reviews together.
public struct ImageGroup: Sendable, Equatable {
  /// Why a person should look twice.
  public enum Flag: String, Sendable, Codable, CaseIterable {
    /// More images than ``GroupingRules/maxGroupSize``.
    case tooLarge = "too-large"
    /// An image whose name begins with no date and time; it is a group of one.
    case noTimestamp = "no-timestamp"
    /// An image whose name tells no stage.
    case unknownStage = "unknown-stage"
    /// The walk passed over images between members, or passed over this one: the stages do not rise with time.
    case outOfOrder = "out-of-order"
    /// Another image of the folder has a member's date, time and stage.
    case repeatedStage = "repeated-stage"
    /// Another image of the folder has the same name but for the extension; it is a group of one.
    case sameStem = "same-stem"
  }

  /// Stable: made of project, folder and the members' stems.
  public var id: GroupID
  /// Relative to the project's root; empty for the root itself.
  public var folder: RelativePath
  /// The members' names in the order of date, time, stage and name; at least one.
  public var images: [String]
  /// The members' stages, ``ProductionStages/unknownName`` where the name tells none.
  public var stages: [String]
  /// What is odd about it.
  public var flags: Set<Flag>

  /// Whether a person should look twice. Such a group is reviewed like all others.
  public var isAmbiguous: Bool { !flags.isEmpty }

  /// The members' paths relative to the project's root.
  public var paths: [RelativePath] { images.map { folder.appending($0) } }

  public init(id: GroupID, folder: RelativePath, images: [String], stages: [String], flags: Set<Flag>) {
    self.id = id
    self.folder = folder
    self.images = images
    self.stages = stages
    self.flags = flags
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.id == b.id && a.folder == b.folder && a.flags == b.flags && a.images.hasSameBytes(as: b.images)
      && a.stages.hasSameBytes(as: b.stages)
  }
}

extension ImageGroup: Codable {
  private enum Key: String, CodingKey { case id, folder, images, stages, flags }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    id = try container.decode(GroupID.self, forKey: .id)
    folder = try container.decode(RelativePath.self, forKey: .folder)
    images = try container.decode([String].self, forKey: .images)
    stages = try container.decode([String].self, forKey: .stages)
    flags = Set(try container.decode([Flag].self, forKey: .flags))
  }

  /// Flags in the order of their names: a set has none of its own.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(id, forKey: .id)
    try container.encode(folder, forKey: .folder)
    try container.encode(images, forKey: .images)
    try container.encode(stages, forKey: .stages)
    try container.encode(flags.sorted { $0.rawValue < $1.rawValue }, forKey: .flags)
  }
}

extension [String] {
  /// Whether the texts have the same UTF-8 bytes: `==` of texts takes `é` in one code point and in two as equal.
  func hasSameBytes(as others: [String]) -> Bool {
    count == others.count && zip(self, others).allSatisfy { $0.hasSameBytes(as: $1) }
  }
}

extension String {
  /// Whether the UTF-8 bytes are the same.
  func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension String? {
  /// Whether both are absent or have the same UTF-8 bytes.
  func hasSameBytes(as other: String?) -> Bool {
    switch (self, other) {
    case (nil, nil): true
    case (let a?, let b?): a.utf8.elementsEqual(b.utf8)
    default: false
    }
  }
}
