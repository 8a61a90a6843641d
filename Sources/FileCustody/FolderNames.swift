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
    /// Folded names, with how many names fold to each.
    var names: [String: Int]
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
      listings[key].flatMap { $0.status.sameContent(as: status) ? $0.names[folded] != nil : nil }
    }
    if let known { return known }
    // The status was taken before the names were: what comes in between is seen as a change next time.
    var names: [String: Int] = [:]
    for entry in try FileSystem.list(folder) { names[Self.folded(entry), default: 0] += 1 }
    let listing = Listing(status: status, names: names)
    listings.withLock { $0[key] = listing }
    return names[folded] != nil
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
        for path in added where RelativePath(path).folder == folder {
          listing.names[Self.folded(RelativePath(path).name), default: 0] += 1
        }
        for path in removed where RelativePath(path).folder == folder {
          let name = Self.folded(RelativePath(path).name)
          if let count = listing.names[name] { listing.names[name] = count > 1 ? count - 1 : nil }
        }
        listing.status = status
        listings[folder] = listing
      }
    }
  }
}
