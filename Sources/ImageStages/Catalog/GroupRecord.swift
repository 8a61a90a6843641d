public import FileSystem
public import ImageCatalog
public import PipelineCore

/// A group as the catalog publishes it: one line of `groups_v1/PROJECT.jsonl`.
public struct GroupRecord: Sendable, Equatable {
  /// The group.
  public let group: ImageGroup
  /// The content digest of each image, in the order of ``ImageGroup/images``; `nil` where it could not be read.
  public let digests: [Digest?]

  public init(group: ImageGroup, digests: [Digest?]) {
    self.group = group
    self.digests = digests
  }

  /// The path of an image where the catalog first saw it, relative to the project's root.
  public func origin(of image: String) -> RelativePath { group.folder.appending(image) }

  /// The record as canonical JSON, without a line end.
  public var line: String {
    JSONValue.object([
      "group_id": .string(group.id.rawValue), "folder": .string(group.folder.rawValue),
      "images": .array(group.images.map { .string($0) }),
      "digests": .array(digests.map { $0.map { .string($0.hex) } ?? .null }),
      "stages": .array(group.stages.map { .string($0) }),
      "flags": .array(group.flags.map(\.rawValue).sorted().map { .string($0) }),
    ]).canonical
  }
}
