import FileSystem
import Synchronization

/// The names in target folders, folded, so that no two files get names that a Mac or a person would take for one. A
/// folder is listed once; what custody itself does to it is followed.
///
/// It guards against names that only look alike. A name that is taken as it stands is refused by the rename itself.
final class FolderNames: Sendable {
  private struct Listing {
    /// The folder's status when the names were right.
    var status: FileStatus
    /// The names as they are: what another thread did may be in a listing before it is followed.
    private var exact: Set<RelativePath> = []
    /// Folded names, with how many names fold to each.
    private var folded: [String: Int] = [:]

    init(status: FileStatus, names: [String]) {
      self.status = status
      for name in names { add(RelativePath(name)) }
    }

    func has(folded name: String) -> Bool { folded[name] != nil }

    mutating func add(_ name: RelativePath) {
      guard exact.insert(name).inserted else { return }
      folded[FolderNames.folded(name.rawValue), default: 0] += 1
    }

    mutating func remove(_ name: RelativePath) {
      guard exact.remove(name) != nil else { return }
      let name = FolderNames.folded(name.rawValue)
      if let count = folded[name] { folded[name] = count > 1 ? count - 1 : nil }
    }
  }
  private let listings = Mutex<[RelativePath: Listing]>([:])

  /// Case and normal form left out. Upper case first, so that `ß` meets `SS` and final sigma the other one; strings
  /// themselves compare by canonical equivalence.
  static func folded(_ name: String) -> String { name.uppercased().lowercased() }

  /// Whether a folder has a name that looks like this one; a missing folder has none.
  func has(_ name: String, in folder: String) throws -> Bool {
    let key = RelativePath(folder)
    guard let status = try FileStatus(following: folder) else { return false }
    let folded = Self.folded(name)
    let known = listings.withLock { listings in
      listings[key].flatMap { $0.status.sameContent(as: status) ? $0.has(folded: folded) : nil }
    }
    if let known { return known }
    // The status was taken before the names were: what comes in between is seen as a change next time.
    let listing = Listing(status: status, names: try FileSystem.list(folder))
    listings.withLock { $0[key] = listing }
    return listing.has(folded: folded)
  }

  /// Follows names that custody gave and took away.
  func follow(added: [String], removed: [String]) throws {
    let folders = Set((added + removed).map { RelativePath($0).folder })
    for folder in folders {
      guard listings.withLock({ $0[folder] != nil }) else { continue }
      let status = try FileStatus(following: folder.rawValue)
      listings.withLock { listings in
        guard let status, var listing = listings.removeValue(forKey: folder) else {
          listings[folder] = nil
          return
        }
        for path in added.map({ RelativePath($0) }) where path.folder == folder {
          listing.add(RelativePath(path.name))
        }
        for path in removed.map({ RelativePath($0) }) where path.folder == folder {
          listing.remove(RelativePath(path.name))
        }
        listing.status = status
        listings[folder] = listing
      }
    }
  }
}
