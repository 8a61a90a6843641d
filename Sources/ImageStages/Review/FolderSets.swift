import FileSystem
import ImageCatalog
import PipelineCore
import Synchronization

/// The companion sets of one folder at one moment, by names in that folder.
struct FolderSets: Sendable {
  /// The set of each image that may move.
  private(set) var sets: [RelativePath: ImageSet] = [:]
  /// Images whose set cannot be told, with the reason.
  private(set) var held: [RelativePath: Diagnostic] = [:]
  /// Sidecars of whole groups, which the older system wrote, by the first of their images.
  private(set) var groupSidecars: [RelativePath: [GroupSidecarFile]] = [:]

  struct GroupSidecarFile: Sendable {
    var path: RelativePath
    var images: Set<RelativePath>
  }

  /// Looks at a folder, absolute; one that is not there has no sets.
  init(folder: String) throws {
    // A project whose root is not there is the catalog's error; here a folder may have gone with its last file.
    guard try FileStatus(following: folder) != nil else { return }
    let made = CompanionSets.make(try ProjectListing.scan(folder: folder).entries)
    for set in made.sets { sets[set.image] = set }
    held = made.reasons
    for orphan in made.orphans where orphan.lowercasedExtension == "decision" {
      guard let images = Self.images(ofSidecar: "\(folder)/\(orphan)"), let first = images.first else {
        continue
      }
      groupSidecars[first, default: []].append(GroupSidecarFile(path: orphan, images: Set(images)))
    }
  }

  private static func images(ofSidecar path: String) -> [RelativePath]? {
    // `try?`: a sidecar that cannot be read belongs to no group that we know; the catalog reports it as an orphan.
    guard let bytes = try? FileSystem.read(path),
      case .group(let sidecar)? = try? DecisionSidecar.read(bytes, path: path)  // See above.
    else { return nil }
    return sidecar.images.map { RelativePath($0) }
  }
}

/// The folders that a run's reviews take images from. Looking at a folder of 100,000 files once for each of its groups
/// would take hours, and no group's files are another group's: so one look serves all groups for some seconds.
///
/// What comes to a folder after the look moves with its image only if the next look is before that image's turn; the audit
/// tells of a companion that was left behind. What was moved, removed or changed after the look stops the order in custody,
/// which knows each file again before it moves.
final class FolderLooks: Sendable {
  private struct Look {
    var sets: FolderSets
    var expiry: ContinuousClock.Instant
  }

  private let looks = Mutex<[RelativePath: Look]>([:])
  private let now: @Sendable () -> ContinuousClock.Instant

  /// A look holds for this long, or for this many times what it took: so looking never costs more than 5 % of the time.
  private static let shortest = Duration.seconds(1)
  private static let share = 20

  init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) { self.now = now }

  /// The sets of a folder, absolute, as they were some seconds ago at most.
  /// - Parameter isNew: whether it is to be looked at now, such as after files came back to it.
  func sets(in folder: String, isNew: Bool) throws -> FolderSets {
    let key = RelativePath(folder)
    // Held while looking: whoever waits would otherwise look, too.
    return try looks.withLock { looks in
      let start = now()
      if !isNew, let look = looks[key], start < look.expiry { return look.sets }
      let sets = try FolderSets(folder: folder)
      let end = now()
      looks[key] = Look(sets: sets, expiry: end + max(Self.shortest, (end - start) * Self.share))
      return sets
    }
  }
}
