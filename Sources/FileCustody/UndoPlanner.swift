import FileSystem
import PipelineCore

/// Checks whether what was done for an order can be reversed, changing nothing, and reduces that to acts.
struct UndoPlanner {
  let performed: Pass
  let journal: CustodyJournal
  /// Whether files that are not there are left out. Those that a person gave up are in any case.
  let forgetsMissing: Bool

  private(set) var acts: [Act] = []
  /// What was done with files that are left out.
  private(set) var forgotten: [Act] = []
  private(set) var destinations: Destinations
  private let problem: OrderProblem

  init(_ performed: Pass, journal: CustodyJournal, names: FolderNames, forgetsMissing: Bool) {
    self.performed = performed
    self.journal = journal
    self.forgetsMissing = forgetsMissing
    problem = OrderProblem(order: performed.order, direction: .undo)
    destinations = Destinations(problem, names: names)
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
    if let path = done.leftAt, try FileStatus(path) == nil, try forgetsMissing || isGivenUp(done) {
      return forgotten.append(done)
    }
    var act = Act(
      kind: .rename, operation: done.operation, step: done.step, digest: done.digest, file: done.file)
    act.source = done.target
    act.target = done.source
    switch done.kind {
    case .rename, .crossing, .restore:
      guard let from = done.target, let to = done.source else { return }
      try take(from, done, into: &act)
      try checkTarget(to)
      try destinations.cross(&act, from: from, to: to)
    case .place, .make:
      guard let path = done.target else { return }
      act.kind = .remove
      act.target = nil
      // A sidecar or a companion's copy that is gone already is as an undoing leaves it; a crop is somewhere else.
      if done.kind == .make, try FileStatus(path) == nil { return }
      try take(path, done, into: &act)
      guard act.digest == done.digest else { throw problem.changedSince(path) }
      act.aside = destinations.hiddenName(beside: path, act, .old)
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
        act.aside = destinations.hiddenName(beside: info, act, .old)
      }
    case .remove:
      guard let path = done.source else { return }
      act.kind = .make
      act.source = nil
      act.target = path
      act.bytes = done.bytes
      try checkTarget(path)
      act.temporary = destinations.hiddenName(beside: path, act)
    }
    acts.append(act)
  }

  /// Whether a person said that the file is lost.
  private func isGivenUp(_ done: Act) throws -> Bool {
    guard let file = done.file else { return false }
    return try journal.read { try AcceptanceTable(db: $0).standing(file) }?.acceptance.kind == .lost
  }

  /// A file that a later order moved on is that order's to give back first.
  private func refuseLaterOrders(_ done: Act) throws {
    guard let file = done.file else { return }
    guard let later = try journal.laterOrder(file: file, than: performed.sequence) else { return }
    throw problem.laterOrder(later, done.target ?? done.source ?? "")
  }

  /// The file as it is now. It may have been edited in its place when it is a companion; an image may not.
  /// Another companion under the name of one that a person gave up goes back in its stead, as a file of its own.
  private mutating func take(_ path: String, _ done: Act, into act: inout Act) throws {
    guard let status = try FileStatus(path) else { throw problem.lost(path) }
    guard status.kind == .file else { throw problem.changedSince(path) }
    act.mark = FileMark(status)
    let known = try done.file.flatMap { id in try journal.read { try FileRegistry(db: $0).row(id) } }
    if let known, known.file.placeStatus.sameContent(as: status) {
      act.digest = known.file.digest
    } else {
      act.digest = try FileSystem.digest(path).digest
    }
    if act.digest != done.digest, known?.file.kind != .companion { throw problem.changedSince(path) }
    let content = act.digest
    if let known, try journal.read({ try FileRegistry(db: $0).isOther(known, holding: content) }) {
      act.file = try other(at: path)
    }
  }

  /// The file that custody has at the place of one that a person gave up, or moved; `nil` for one that it never saw.
  private func other(at path: String) throws -> Int64? {
    let project = performed.order.project
    guard let place = performed.order.relative(path),
      let other = try journal.read({ try FileRegistry(db: $0).row(at: place, project: project) }),
      try !journal.read({ try AcceptanceTable(db: $0).standing(other.id) != nil })
    else { return nil }
    if let later = try journal.laterOrder(file: other.id, than: performed.sequence) {
      throw problem.laterOrder(later, path)
    }
    return other.id
  }

  /// The place has to be free again. A name that looks like it may be there if it always was: so the disk has it, too.
  private mutating func checkTarget(_ path: String) throws {
    let (order, time, journal) = (performed.order, performed.intendedAt, journal)
    try destinations.need(path) { other in
      guard let place = order.relative(other),
        let known = try journal.read({ try FileRegistry(db: $0).row(at: place, project: order.project) })
      else { return false }
      return known.file.origin == place && known.file.firstSeen <= time
    }
  }
}

extension Act {
  /// The name that undoing the act gives again; `nil` for what the act made.
  var returnsTo: String? {
    switch kind {
    case .rename, .crossing, .restore, .trash, .remove: source
    case .place, .make: nil
    }
  }

  /// Where the act left a file that somebody misses when it is gone; `nil` for what was made or removed.
  fileprivate var leftAt: String? {
    switch kind {
    case .rename, .crossing, .restore, .place, .trash: target
    case .make, .remove: nil
    }
  }
}
