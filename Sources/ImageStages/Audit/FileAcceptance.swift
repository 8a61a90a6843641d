public import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore

/// Takes in what a person says of files of one project that are not at their places. Nothing is moved.
public struct FileAcceptance {
  /// One file that was taken in.
  public struct Accepted: Sendable, Equatable {
    /// Where custody had it, relative to the project's root.
    public let place: String
    /// Where it is now; `nil` for one that is lost.
    public let now: String?
  }

  private let project: ImageProject
  private let custody: FileCustody
  private let workspace: String

  /// - Parameter custody: opened for writing, with the workspace's lock held and after a recovery.
  public init(project: ImageProject, custody: FileCustody, workspace: String) {
    self.project = project
    self.custody = custody
    self.workspace = workspace
  }

  /// Accepts that files were moved by hand to this place.
  /// - Parameter path: the file where it is now, or a folder: then all that the audit finds below it. Relative to the
  ///   project's root or to the workspace, or absolute.
  /// - Returns: what was taken in; empty when all of it was already.
  /// - Throws: `Diagnostic` `accept-untrue` for a place where nothing lies that is missing elsewhere.
  public func acceptMove(to path: String) throws -> [Accepted] {
    let facts = try facts()
    let place = try place(path) { try FileStatus(project.path($0)) != nil }
    let lost = facts.known.filter { known in
      if facts.accepted[known.id] != nil { return false }
      return switch known.file.place {
      case .inProject(let place): facts.empty.contains(place)
      case .missing, .trash: true
      case .removed: false
      }
    }
    let gone = try lost.filter { known in
      if case .trash(let path) = known.file.place { try FileStatus(path) == nil } else { true }
    }
    let moves = try HandMoves(facts, lost: gone, cancellation: nil).now.filter { $0.value.isBelow(place) }
    if moves.isEmpty {
      if let known = facts.known.first(where: { $0.file.place == .inProject(place) }),
        facts.present[place] != nil, facts.accepted[known.id] != nil
      {
        try accept(known, at: place)
        return [Accepted(place: place.rawValue, now: place.rawValue)]
      }
      if facts.accepted.values.contains(where: { $0.kind == .moved && $0.place.isBelow(place) }) { return [] }
      if facts.present[place] != nil, try wasTakenBack(place) { return [] }
      throw untrue("no file that is missing was found at \(FileSystem.shown(path))")
    }
    return try gone.compactMap { known in
      guard let now = moves[known.id] else { return nil }
      try accept(known, at: now)
      return Accepted(place: (known.file.place.inProject ?? known.file.origin).rawValue, now: now.rawValue)
    }
  }

  /// Whether the last word on the file at a place is that it is there again.
  private func wasTakenBack(_ place: RelativePath) throws -> Bool {
    try custody.history(ofName: place.name).contains {
      $0.project == project.id && $0.file.place == .inProject(place) && $0.acceptances.last?.kind == .back
    }
  }

  private func accept(_ known: PlacedFile, at place: RelativePath) throws {
    try custody.accept(known.id, movedTo: place, project: project.id, root: project.root)
  }

  /// Accepts that a file is lost.
  /// - Parameter path: where custody has it, or where it was first seen, as in ``acceptMove(to:)``.
  /// - Throws: `Diagnostic` `accept-untrue` for a file that is there, that was found at another place, or that was never
  ///   seen.
  public func acceptLoss(of path: String) throws -> [Accepted] {
    let facts = try facts()
    func isMeant(_ file: KnownFile, _ place: RelativePath) -> Bool {
      file.place == .inProject(place) || (file.origin == place && file.place.inProject == nil)
    }
    let place = try place(path) { place in facts.known.contains { isMeant($0.file, place) } }
    let meant = facts.known.filter { isMeant($0.file, place) && $0.file.place != .removed }
    guard !meant.isEmpty else {
      throw untrue("no file of project \(project.id) was ever at \(FileSystem.shown(path))")
    }
    let unaccepted = meant.filter { facts.accepted[$0.id] == nil }
    if unaccepted.isEmpty { return [] }
    // Of several files that were at one place after each other only those that are gone are meant.
    let gone = try unaccepted.filter { known in
      switch known.file.place {
      case .inProject(let place): facts.empty.contains(place)
      case .trash(let path): try FileStatus(path) == nil
      case .missing, .removed: true
      }
    }
    let open = gone.isEmpty ? unaccepted : gone
    let moves = try HandMoves(facts, lost: open, cancellation: nil).now
    return try open.map { known in
      if case .inProject(let place) = known.file.place, !facts.empty.contains(place) {
        throw untrue("\(FileSystem.shown(path)) is there, or in a folder that cannot be read")
      }
      if let now = moves[known.id] {
        throw untrue(
          "\(FileSystem.shown(path)) is not lost: its content is at \(FileSystem.shown(now.rawValue))")
      }
      try custody.acceptLoss(of: known.id, project: project.id, root: project.root)
      return Accepted(place: (known.file.place.inProject ?? known.file.origin).rawValue, now: nil)
    }
  }

  private func facts() throws -> AuditFacts {
    try AuditFacts(project, custody: custody, workspace: workspace, cancellation: nil)
  }

  /// What a person means by a path: the first reading that makes sense, else the one relative to the root.
  private func place(_ path: String, _ makesSense: (RelativePath) throws -> Bool) throws -> RelativePath {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    if path.hasPrefix("/") {
      guard let place = project.relative(path) else {
        throw untrue("\(FileSystem.shown(path)) is not below the root of project \(project.id)")
      }
      return place
    }
    let readings = [RelativePath(path)] + [project.relative("\(workspace)/\(path)")].compactMap { $0 }
    return try readings.first(where: makesSense) ?? readings[0]
  }

  private func untrue(_ reason: String) -> Diagnostic {
    Diagnostic(
      code: "accept-untrue", "\(project.id): \(reason); nothing was accepted",
      help: "`darkroom audit` says what is missing, and where its content was found")
  }
}

extension RelativePath {
  /// Whether it is this path or one below it.
  fileprivate func isBelow(_ folder: RelativePath) -> Bool {
    self == folder || rawValue.utf8.starts(with: "\(folder)/".utf8)
  }
}
