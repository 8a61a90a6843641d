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
    /// The names as they are: what two threads tell of one name counts once.
    var names: Set<RelativePath> = []
    /// Folded names, with how many names fold to each.
    var folded: [String: Int] = [:]

    mutating func add(_ name: String) {
      if names.insert(RelativePath(name)).inserted { folded[FolderNames.folded(name), default: 0] += 1 }
    }

    mutating func remove(_ name: String) {
      guard names.remove(RelativePath(name)) != nil else { return }
      let name = FolderNames.folded(name)
      if let count = folded[name] { folded[name] = count > 1 ? count - 1 : nil }
    }
  }
  private let listings = Mutex<[RelativePath: Listing]>([:])
  /// Folded names that orders are about to give, by folder.
  private let claims = Mutex<[RelativePath: Set<String>]>([:])

  /// Case and normal form left out. Upper case first, so that `ß` meets `SS` and final sigma the other one; strings
  /// themselves compare by canonical equivalence.
  static func folded(_ name: String) -> String { name.uppercased().lowercased() }

  /// Keeps names for one order, from before it looks whether they are free until it is done or given up.
  /// - Returns: the first of the paths whose name, or one that looks like it, another order keeps; none is kept then.
  func claim(_ paths: [String]) -> String? {
    claims.withLock { claims in
      let wanted = paths.map { (folder: RelativePath($0).folder, name: Self.folded(RelativePath($0).name)) }
      if let index = wanted.firstIndex(where: { claims[$0.folder]?.contains($0.name) == true }) {
        return paths[index]
      }
      for place in wanted { claims[place.folder, default: []].insert(place.name) }
      return nil
    }
  }

  /// Lets go of names that ``claim(_:)`` kept.
  func release(_ paths: [String]) {
    claims.withLock { claims in
      for path in paths {
        let path = RelativePath(path)
        claims[path.folder]?.remove(Self.folded(path.name))
        if claims[path.folder]?.isEmpty == true { claims[path.folder] = nil }
      }
    }
  }

  /// Whether a folder has a name that looks like this one; a missing folder has none.
  func has(_ name: String, in folder: String) throws -> Bool {
    let key = RelativePath(folder)
    guard let status = try FileStatus(following: folder) else { return false }
    let folded = Self.folded(name)
    let known = listings.withLock { listings in
      listings[key].flatMap { $0.status.sameContent(as: status) ? $0.folded[folded] != nil : nil }
    }
    if let known { return known }
    // The status was taken before the names were: what comes in between is seen as a change next time.
    var listing = Listing(status: status)
    do { for entry in try FileSystem.list(folder) { listing.add(entry) } } catch let error as FileError
      where error.isAbsent
    {
      return false
    }
    listings.withLock { $0[key] = listing }
    return listing.folded[folded] != nil
  }

  /// The names in a folder that look like this one; it itself is none of them.
  func lookalikes(of name: String, in folder: String) throws -> [String] {
    guard try has(name, in: folder) else { return [] }
    let folded = Self.folded(name)
    do {
      return try FileSystem.list(folder).filter {
        Self.folded($0) == folded && RelativePath($0) != RelativePath(name)
      }
    } catch let error as FileError where error.isAbsent { return [] }
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
        for path in added where RelativePath(path).folder == folder { listing.add(RelativePath(path).name) }
        for path in removed where RelativePath(path).folder == folder {
          listing.remove(RelativePath(path).name)
        }
        listing.status = status
        listings[folder] = listing
      }
    }
  }
}
