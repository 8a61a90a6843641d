import FileSystem
import PipelineCore

/// Checks whether what was done for an order can be reversed, changing nothing, and reduces that to acts.
struct UndoPlanner {
  let performed: Pass
  let journal: CustodyJournal

  private(set) var acts: [Act] = []
  private(set) var folders: [MissingFolder] = []
  private let problem: OrderProblem

  init(_ performed: Pass, journal: CustodyJournal) {
    self.performed = performed
    self.journal = journal
    problem = OrderProblem(order: performed.order, direction: .undo)
  }

  /// All problems at once, or the acts.
  mutating func plan() throws {
    guard try FileStatus(following: performed.order.root)?.kind == .directory else {
      throw problem.rootMissing()
    }
    var problems: [Diagnostic] = []
    for act in performed.acts.reversed() {
      do { try reverse(act) } catch let error as Diagnostic {
        problems.append(error)
      } catch let error as FileError {
        problems.append(error.diagnostic)
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  private mutating func reverse(_ done: Act) throws {
    try refuseLaterOrders(done)
    var act = Act(
      kind: .rename, operation: done.operation, step: done.step, digest: done.digest, file: done.file)
    act.source = done.target
    act.target = done.source
    switch done.kind {
    case .rename, .crossing, .restore:
      guard let from = done.target, let to = done.source else { return }
      try take(from, done, into: &act)
      try checkTarget(to)
      if try !FileSystem.isSameMount(
        RelativePath(from).folder.rawValue, try MissingFolder.existing(above: to))
      {
        act.kind = .crossing
        act.temporary = hiddenName(beside: to, act)
        act.aside = hiddenName(beside: from, act, "-old")
      }
    case .place, .make:
      guard let path = done.target else { return }
      act.kind = .remove
      act.target = nil
      // A sidecar or a companion's copy that is gone already is as an undoing leaves it; a crop is somewhere else.
      if done.kind == .make, try FileStatus(path) == nil { return }
      try take(path, done, into: &act)
      guard act.digest == done.digest else { throw problem.changedSince(path) }
      act.aside = hiddenName(beside: path, act, "-old")
    case .trash:
      guard let data = done.target, let path = done.source else { return }
      act.kind = .restore
      guard try FileStatus(data) != nil else { throw problem.trashEmptied(data, path) }
      try take(data, done, into: &act)
      try checkTarget(path)
      if let info = done.info, let status = try FileStatus(info), status.kind == .file {
        act.info = info
        act.bytes = try FileSystem.read(info)
        act.made = FileMark(status)
        act.aside = hiddenName(beside: info, act, "-old")
      }
    case .remove:
      guard let path = done.source else { return }
      act.kind = .make
      act.source = nil
      act.target = path
      act.bytes = done.bytes
      try checkTarget(path)
      act.temporary = hiddenName(beside: path, act)
    }
    acts.append(act)
  }

  /// A file that a later order moved on is that order's to give back first.
  private func refuseLaterOrders(_ done: Act) throws {
    guard let file = done.file else { return }
    guard let later = try journal.laterOrder(file: file, than: performed.sequence) else { return }
    throw problem.laterOrder(later, done.target ?? done.source ?? "")
  }

  /// The file as it is now. It may have been edited in its place when it is a companion; an image may not.
  private mutating func take(_ path: String, _ done: Act, into act: inout Act) throws {
    guard let status = try FileStatus(path) else { throw problem.lost(path) }
    guard status.kind == .file else { throw problem.changedSince(path) }
    act.mark = FileMark(status)
    let known = try done.file.flatMap { id in try journal.read { try FileRegistry(db: $0).row(id) } }
    if let known, known.placeStatus.sameContent(as: status) {
      act.digest = known.file.digest
    } else {
      act.digest = try FileSystem.digest(path).digest
    }
    if act.digest != done.digest, known?.file.kind != .companion { throw problem.changedSince(path) }
  }

  private mutating func checkTarget(_ path: String) throws {
    if try FileStatus(path) != nil { throw problem.taken(path) }
    for folder in try MissingFolder.above(path) where !folders.contains(folder) { folders.append(folder) }
  }

  private func hiddenName(beside path: String, _ act: Act, _ suffix: String = "-new") -> String {
    "\(RelativePath(path).folder)/.custody-\(performed.order.id)-undo-\(act.operation)-\(act.step)\(suffix)"
  }
}
