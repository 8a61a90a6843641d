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

  /// - Parameters:
  ///   - digests: of the files that were read now.
  ///   - reviews: the review orders of the project, the newest first: what they were about is not grouped anew.
  init(
    _ comparison: CatalogComparison, digests: [RelativePath: Digest], reviews: [CarriedOutReview] = [],
    project: String, rules: GroupingRules
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
    let carriedOut = Self.carriedOut(reviews)
    // What was moved counts as it was then, and belongs to its group also when nobody knows where it is now.
    for review in reviews.reversed() where !review.isUndone {
      for image in review.images {
        folders[image.origin.folder, default: [:]][image.origin] = .some(image.digest)
      }
    }
    let firstSeen = carriedOut.isEmpty ? [:] : Self.firstSeen(comparison)
    for folder in folders.keys.sorted() {
      let members = folders[folder] ?? [:]
      images += members.count
      let partition = Grouping.partition(
        of: members.keys.sorted(), project: project, folder: folder, rules: rules,
        carriedOut: carriedOut[folder] ?? [], firstSeen: { firstSeen[$0] })
      for group in partition.groups {
        groups.append(
          GroupRecord(group: group, digests: group.images.map { members[folder.appending($0)] ?? nil }))
      }
      findings += partition.late.map { Self.late($0, partition, project) }
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

  /// By folder, the newest first. An order that took images from two folders was about no group of the catalog.
  private static func carriedOut(_ reviews: [CarriedOutReview]) -> [RelativePath: [CarriedOutGroup]] {
    var groups: [RelativePath: [CarriedOutGroup]] = [:]
    for review in reviews {
      let images = review.images.map(\.origin)
      guard let folder = images.first?.folder, images.allSatisfy({ $0.folder == folder }) else { continue }
      groups[folder, default: []].append(
        CarriedOutGroup(
          id: GroupID(review.group), images: images, time: review.intendedAt, isUndone: review.isUndone))
    }
    return groups
  }

  private static func firstSeen(_ comparison: CatalogComparison) -> [RelativePath: Int64] {
    var times: [RelativePath: Int64] = [:]
    for file in comparison.taken + comparison.unseen + comparison.present.compactMap(\.known)
    where file.kind == .image {
      times[file.origin] = file.firstSeen
    }
    return times
  }

  private static func late(
    _ late: GroupPartition.Late, _ partition: GroupPartition, _ project: String
  ) -> Diagnostic {
    let paths = partition.groups.first { $0.id == late.group }?.paths ?? []
    let names = paths.map { FileSystem.shown($0.rawValue) }.joined(separator: ", ")
    return Diagnostic(
      .warning, code: "late-image",
      "\(project): \(names) came after group \(late.of) was carried out; that group stays what it was, and group \(late.group) waits for a decision of its own",
      help:
        "decide group \(late.group) by itself; `darkroom undo --group \(late.of)` takes the other decision back"
    )
  }
}
