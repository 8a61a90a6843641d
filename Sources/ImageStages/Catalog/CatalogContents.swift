import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore

/// The groups of a project from its listing and the registry. Pure.
struct CatalogContents {
  /// Sorted by folder, then in the order of each folder.
  private(set) var groups: [GroupRecord] = []
  private(set) var findings: [Diagnostic] = []
  private(set) var images = 0

  /// - Parameter digests: of the files that were read now.
  init(
    _ comparison: CatalogComparison, digests: [RelativePath: Digest], project: String, rules: GroupingRules
  ) {
    var folders: [RelativePath: [RelativePath: Digest?]] = [:]
    var listed: [RelativePath: [ListedFile]] = [:]
    for entry in comparison.present {
      listed[entry.file.path.folder, default: []].append(entry.file)
      guard entry.file.kind == .image else { continue }
      let digest = entry.isUnchanged ? entry.known?.digest : digests[entry.file.path]
      folders[entry.file.path.folder, default: [:]][entry.file.path] = .some(digest)
    }
    // What cannot be looked at keeps its place in its group as well.
    for file in comparison.taken + comparison.unseen where file.kind == .image {
      if folders[file.origin.folder, default: [:]].updateValue(file.firstDigest, forKey: file.origin) != nil {
        findings.append(
          Diagnostic(
            .warning, code: "name-used-again",
            "\(project): a new image \(file.origin) has the name of one that was moved from there",
            help: "rename the new one; until then it is in no group of its own"))
      }
    }
    for folder in folders.keys.sorted() {
      let members = folders[folder] ?? [:]
      images += members.count
      for group in Grouping.groups(of: members.keys.sorted(), project: project, folder: folder, rules: rules)
      {
        groups.append(
          GroupRecord(group: group, digests: group.images.map { members[folder.appending($0)] ?? nil }))
      }
    }
    for folder in listed.keys.sorted() {
      let sets = CompanionSets.make(listed[folder] ?? [])
      findings += sets.conflicts
      let orphans = sets.orphans.filter { $0.lowercasedExtension == "decision" }
      findings += orphans.map { orphan in
        Diagnostic(
          .warning, code: "orphan-sidecar", "\(project): the sidecar \(orphan) has no image beside it",
          help: "find its image, or move the sidecar out of the project")
      }
    }
  }
}
