public import FileSystem
import GRDB
import PipelineCore

/// What a person accepts: that a file was moved by hand, or is lost. The registry is brought in step with the disk, never
/// the other way round: nothing is moved here.
///
/// The caller holds the workspace. Saying the same again changes nothing.
extension FileCustody {
  /// What was said and counts now, of the files of a project, by their ids.
  public func acceptances(project: String) throws -> [Int64: Acceptance] {
    try journal.read { try AcceptanceTable(db: $0).standing(project: project).mapValues(\.acceptance) }
  }

  /// Files of a project that were given up and found again, by their ids, unless something was said of them since. Each is
  /// the file that it always was, and stands for no other.
  public func foundAgain(project: String) throws -> Set<Int64> {
    try journal.read { try AcceptanceTable(db: $0).found(project: project) }
  }

  /// Takes in that a known file is at another place now, moved by somebody's hand. From then on the file there is it: it
  /// has a row of its own in the registry, and is audited, moved and told of like every other.
  /// - Parameters:
  ///   - file: its id in the registry.
  ///   - place: where it is, relative to the project's root. Where custody has it, that takes back what was said before.
  ///   - root: the project's, absolute.
  /// - Throws: `Diagnostic` `accept-untrue` when it is not there with its content, when it is still where custody has it,
  ///   or when another file was moved there; nothing was changed.
  public func accept(_ file: Int64, movedTo place: RelativePath, project: String, root: String) throws {
    let known = try row(file, project)
    let path = "\(root)/\(place)"
    guard let status = try FileStatus(path), status.kind == .file else {
      throw untrue("\(shown(place)) is no file")
    }
    let (digest, read) = try FileSystem.digest(path)
    guard known.file.holds(digest) else {
      throw untrue("\(shown(place)) has not the content of \(shown(known.file.origin))")
    }
    if known.file.place == .inProject(place) {
      guard try journal.read({ try AcceptanceTable(db: $0).standing(file) }) != nil else { return }
      return try enter(.back, known, successor: nil, at: place, project: project)
    }
    try requireGone(known, root: root)
    let seen = SeenFile(origin: place, kind: known.file.kind, digest: digest, status: read)
    try enter(.moved, known, successor: seen, at: place, project: project)
  }

  /// Takes in that a file is lost and that the person knows. It stays in the registry.
  /// - Throws: `Diagnostic` `accept-untrue` when it is where custody has it; nothing was changed.
  public func acceptLoss(of file: Int64, project: String, root: String) throws {
    let known = try row(file, project)
    try requireGone(known, root: root)
    let place = if case .inProject(let place) = known.file.place { place } else { known.file.origin }
    try enter(.lost, known, successor: nil, at: place, project: project)
  }

  private func row(_ file: Int64, _ project: String) throws -> FileRow {
    guard let row = try journal.read({ try FileRegistry(db: $0).row(file) }) else {
      throw untrue("custody does not know that file")
    }
    return row
  }

  private func shown(_ path: RelativePath) -> String { FileSystem.shown(path.rawValue) }

  private func untrue(_ reason: String) -> Diagnostic {
    Diagnostic(
      code: "accept-untrue", "\(reason); nothing was accepted",
      help: "`darkroom audit` says what is missing, and where its content was found")
  }

  /// Nothing is accepted of a file that is where custody has it, nor on a disk that is not there.
  private func requireGone(_ known: FileRow, root: String) throws {
    guard try FileStatus(following: root)?.kind == .directory else {
      throw untrue("the project's folder \(FileSystem.shown(root)) is not there")
    }
    let path: String
    switch known.file.place {
    case .inProject(let place): path = "\(root)/\(place)"
    case .trash(let trash): path = trash
    case .missing: path = "\(root)/\(known.file.origin)"
    case .removed: throw untrue("\(shown(known.file.origin)) was taken away by its undo")
    }
    if let order = try journal.openOrder(file: known.id) {
      throw untrue("order \(order), which has to do with \(shown(known.file.origin)), is open")
    }
    guard let status = try FileStatus(path) else { return }
    // Another file may have come to the place of one that is missing. Where one is known, whatever lies there is its.
    if known.file.place == .missing {
      let isAnothers = try journal.read { db in
        let registry = FileRegistry(db: db)
        return try registry.row(at: known.file.origin, project: registry.project(of: known.id)) != nil
      }
      if isAnothers { return }
      if status.kind == .file, try !known.file.holds(FileSystem.digest(path).digest) { return }
    }
    throw untrue("\(FileSystem.shown(path)) is there")
  }

  // MARK: Intent, record, done

  private func enter(
    _ kind: Acceptance.Kind, _ known: FileRow, successor: SeenFile?, at place: RelativePath, project: String
  ) throws {
    func isSame(_ row: AcceptanceRow) -> Bool {
      row.acceptance.kind == kind && row.acceptance.place == place
    }
    if try finishOpen(known.id).contains(where: isSame) { return }
    if try journal.read({ try AcceptanceTable(db: $0).standing(known.id) }).map(isSame) ?? false { return }
    let time = clock()
    let logFile = OperationRecord.fileName(time)
    let offset = try room(in: logFile)
    try disk.before("commit acceptance")
    let begun = try journal.write { db in
      let (registry, table) = (FileRegistry(db: db), AcceptanceTable(db: db))
      let next = try successor.map { try self.successor($0, of: known, db, project: project, at: time) }
      // What is there now is nobody's to miss.
      if let next { try table.returned(next, to: place, at: time) }
      let id = try table.nextID(file: known.id)
      let line = AcceptanceRow.line(
        id: id.recordName(0, isUndo: false), kind: kind,
        details: [
          "project": .string(project), "origin": .string(known.file.origin.rawValue),
          "place": .string(place.rawValue), "sha256": .string(known.file.digest.hex),
        ], at: time)
      let row = AcceptanceRow(
        sequence: 0, id: id, file: known.id,
        acceptance: Acceptance(kind: kind, place: place, successor: next, acceptedAt: time),
        record: .init(file: logFile, offset: offset, line: line))
      try table.begin(row)
      // As the catalog would find it; where custody moved a file, its group keeps it.
      if kind != .back, known.file.place == .inProject(known.file.origin) {
        try registry.setPlace(known.id, .missing, status: nil)
      }
      return row
    }
    try complete(begun)
  }

  /// The file in the registry that goes on for one that was moved.
  /// - Throws: `accept-untrue` when the file that was found is one of its own.
  private func successor(
    _ seen: SeenFile, of known: FileRow, _ db: Database, project: String, at time: Int64
  ) throws -> Int64 {
    let (registry, table) = (FileRegistry(db: db), AcceptanceTable(db: db))
    guard let next = try registry.row(at: seen.origin, project: project) else {
      let isBack = try registry.missing(from: seen.origin, project: project).contains {
        try $0.file.holds(seen.digest) && table.isLost($0.id)
      }
      if isBack {
        throw untrue("\(shown(seen.origin)) is a file that was accepted as lost, and is there again")
      }
      return try registry.insert(seen, project: project, at: time)
    }
    let isAccepted = try table.standing(next.id) != nil
    // Where an image was, or a file that was given up or moved, another content is another file.
    if !next.file.holds(seen.digest), isAccepted || next.file.kind == .image {
      return try registry.insert(seen, project: project, at: time)
    }
    if try table.predecessor(of: next.id) != nil {
      throw untrue("another file was moved to \(shown(seen.origin))")
    }
    if try table.isLost(next.id) || table.wasFound(next.id) {
      throw untrue("\(shown(seen.origin)) is a file that was accepted as lost, and is there again")
    }
    // One that was known there before, and that nobody said to be gone from there.
    if !isAccepted, next.file.origin != seen.origin || next.file.firstSeen <= known.file.firstSeen {
      throw untrue("\(shown(seen.origin)) is a file that was there before")
    }
    return next.id
  }

  /// Completes what was said of a file and cut short: the same again is no second record.
  private func finishOpen(_ file: Int64) throws -> [AcceptanceRow] {
    let open = try journal.read { try AcceptanceTable(db: $0).open(file: file) }
    for row in open {
      try makeRoom(for: row)
      try complete(row)
    }
    return open
  }

  /// Writes an acceptance's record, unless it is in the log, and lets it count.
  func complete(_ row: AcceptanceRow) throws {
    try log.append(row)
    try disk.before("commit accepted")
    try journal.write { try AcceptanceTable(db: $0).finish(row.id) }
  }
}
