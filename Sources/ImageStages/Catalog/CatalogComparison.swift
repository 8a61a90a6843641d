import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore
import Projects

/// What lies in a project's content folders, compared with what custody's registry knows. Pure.
struct CatalogComparison {
  /// A file of the listing.
  struct Present {
    let file: ListedFile
    /// What the registry has for it; `nil` for a file that was never seen there.
    let known: KnownFile?
    /// Whether the registry's digest holds: nothing has touched the file since it was computed.
    let isUnchanged: Bool
  }

  /// Files where they were first seen, sorted by path.
  private(set) var present: [Present] = []
  /// Files that custody has moved elsewhere, sorted by origin: they belong to the catalog for ever.
  private(set) var taken: [KnownFile] = []
  /// Files that were there and are not, and that custody did not move.
  private(set) var missing: [KnownFile] = []
  /// Files in places that could not be looked at: nobody can say that they are gone.
  private(set) var unseen: [KnownFile] = []
  /// Everything above in one digest: equal values mean an equal catalog. A move by custody does not change it.
  private(set) var value = ""

  /// - Parameters:
  ///   - listing: the content folders.
  ///   - known: the registry's files of the project, sorted by origin.
  ///   - production: the production folders, whose files are none of the catalog's.
  ///   - hasProduction: whether a production folder is there: then the project's disk is, however empty the rest.
  /// - Throws: `project-root-empty` when files are known and nothing at all is there.
  init(
    listing: ProjectListing, known: [KnownFile], production: ProductionFolders, hasProduction: Bool
  ) throws {
    var hasher = DigestHasher()
    var absent: [KnownFile] = []
    var rest = listing.entries[...]
    let ours = Set(production.all)
    let brought = Set(known.compactMap(Self.broughtPlace))
    for file in known where !Self.isBelow(ours, file.origin) {
      while let next = rest.first, next.path < file.origin {
        if !brought.contains(next.path) { add(next, known: nil, to: &hasher) }
        rest = rest.dropFirst()
      }
      switch file.place {
      case .inProject(let place) where place == file.origin:
        if let next = rest.first, next.path == file.origin {
          add(next, known: file, to: &hasher)
          rest = rest.dropFirst()
        } else {
          absent.append(file)
        }
      case .inProject, .trash:
        taken.append(file)
        Self.hash(file.origin, file.status, into: &hasher)
      case .removed, .missing: break
      }
    }
    for file in rest where !brought.contains(file.path) { add(file, known: nil, to: &hasher) }
    if absent.isEmpty {
      value = hasher.finalize().hex
      return
    }
    let isEmptied = hasProduction && listing.entries.isEmpty && listing.unseen.isEmpty
    let origins = absent.map(\.origin)
    let gone = Set(isEmptied ? origins : try listing.missing(among: origins))
    for file in absent {
      if gone.contains(file.origin) {
        missing.append(file)
      } else {
        unseen.append(file)
        Self.hash(file.origin, file.status, into: &hasher)
      }
    }
    value = hasher.finalize().hex
  }

  /// Where custody brought a file: it belongs to the catalog by its origin, and is nothing new where it is.
  private static func broughtPlace(_ file: KnownFile) -> RelativePath? {
    if case .inProject(let place) = file.place, place != file.origin { place } else { nil }
  }

  private mutating func add(_ file: ListedFile, known: KnownFile?, to hasher: inout DigestHasher) {
    let unchanged = known.flatMap { $0.placeStatus.sameContent(as: file.status) ? $0 : nil }
    present.append(Present(file: file, known: known, isUnchanged: unchanged != nil))
    // A file that custody moved and brought back has another time, and is to the catalog what it was.
    Self.hash(file.path, unchanged?.status ?? file.status, into: &hasher)
  }

  private static func hash(_ path: RelativePath, _ status: FileStatus, into hasher: inout DigestHasher) {
    hasher.update(path.rawValue)
    // Numbers as they lie in memory: texts of 100,000 of them cost as much as the walk.
    withUnsafeBytes(
      of: (
        Int64(0), status.size.littleEndian, status.modified.littleEndian, status.changed.littleEndian,
        status.inode.littleEndian
      )
    ) { hasher.update($0) }
  }

  private static func isBelow(_ folders: Set<String>, _ path: RelativePath) -> Bool {
    guard let slash = path.rawValue.utf8.firstIndex(of: UInt8(ascii: "/")) else { return false }
    return folders.contains(String(path.rawValue[..<slash]))
  }
}
