import FileCustody
import FileSystem
import PipelineCore

/// A known file of which somebody said that it is not at its place, and what lies there.
struct AcceptedFile {
  /// What lies where the file was.
  enum Find {
    /// No file is there, or it cannot be looked at.
    case nothing
    /// The file itself: its content is there again.
    case itself
    case another
    /// A file is there, and its content cannot be read.
    case unreadable(FileError)
  }

  let known: PlacedFile
  /// Whether nobody has it any more: it is lost, or what it was moved to is.
  let isLost: Bool
  let find: Find

  init(_ known: PlacedFile, _ facts: AuditFacts) throws {
    self.known = known
    isLost = facts.isLost(known.id)
    find = try Self.find(known, facts)
  }

  /// Whether what was said does not hold any more. Of one that was moved, the file that goes on for it is it.
  var isBack: Bool { if case .itself = find { isLost } else { false } }

  private static func find(_ known: PlacedFile, _ facts: AuditFacts) throws -> Find {
    let path: String
    switch known.file.place {
    case .inProject(let place): path = facts.project.path(place)
    case .missing: path = facts.project.path(known.file.origin)
    case .trash(let trash): path = trash
    case .removed: return .nothing
    }
    let status: FileStatus?
    // Nobody misses it: a folder that cannot be looked at is told of once, by the listing.
    do { status = try FileStatus(path) } catch { return .nothing }
    guard let status else { return .nothing }
    guard status.kind == .file else { return .another }
    do {
      return known.file.holds(try FileSystem.digest(path).digest) ? .itself : .another
    } catch let error as FileError { return .unreadable(error) }
  }
}
