import FileSystem
import ImageCatalog
import PipelineCore

/// The companion sets of a group as they lie in their folder, by names in that folder.
struct GroupFiles {
  /// The set of each image that is there, by the image's name.
  let sets: [RelativePath: ImageSet]
  /// Images whose set cannot be told, with the reason.
  let held: [RelativePath: Diagnostic]
  /// Sidecars of the whole group, written by the older system: they travel with the picked image.
  let groupSidecars: [RelativePath]

  /// - Parameters:
  ///   - looks: of the run.
  ///   - isNew: whether the folder has to be looked at now.
  /// - Throws: an error when the folder cannot be read; a folder that is not there has no sets.
  init(_ record: GroupRecord, project: ImageProject, looks: FolderLooks, isNew: Bool = false) throws {
    let folder = project.path(record.group.folder)
    let members = record.group.images.map { RelativePath($0) }
    var look = try looks.sets(in: folder, isNew: isNew)
    // Nothing is said of a group's files from a look that may be too old.
    if !isNew, !members.allSatisfy({ look.sets[$0] != nil }) {
      look = try looks.sets(in: folder, isNew: true)
    }
    let all = Set(members)
    sets = Self.pick(members, look.sets)
    held = Self.pick(members, look.held)
    groupSidecars = members.flatMap { look.groupSidecars[$0] ?? [] }.filter { $0.images.isSubset(of: all) }
      .map(\.path).sorted()
  }

  private static func pick<Value>(
    _ members: [RelativePath], _ all: [RelativePath: Value]
  ) -> [RelativePath: Value] {
    var picked: [RelativePath: Value] = [:]
    for member in members { picked[member] = all[member] }
    return picked
  }
}
