import FileSystem
import PipelineCore

/// Carries a pass out that the journal knows as intended: folders, new bytes, renames, and from there on only forward:
/// durable names, removals, log, receipt.
struct PassRunner {
  let journal: CustodyJournal
  let disk: Disk
  let log: OperationLogWriter
  let names: FolderNames
  let gate: FolderGate
  let clock: @Sendable () -> Int64

  private(set) var pass: Pass
  /// The renames that are done, in their order.
  private(set) var taken: [Hop] = []

  init(
    _ pass: Pass, journal: CustodyJournal, disk: Disk, log: OperationLogWriter, names: FolderNames,
    gate: FolderGate, clock: @escaping @Sendable () -> Int64
  ) {
    self.pass = pass
    self.journal = journal
    self.disk = disk
    self.log = log
    self.names = names
    self.gate = gate
    self.clock = clock
  }

  private var problem: OrderProblem { OrderProblem(order: pass.order, direction: pass.direction) }

  // MARK: Forward

  /// Does all of it, or turns it back and throws what kept it from being done.
  mutating func run() throws {
    do {
      try gate.make(pass.folders, disk)
      try prepare()
      try hop()
    } catch {
      let reason = finding(error)
      do { try turnBack() } catch { throw problem.halfDone(reason, then: finding(error)) }
      throw error
    }
    try complete()
  }

  /// Makes all new bytes under hidden names, and lets the journal know them.
  mutating func prepare() throws {
    if pass.isPrepared { return }
    for index in pass.acts.indices where pass.acts[index].needsPreparation {
      let act = pass.acts[index]
      guard let temporary = act.temporary else { continue }
      // Left by an attempt that was cut short before the journal knew it: the name is this order's alone.
      if try FileStatus(temporary) != nil { try disk.unlink(temporary) }
      if let bytes = act.bytes {
        pass.acts[index].made = FileMark(
          try gate.put(to: temporary, disk) { try disk.create(temporary, bytes) })
      } else if let source = act.source {
        let copy = try gate.put(source, to: temporary, disk) { try disk.copy(source, to: temporary) }
        guard copy.digest == act.digest else { throw problem.changed(source) }
        pass.acts[index].made = FileMark(copy.status)
      }
    }
    if pass.acts.contains(where: \.needsPreparation) {
      try disk.before("commit prepared")
      try journal.prepared(pass)
    }
    pass.isPrepared = true
  }

  private mutating func hop() throws {
    for act in pass.acts { for hop in act.hops { try take(hop) } }
  }

  /// Goes on with a pass that was cut short, of which these renames are done. On an error, ``taken`` tells what is done.
  mutating func resume(after done: [Hop]) throws {
    taken = done
    try gate.make(pass.folders, disk)
    try prepare()
    let finished = Set(done.map { RelativePath($0.to) })
    for act in pass.acts {
      for hop in act.hops where !finished.contains(RelativePath(hop.to)) { try take(hop) }
    }
  }

  /// One rename, of exactly the file that was meant.
  mutating func take(_ hop: Hop) throws {
    guard let status = try FileStatus(hop.from) else { throw problem.sourceMissing(hop.from) }
    guard let mark = hop.mark, try mark.isOf(hop.from, status, digest: hop.digest) else {
      throw problem.changed(hop.from)
    }
    do { try move(hop) } catch let error as FileError where error.isTaken { throw problem.taken(hop.to) }
    taken.append(hop)
    // Somebody may have put another file there between the look and the rename.
    guard let now = try FileStatus(hop.to), try mark.isOf(hop.to, now, digest: hop.digest) else {
      throw problem.changed(hop.from)
    }
  }

  private func move(_ hop: Hop) throws {
    try gate.put(hop.from, to: hop.to, disk) { try disk.rename(hop.from, to: hop.to) }
  }

  // MARK: Backward

  /// Takes the renames back, removes what was made, and forgets the pass.
  private mutating func turnBack(lost: [Int64] = []) throws {
    for hop in taken.reversed() {
      try gate.put(hop.to, to: hop.from, disk) { try disk.rename(hop.to, to: hop.from) }
    }
    try clearAway(lost: lost)
  }

  /// Removes new bytes that got no name and folders that were made for nothing, and forgets the pass.
  private func clearAway(lost: [Int64] = []) throws {
    for act in pass.acts {
      if let temporary = act.temporary, try FileStatus(temporary) != nil { try disk.unlink(temporary) }
    }
    for folder in pass.folders.reversed() {
      _ = try gate.remove(folder.path, disk)
    }
    try syncFolders(touched: taken.flatMap { [$0.from, $0.to] })
    var statuses: [Int: FileStatus] = [:]
    for (position, act) in pass.acts.enumerated() where act.kind != .make {
      guard let source = act.source, let mark = act.mark, let status = try FileStatus(source) else {
        continue
      }
      if mark == FileMark(status) { statuses[position] = status }
    }
    try disk.before("commit turned back")
    try journal.drop(pass, statuses: statuses, lost: lost)
  }

  /// Turns a pass back of which these renames are done.
  /// - Parameter lost: files that are at neither of their places, by their rows in the registry.
  mutating func turnBack(_ done: [Hop], lost: [Int64] = []) throws {
    taken = done
    try turnBack(lost: lost)
  }

  // MARK: The end

  /// All renames are done: makes them durable, removes what is to go, writes log and receipt.
  func complete() throws {
    do {
      try syncFolders(
        touched: pass.acts.flatMap(\.hops).flatMap { [$0.from, $0.to] } + pass.folders.map(\.path))
      try sayFarewell()
      try removeFolders()
      let statuses = try statuses()
      try log.append(pass)
      try disk.before("commit done")
      try journal.finish(pass, statuses: statuses, at: clock())
    } catch {
      throw problem.unfinished(finding(error))
    }
    let hops = pass.acts.flatMap(\.hops)
    try names.follow(added: hops.map(\.to), removed: hops.map(\.from))
  }

  private func sayFarewell() throws {
    let farewells = pass.acts.flatMap(\.hops).filter(\.isFarewell)
    for hop in farewells { try disk.unlink(hop.to) }
    try syncFolders(touched: farewells.map(\.to))
  }

  /// Removes folders that custody had made and an undoing left empty.
  private func removeFolders() throws {
    guard pass.direction == .undo else { return }
    var left: Set<RelativePath> = []
    for source in pass.acts.flatMap({ [$0.source, $0.info] }).compactMap({ $0 }) {
      var folder = RelativePath(source).folder
      while !folder.rawValue.isEmpty, left.insert(folder).inserted { folder = folder.folder }
    }
    let made = try journal.madeFolders(by: pass.sequence, among: left)
    var removed: [String] = []
    // The longest first: a folder comes before the one it is in.
    for folder in made.sorted(by: { $0.rawValue.utf8.count > $1.rawValue.utf8.count }) {
      if try gate.remove(folder.rawValue, disk) { removed.append(folder.rawValue) }
    }
    try syncFolders(touched: removed)
  }

  private func statuses() throws -> [Int: FileStatus] {
    var statuses: [Int: FileStatus] = [:]
    for (position, act) in pass.acts.enumerated() {
      if let target = act.target { statuses[position] = try FileStatus(target) }
    }
    return statuses
  }

  /// Makes the folders durable that hold these paths, or held them.
  private func syncFolders(touched paths: [String]) throws {
    for folder in Set(paths.map { RelativePath($0).folder }).sorted() {
      guard try FileStatus(following: folder.rawValue) != nil else { continue }
      // An order that went back at this moment may have taken the folder with it, durably.
      do { try disk.sync(folder.rawValue) } catch let error as FileError where error.isAbsent {}
    }
  }
}
