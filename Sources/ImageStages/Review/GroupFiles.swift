import FileSystem
import ImageCatalog
import PipelineCore

/// The companion sets of a group as they lie in their folder now, by names in that folder.
struct GroupFiles {
  /// The set of each image that is there, by the image's name.
  let sets: [RelativePath: ImageSet]
  /// Images whose set cannot be told, with the reason.
  let held: [RelativePath: Diagnostic]
  /// Sidecars of the whole group, written by the older system: they travel with the picked image.
  let groupSidecars: [RelativePath]

  /// Looks at the group's folder.
  /// - Throws: an error when the folder cannot be read; a folder that is not there has no sets.
  init(_ record: GroupRecord, project: ImageProject) throws {
    let folder = project.path(record.group.folder)
    var files: [ListedFile] = []
    // A project whose root is not there is the catalog's error; here a folder may have gone with its last file.
    if try FileStatus(following: folder) != nil {
      files = try ProjectListing.scan(root: folder, production: project.production).entries
        .filter { $0.folder == "" }
    }
    let made = CompanionSets.make(files)
    let members = Set(record.group.images.map { RelativePath($0) })
    sets = Dictionary(made.sets.filter { members.contains($0.image) }.map { ($0.image, $0) }) { first, _ in
      first
    }
    var held: [RelativePath: Diagnostic] = [:]
    for image in made.heldImages where members.contains(image) {
      held[image] =
        made.conflicts.first { $0.message.contains(image.rawValue) }
        ?? Diagnostic(code: "set-held", "\(image) cannot be moved with its companions")
    }
    self.held = held
    groupSidecars = made.orphans.filter { orphan in
      orphan.lowercasedExtension == "decision" && Self.isSidecar("\(folder)/\(orphan)", of: members)
    }
  }

  private static func isSidecar(_ path: String, of members: Set<RelativePath>) -> Bool {
    // `try?`: a sidecar that cannot be read belongs to no group that we know; the catalog reports it as an orphan.
    guard let bytes = try? FileSystem.read(path),
      case .group(let sidecar)? = try? DecisionSidecar.read(bytes, path: path)  // See above.
    else { return false }
    return !sidecar.images.isEmpty && sidecar.images.allSatisfy { members.contains(RelativePath($0)) }
  }
}
