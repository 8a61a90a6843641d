public import FileSystem
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
    // Another file may have come to the place of one that is missing.
    if known.file.place == .missing, status.kind == .file,
      try FileSystem.digest(path).digest != known.file.digest
    {
      return
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
    // The record comes behind whole lines only.
    for pass in try journal.openPasses() where pass.logFile == logFile { try log.completeTornLine(of: pass) }
    let offset = try log.size(logFile)
    try disk.before("commit acceptance")
    let begun = try journal.write { db in
      let (registry, table) = (FileRegistry(db: db), AcceptanceTable(db: db))
      let next = try successor.map { seen in
        try registry.row(at: seen.origin, project: project)?.id
          ?? registry.insert(seen, project: project, at: time)
      }
      if let next,
        try table.standing(project: project).values.contains(where: { $0.acceptance.successor == next })
      {
        throw untrue("another file was moved to \(shown(place))")
      }
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

  /// Completes what was said of a file and cut short: the same again is no second record.
  private func finishOpen(_ file: Int64) throws -> [AcceptanceRow] {
    let open = try journal.read { try AcceptanceTable(db: $0).open(file: file) }
    for row in open { try complete(row) }
    return open
  }

  /// Writes an acceptance's record, unless it is in the log, and lets it count.
  func complete(_ row: AcceptanceRow) throws {
    try log.append(row)
    try disk.before("commit accepted")
    try journal.write { try AcceptanceTable(db: $0).finish(row.id) }
  }
}
