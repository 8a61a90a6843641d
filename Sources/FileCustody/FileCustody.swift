import FileSystem
public import PipelineCore
import Synchronization

/// The only one who moves, trashes, restores or removes a file of the image team.
///
/// Every order goes journal → act → receipt: checked whole, committed as intended with all names and marks, carried out
/// by renames that never replace, made durable, logged, committed as done. An order is carried out whole or not at all,
/// whatever happens on the way; ``recover()`` finishes or turns back what a crash left.
///
/// A class, not an actor: several threads carry out different orders at the same time, waiting only for each other's
/// commits, and all calls may block on the disk.
public final class FileCustody: Sendable {
  let journal: CustodyJournal
  let trash: any TrashCan
  let clock: @Sendable () -> Int64
  let run: RunID?
  let disk: Disk
  let log: OperationLogWriter
  let names = FolderNames()
  private let gate = FolderGate()
  private let workspace: String
  /// Orders that a thread of this process is at: nobody else may take them for left behind.
  private let busy = Mutex<Set<OrderID>>([])

  /// Opens the journal of a workspace, making it when there is none. Call ``recover()`` before anything else. One
  /// process at a time may do this: the caller holds the workspace lock.
  /// - Parameters:
  ///   - workspace: absolute.
  ///   - clock: microseconds since 1970.
  ///   - run: the run in which orders are carried out; `nil` for a command of its own.
  /// - Throws: `Diagnostics` when the journal is not ours, newer than this program, damaged or not accessible; neither
  ///   it nor any image is touched then.
  public convenience init(
    workspace: String, trash: any TrashCan = SystemTrash(), clock: @escaping @Sendable () -> Int64,
    run: RunID?
  ) throws {
    try self.init(workspace: workspace, trash: trash, clock: clock, run: run, disk: Disk())
  }

  /// For tests, which let the disk fail.
  convenience init(
    workspace: String, trash: any TrashCan, clock: @escaping @Sendable () -> Int64, run: RunID?, disk: Disk
  ) throws {
    guard let journal = try CustodyJournal.open(workspace: workspace, readOnly: false) else {
      throw FileError("open", "\(workspace)/\(CustodyJournal.relativePath)", code: 2)
    }
    self.init(journal, workspace: workspace, trash: trash, clock: clock, run: run, disk: disk)
  }

  private init(
    _ journal: CustodyJournal, workspace: String, trash: any TrashCan, clock: @escaping @Sendable () -> Int64,
    run: RunID?, disk: Disk
  ) {
    self.journal = journal
    self.workspace = workspace
    self.trash = trash
    self.clock = clock
    self.run = run
    self.disk = disk
    log = OperationLogWriter(workspace: workspace, disk: disk)
  }

  /// Opens the journal for reading, with no lock held; `nil` when there is none yet. Whatever would change something
  /// throws.
  public static func openForReading(workspace: String) throws -> FileCustody? {
    guard let journal = try CustodyJournal.open(workspace: workspace, readOnly: true) else { return nil }
    return FileCustody(
      journal, workspace: workspace, trash: SystemTrash(), clock: { 0 }, run: nil, disk: Disk())
  }

  // MARK: Orders

  /// Carries an order out, whole or not at all. Any thread may call it, for different orders at the same time.
  ///
  /// An order whose name is done already gives the stored receipt, whatever its steps say now. One that was cut short is
  /// finished or turned back first; when it was turned back, it is carried out anew.
  /// - Throws: `Diagnostic` with code `order-undone` for an order that was undone; `Diagnostics` with everything that
  ///   stands in the way, before anything is touched; the error that stopped it, after all was turned back;
  ///   `order-half-done` or `order-unfinished` when a later call has to go on.
  public func perform(_ order: CustodyOrder) throws -> Receipt {
    try alone(order.id) {
      if let known = try journal.order(order.id) {
        if known.state == .intended || known.state == .undoing { try settle(order.id) }
        switch try journal.order(order.id)?.state {
        case .done: return try stored(order.id)
        case .undone: throw undone(order)
        case .intended, .undoing, nil: break
        }
      }
      try performAnew(order)
      return try stored(order.id)
    }
  }

  private func performAnew(_ order: CustodyOrder) throws {
    // Another program, or another thread, may take a name in the Trash between the look and the rename.
    for attempt in 1... {
      do { return try performOnce(order) } catch let error as Diagnostic
        where error.code == "destination-taken" && attempt < 8 && order.usesTrash
      {
        continue
      }
    }
  }

  private func performOnce(_ order: CustodyOrder) throws {
    let time = clock()
    let targets = order.operations.flatMap(\.steps).compactMap(\.target)
    try keepNames(targets, OrderProblem(order: order, direction: .perform))
    defer { names.release(targets) }
    var planner = PassPlanner(order, journal: journal, trash: trash, names: names, time: time)
    try planner.plan()
    let pass = try begin(
      Pass(
        direction: .perform, order: order, actor: order.actor, run: run, intendedAt: time,
        folders: planner.destinations.folders, acts: planner.acts, logFile: "", logOffset: 0, logLines: [],
        isPrepared: false), unknown: planner.unknown)
    var runner = runner(pass)
    try runner.run()
  }

  /// Two threads that look at the same moment would both find a name free.
  private func keepNames(_ paths: [String], _ problem: OrderProblem) throws {
    if let taken = names.claim(paths) { throw problem.claimed(taken) }
  }

  /// Reverses an order whole, or not at all: files go back to their old names, out of the Trash too; files that the
  /// order made go, if they are as it made them; folders that it made go when they are empty. An order that is undone
  /// already gives the stored receipt.
  /// - Parameters:
  ///   - actor: `human` or `machine`: who wants it, as the log shows it.
  ///   - forgetsMissing: whether files that are not where the order put them are left out, and count as missing from
  ///     then on. A person decides this; nothing is removed or replaced for it.
  /// - Throws: `Diagnostic` with code `order-unknown` for an order that was never done; else as ``perform(_:)``, with
  ///   codes `undo-order`, `undo-missing`, `undo-changed`, `trash-emptied` before anything is touched.
  public func undo(
    _ id: OrderID, actor: String = "human", forgetsMissing: Bool = false
  ) throws -> Receipt {
    try alone(id) {
      if let known = try journal.order(id), known.state == .intended || known.state == .undoing {
        try settle(id)
      }
      switch try journal.order(id)?.state {
      case .undone: return try stored(id)
      case .done: break
      case .intended, .undoing, nil:
        throw Diagnostic(
          code: "order-unknown", "there is no finished order \(id); nothing was moved back",
          help: "list the orders with `darkroom undo --help`, or look at the group's history")
      }
      guard let performed = try journal.performed(id) else { throw FileRow.damaged("an order") }
      let targets = performed.acts.compactMap(\.returnsTo)
      try keepNames(targets, OrderProblem(order: performed.order, direction: .undo))
      defer { names.release(targets) }
      var planner = UndoPlanner(
        performed, journal: journal, names: names, forgetsMissing: forgetsMissing)
      try planner.plan()
      let pass = try begin(
        Pass(
          sequence: performed.sequence, direction: .undo, order: performed.order, actor: actor, run: run,
          intendedAt: clock(), folders: planner.destinations.folders, acts: planner.acts, logFile: "",
          logOffset: 0, logLines: [], isPrepared: false), forgotten: planner.forgotten)
      var runner = runner(pass)
      try runner.run()
      return try stored(id)
    }
  }

  private func begin(
    _ planned: Pass, unknown: [Int: SeenFile] = [:], forgotten: [Act] = []
  ) throws -> Pass {
    var pass = planned
    pass.logFile = OperationRecord.fileName(pass.intendedAt)
    pass.logOffset = try room(in: pass.logFile)
    pass.logLines = pass.order.operations.enumerated().map { index, operation in
      OperationRecord(
        order: pass.order, operation: operation, operationID: pass.operationID(index),
        isUndo: pass.direction == .undo,
        forgotten: Set(forgotten.filter { $0.operation == index }.map(\.step)), actor: pass.actor,
        run: pass.run, time: pass.intendedAt
      ).line
    }
    try disk.before("commit intent")
    return try journal.begin(pass, unknown: unknown, missing: forgotten.compactMap(\.file))
  }

  func runner(_ pass: Pass) -> PassRunner {
    PassRunner(pass, journal: journal, disk: disk, log: log, names: names, gate: gate, clock: clock)
  }

  /// The receipt of an order; `nil` when it was never begun, or was turned back.
  public func receipt(_ id: OrderID) throws -> Receipt? {
    try journal.receipts(.init(id: id)).first
  }

  /// The receipts that fit, the newest first. `nil` is any.
  public func receipts(
    project: String? = nil, group: String? = nil, run: RunID? = nil,
    states: Set<Receipt.State> = Set(Receipt.State.allCases), limit: Int? = nil
  ) throws -> [Receipt] {
    try journal.receipts(.init(project: project, group: group, run: run, states: states, limit: limit))
  }

  private func stored(_ id: OrderID) throws -> Receipt {
    guard let receipt = try receipt(id) else { throw FileRow.damaged("no receipt of order \(id)") }
    return receipt
  }

  private func undone(_ order: CustodyOrder) -> Diagnostic {
    Diagnostic(
      code: "order-undone",
      "order \(order.id) of group \(order.group) was undone and is not carried out again; nothing was moved",
      help: "decide the group again: a new decision gives a new order")
  }

  // MARK: One at a time

  /// Keeps an order to this thread.
  private func alone<Result>(_ id: OrderID, _ body: () throws -> Result) throws -> Result {
    guard busy.withLock({ $0.insert(id).inserted }) else {
      throw Diagnostic(
        code: "order-busy", "order \(id) is being carried out by another thread; nothing was touched here")
    }
    defer { _ = busy.withLock { $0.remove(id) } }
    return try body()
  }

  /// Finishes or turns back one order that was cut short.
  private func settle(_ id: OrderID) throws {
    for pass in try journal.openPasses(id) {
      try makeRoom(for: pass)
      _ = try settle(pass)
    }
  }

  /// Where the next record comes in a log: behind whole lines. What is torn there of custody's is completed first, as
  /// ``recover()`` does it.
  /// - Throws: `log-torn` when that cannot be done: whatever ended the torn record would leave it torn for ever.
  func room(in logFile: String) throws -> Int64 {
    if try !log.endsInWholeLine(logFile) {
      var order = RecoveryOrder(log: log)
      let passes = order.sorted(try journal.openPasses().filter { $0.logFile == logFile })
      let acceptances = order.sorted(
        try journal.read { try AcceptanceTable(db: $0).open() }.filter { $0.logFile == logFile })
      order.settle(acceptances.torn, isTorn: true) { try complete($0) }
      order.settle(passes.torn, isTorn: true) { pass in
        try alone(pass.order.id) { _ = try settle(pass) }
      }
      if try !log.endsInWholeLine(logFile) { try order.requireRoom(in: logFile) }
    }
    return try log.size(logFile)
  }

  /// Lets the records of something that was cut short come behind whole lines, unless the torn one is of them.
  func makeRoom(for records: some PendingRecords) throws {
    if try !log.isTorn(within: records) { _ = try room(in: records.logFile) }
  }

  /// Finishes or turns back every order that was cut short, and completes every acceptance. Called once, under the
  /// workspace lock, before anything is carried out.
  /// - Returns: notes of what was finished, warnings of what was turned back, and an error for each order that contradicts
  ///   the disk: of those nothing was touched, and the others are not kept from being settled.
  public func recover() throws -> [Diagnostic] {
    var order = RecoveryOrder(log: log)
    let passes = order.sorted(try journal.openPasses())
    let acceptances = order.sorted(try journal.read { try AcceptanceTable(db: $0).open() })
    order.settle(acceptances.torn, isTorn: true) { try complete($0) }
    var notes: [Diagnostic] = []
    for (group, isTorn) in [(passes.torn, true), (passes.others, false)] {
      order.settle(group, isTorn: isTorn) { pass in
        try alone(pass.order.id) { notes.append(try settle(pass)) }
      }
    }
    order.settle(acceptances.others, isTorn: false) { try complete($0) }
    return notes + order.errors
  }
}

extension FileCustody {
  /// Gives up an order, or an undoing, that was cut short and contradicts the disk: what was done of it is turned back, and
  /// files that are at neither of their places count as missing. One that can be finished or turned back whole is.
  ///
  /// A person decides this, after a look at both places. It is never done for a file on its way to another file system.
  /// - Returns: what became of it: a warning `order-abandoned` with the lost files and their digests, or what
  ///   ``recover()`` says.
  /// - Throws: `Diagnostic` `order-not-open`; `order-contradictory` when only a person can tell which file is which.
  public func abandon(_ id: OrderID) throws -> [Diagnostic] {
    try alone(id) {
      let passes = try journal.openPasses(id)
      if passes.isEmpty {
        throw Diagnostic(
          code: "order-not-open", "there is no order \(id) that was begun and not ended; nothing was touched",
          help: "`darkroom audit` names the open ones")
      }
      return try passes.map { pass in
        try makeRoom(for: pass)
        return try settle(pass, isAbandoned: true)
      }
    }
  }
}

extension CustodyOrder {
  fileprivate var usesTrash: Bool {
    operations.contains { $0.steps.contains { if case .trash = $0 { true } else { false } } }
  }
}
