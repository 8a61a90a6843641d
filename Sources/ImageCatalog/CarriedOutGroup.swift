public import FileSystem

/// A group of which a decision was carried out: it stays what it was, and images that come later are no members.
public struct CarriedOutGroup: Sendable {
  public var id: GroupID
  /// The members' paths relative to the project's root.
  public var images: [RelativePath]
  /// When it was carried out, in microseconds since 1970.
  public var time: Int64
  /// Whether it was taken back. Then the group is kept together against late images only: it is as any other when the
  /// rules changed or a member is gone.
  public var isUndone: Bool

  public init(id: GroupID, images: [RelativePath], time: Int64, isUndone: Bool) {
    self.id = id
    self.images = images
    self.time = time
    self.isUndone = isUndone
  }
}

/// The groups of one folder: every image is in exactly one.
public struct GroupPartition: Sendable {
  /// A group of images that came when the group to which the rule would have given them was carried out.
  public struct Late: Sendable, Equatable {
    /// The group that they are now.
    public var group: GroupID
    /// The group that they came too late for.
    public var of: GroupID

    public init(group: GroupID, of: GroupID) {
      self.group = group
      self.of = of
    }
  }

  /// In the order of their first members.
  public var groups: [ImageGroup]
  /// In the order of the groups.
  public var late: [Late]
}
