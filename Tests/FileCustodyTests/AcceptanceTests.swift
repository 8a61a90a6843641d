import DarkroomTesting
import FileSystem
import PipelineCore
import Synchronization
import Testing

@testable import FileCustody

/// What a person says of files that are not where custody put them, at every instant at which it can be cut short.
@Suite struct AcceptanceTests {
  let scratch: CustodyScratch
  init() throws { scratch = try CustodyScratch() }

  private func register(_ names: [String]) throws {
    try scratch.write(names)
    try scratch.custody().register(
      names.map { name in
        let (digest, status) = try FileSystem.digest(scratch.path(name))
        return SeenFile(origin: RelativePath(name), kind: .image, digest: digest, status: status)
      }, project: "mojo3")
  }

  private func id(_ origin: String) throws -> Int64 {
    try #require(
      try scratch.custody().placedFiles(project: "mojo3").first { $0.file.origin == RelativePath(origin) }?.id
    )
  }

  private func log() throws -> [String] {
    try scratch.workspace.contents("data/file_operations_logs").values.joined().split(separator: "\n").map(
      String.init)
  }

  @Test func itsRecordIsThatOfAPersonsAction() throws {
    try register(["a/1.png"])
    let file = try id("a/1.png")
    try FileSystem.rename(scratch.path("a/1.png"), to: scratch.path("a/2.png"))
    try scratch.custody().accept(file, movedTo: "a/2.png", project: "mojo3", root: scratch.root)
    let custody = try scratch.custody()
    let record = try #require(try custody.logRecords().first)
    #expect(record.isDue && record.project == "mojo3")
    let digest = try FileSystem.digest(scratch.path("a/2.png")).digest.hex
    let line = try #require(try log().first)
    #expect(
      line.hasPrefix(
        #"{"type": "user_action", "script": "darkroom", "session_id": "command", "batch_id": null"#))
    #expect(
      line.contains(#""action": "accept_moved_file", "details": {"origin":"a/1.png","place":"a/2.png""#))
    #expect(line.contains(digest) && line.contains(#""op_id": "\#(record.id)""#))
    let history = try custody.history(ofName: "1.png")
    #expect(history.map(\.acceptances).map { $0.map(\.kind) } == [[.moved]])
    #expect(try custody.history(ofName: "2.png").map(\.file.place) == [.inProject("a/2.png")])
  }

  /// Each durable step fails, then the recovery of the next command completes or forgets it, and the same again ends it.
  @Test func everyInstant() throws {
    struct Stop: Error {}
    var steps = 0
    for failing in 0..<100 {
      let scratch = try CustodyScratch()
      let suite = try AcceptanceTests(scratch: scratch)
      try suite.register(["a/1.png", "a/3.png"])
      let (moved, lost) = (try suite.id("a/1.png"), try suite.id("a/3.png"))
      try FileSystem.rename(scratch.path("a/1.png"), to: scratch.path("a/2.png"))
      try FileSystem.removeFile(scratch.path("a/3.png"))
      let count = Mutex(0)
      let custody = try scratch.custody { _ in
        try count.withLock { count in
          count += 1
          if count > failing { throw Stop() }
        }
      }
      func say(_ custody: FileCustody) throws {
        try custody.accept(moved, movedTo: "a/2.png", project: "mojo3", root: scratch.root)
        try custody.acceptLoss(of: lost, project: "mojo3", root: scratch.root)
      }
      let isCut: Bool
      do {
        try say(custody)
        isCut = false
      } catch { isCut = true }
      let again = try scratch.custody()
      #expect(try again.recover().isEmpty)
      try say(again)
      try say(again)
      #expect(
        try again.acceptances(project: "mojo3").mapValues(\.kind) == [moved: .moved, lost: .lost],
        "\(failing)")
      #expect(try suite.log().count == 2, "\(failing)")
      #expect(Set(try again.logRecords().map(\.id)).count == 2)
      #expect(try again.placedFiles(project: "mojo3").count == 3)
      if !isCut { break }
      steps += 1
    }
    #expect(steps >= 6)
  }

  init(scratch: CustodyScratch) throws { self.scratch = scratch }

  /// A half-written line is completed, not repeated.
  @Test func aTornRecord() throws {
    struct Stop: Error {}
    try register(["a/1.png"])
    let file = try id("a/1.png")
    try FileSystem.removeFile(scratch.path("a/1.png"))
    let custody = try scratch.custody { if $0 == "append" { throw Stop() } }
    #expect(throws: Stop.self) { try custody.acceptLoss(of: file, project: "mojo3", root: scratch.root) }
    let line = try #require(
      try custody.journal.read { try AcceptanceTable(db: $0).open() }.first?.logLines.first)
    let path = "\(scratch.workspace.path)/data/file_operations_logs/file_operations_20251009.log"
    try FileSystem.append(path, Array(line.utf8.prefix(100)))
    #expect(try scratch.custody().recover().isEmpty)
    #expect(try log() == [line])
    #expect(try scratch.custody().acceptances(project: "mojo3").count == 1)
  }

  /// What is cut short and said again, by whoever did not recover first, is one word.
  @Test(arguments: ["append", "sync log", "commit accepted"])
  func saidAgainWhileItIsOpen(operation: String) throws {
    struct Stop: Error {}
    try register(["a/1.png", "a/3.png"])
    let (moved, lost) = (try id("a/1.png"), try id("a/3.png"))
    try FileSystem.rename(scratch.path("a/1.png"), to: scratch.path("a/2.png"))
    try FileSystem.removeFile(scratch.path("a/3.png"))
    func say(_ custody: FileCustody) throws {
      #expect(throws: Never.self) {
        try custody.accept(moved, movedTo: "a/2.png", project: "mojo3", root: scratch.root)
      }
      try custody.acceptLoss(of: lost, project: "mojo3", root: scratch.root)
    }
    let cut = try scratch.custody { if $0 == operation { throw Stop() } }
    #expect(throws: Stop.self) {
      try cut.accept(moved, movedTo: "a/2.png", project: "mojo3", root: scratch.root)
    }
    #expect(throws: Stop.self) { try cut.acceptLoss(of: lost, project: "mojo3", root: scratch.root) }
    try say(try scratch.custody())
    try say(try scratch.custody())
    let custody = try scratch.custody()
    #expect(try custody.recover().isEmpty)
    #expect(try log().count == 2)
    #expect(try custody.logRecords().map(\.isDue) == [true, true])
    #expect(try custody.acceptances(project: "mojo3").mapValues(\.kind) == [moved: .moved, lost: .lost])
    // And back, twice, the first time cut short.
    try FileSystem.rename(scratch.path("a/2.png"), to: scratch.path("a/1.png"))
    try scratch.write("a/3.png", "content of a/3.png")
    #expect(try custody.takeBack([moved, lost], root: scratch.root) == [lost])
    #expect(try custody.takeBack([moved, lost], root: scratch.root) == [])
    #expect(try custody.acceptances(project: "mojo3").mapValues(\.kind) == [moved: .moved])
    #expect(try custody.history(ofName: "3.png").map(\.file.place) == [.inProject("a/3.png")])
    #expect(try log().count == 2, "nobody did anything")
  }

  // MARK: Torn ends

  /// An acceptance and an order that were cut short while the log ends in half a record of one of them.
  private func torn(_ whose: String, _ length: (Int) -> Int) throws -> Int64 {
    struct Stop: Error {}
    try register(["a/1.png"])
    try scratch.write(["x.png", "y.png"])
    let lost = try id("a/1.png")
    try FileSystem.removeFile(scratch.path("a/1.png"))
    let cut = try scratch.custody { if $0 == "append" { throw Stop() } }
    #expect(throws: Stop.self) { try cut.acceptLoss(of: lost, project: "mojo3", root: scratch.root) }
    for name in ["x.png", "y.png"] {
      let order = scratch.order([scratch.move(name, "__selected/\(name)")], group: name)
      #expect(throws: (any Error).self) { try cut.perform(order) }
    }
    let pending: [any PendingRecords] =
      try cut.journal.read { try AcceptanceTable(db: $0).open() } + cut.journal.openPasses()
    let index = try #require(["acceptance", "first", "second"].firstIndex(of: whose))
    let line = try #require(pending[index].logLines.first)
    let folder = "\(scratch.workspace.path)/data/file_operations_logs"
    try FileSystem.append(
      "\(folder)/\(pending[index].logFile)", Array(line.utf8.prefix(length(line.utf8.count))))
    return lost
  }

  private static let lengths: [(@Sendable (Int) -> Int)] = [
    { _ in 5 }, { _ in 100 }, { $0 * 2 / 3 }, { $0 - 10 }, { $0 },
  ]

  /// Whoever's record is torn goes on with it first; no half line stays.
  @Test(arguments: ["acceptance", "first", "second"], Array(lengths.indices))
  func aTornRecordIsEndedByItsOwn(whose: String, length: Int) throws {
    let lost = try torn(whose, Self.lengths[length])
    let custody = try scratch.custody()
    #expect(try custody.recover().map(\.code) == ["order-finished", "order-finished"])
    let lines = try log()
    #expect(lines.count == 3 && lines.allSatisfy { $0.first == "{" && $0.last == "}" }, "\(lines)")
    #expect(try custody.acceptances(project: "mojo3").keys.elementsEqual([lost]))
  }

  /// While the torn record cannot be completed, nobody writes behind it.
  @Test(arguments: ["acceptance", "first", "second"], Array(lengths.indices))
  func aTornRecordThatCannotBeEnded(whose: String, length: Int) throws {
    struct Stop: Error {}
    _ = try torn(whose, Self.lengths[length])
    try register(["a/4.png"])
    let other = try id("a/4.png")
    try FileSystem.removeFile(scratch.path("a/4.png"))
    let before = try scratch.workspace.contents("data/file_operations_logs")
    let seen = Counter()
    let broken = try scratch.custody(before: { if seen.hasStopped(at: "append", 1, $0) { throw Stop() } })
    let findings = try broken.recover()
    #expect(findings.count == 3 && findings.allSatisfy { $0.severity == .error }, "\(findings)")
    #expect(findings.count { $0.code == "log-torn" } >= 1)
    #expect(try scratch.workspace.contents("data/file_operations_logs") == before)
    // Whoever does not heed that is refused.
    try scratch.write(["z.png"])
    let order = scratch.order([scratch.move("z.png", "__selected/z.png")], group: "z.png")
    for custody in [broken, try scratch.custody { if $0 == "append" { throw Stop() } }] {
      for word in [
        { _ = try custody.perform(order) },
        { try custody.acceptLoss(of: other, project: "mojo3", root: scratch.root) },
      ] {
        #expect(codes(#expect(throws: (any Error).self) { try word() }) == ["log-torn"])
      }
    }
    #expect(try scratch.workspace.contents("data/file_operations_logs") == before)
    #expect(try scratch.exists("z.png") && broken.receipt(order.id) == nil)
    #expect(try broken.acceptances(project: "mojo3").isEmpty)
    // Where it can be completed, whoever comes first does that.
    let custody = try scratch.custody()
    if length.isMultiple(of: 2) {
      try custody.acceptLoss(of: other, project: "mojo3", root: scratch.root)
    } else {
      _ = try custody.perform(order)
    }
    #expect(try log().allSatisfy { $0.first == "{" && $0.last == "}" })
    #expect(try custody.recover().count { $0.severity == .error } == 0)
    try custody.acceptLoss(of: other, project: "mojo3", root: scratch.root)
    _ = try custody.perform(order)
    let lines = try log()
    #expect(lines.count == 5 && lines.allSatisfy { $0.first == "{" && $0.last == "}" }, "\(lines)")
  }

  /// What another program leaves at the end of a log keeps nobody waiting.
  @Test func anEndThatIsNotOurs() throws {
    try register(["a/1.png"])
    let lost = try id("a/1.png")
    try FileSystem.removeFile(scratch.path("a/1.png"))
    let folder = "\(scratch.workspace.path)/data/file_operations_logs"
    try FileSystem.makeDirectories(folder)
    try FileSystem.create("\(folder)/file_operations_20251009.log", Array("half a li".utf8))
    try scratch.custody().acceptLoss(of: lost, project: "mojo3", root: scratch.root)
    #expect(try log().count == 2 && log()[0] == "half a li")
  }

  /// A record whose writing fails halfway is not ended by one that was under way at the same time.
  @Test func aRecordThatFailsHalfway() throws {
    struct Stop: Error {}
    func row(_ sequence: Int64) -> AcceptanceRow {
      let id = OrderID(rawValue: String(repeating: "\(sequence)", count: 32))
      let line = AcceptanceRow.line(
        id: id.recordName(0, isUndo: false), kind: .lost, details: ["place": .integer(sequence)], at: sequence
      )
      return AcceptanceRow(
        sequence: sequence, id: id, file: sequence,
        acceptance: Acceptance(kind: .lost, place: "a", acceptedAt: 0),
        record: .init(file: "file_operations_20251009.log", offset: 0, line: line))
    }
    let (first, second) = (row(1), row(2))
    let folder = "\(scratch.workspace.path)/data/file_operations_logs"
    let fails = Counter()
    let log = OperationLogWriter(
      workspace: scratch.workspace.path,
      disk: Disk(before: { operation in
        guard operation == "append", fails.firstTime else { return }
        try FileSystem.append("\(folder)/\(first.logFile)", Array(first.logLines[0].utf8.dropLast(10)))
        throw Stop()
      }))
    #expect(throws: Stop.self) { try log.append(first) }
    #expect(codes(#expect(throws: Diagnostic.self) { try log.append(second) }) == ["log-torn"])
    try log.append(first)
    try log.append(second)
    #expect(try self.log() == first.logLines + second.logLines)
  }

  /// Accepting a folder asks for each of its files whether another one was moved there.
  @Test func whoWasMovedToAPlaceIsLookedUp() throws {
    try register(["a/1.png"])
    let outcome = try TrashTool.run(
      [
        "sqlite3", "-bail", "\(scratch.workspace.path)/data/state/custody.sqlite",
        "EXPLAIN QUERY PLAN SELECT id FROM acceptances WHERE successor = 1 AND state = 'done' ORDER BY sequence",
      ], dataHome: scratch.dataHome)
    #expect(outcome.status == 0 && outcome.output.contains("acceptance_of_successor"), "\(outcome.output)")
  }

  // MARK: Several that were at one place

  /// Where another one is known, one that was there before is gone, whatever content lies there.
  @Test(arguments: [false, true]) func anEarlierOneWhoseContentIsAtTheOthersPlace(isMove: Bool) throws {
    try register(["a/1.png"])
    try FileSystem.removeFile(scratch.path("a/1.png"))
    try scratch.custody().markMissing(["a/1.png"], project: "mojo3")
    try scratch.write("a/1.png", "another one")
    let (digest, status) = try FileSystem.digest(scratch.path("a/1.png"))
    try scratch.custody().register(
      [SeenFile(origin: "a/1.png", kind: .image, digest: digest, status: status)], project: "mojo3")
    let files = try scratch.custody().placedFiles(project: "mojo3")
    #expect(files.map(\.file.place) == [.missing, .inProject("a/1.png")])
    try scratch.write(["a/1.png"])
    let custody = try scratch.custody()
    if isMove {
      try custody.accept(files[0].id, movedTo: "a/1.png", project: "mojo3", root: scratch.root)
      // The one that was overwritten is missed, not taken for it.
      #expect(
        try custody.placedFiles(project: "mojo3").map(\.file.place) == [
          .missing, .missing, .inProject("a/1.png"),
        ])
    } else {
      try custody.acceptLoss(of: files[0].id, project: "mojo3", root: scratch.root)
    }
    #expect(try custody.acceptances(project: "mojo3").keys.elementsEqual([files[0].id]))
  }

  /// A file is there when it has the content that it had first, too.
  @Test func oneThatIsThereAsItWasFirst() throws {
    try register(["a/1.png"])
    try scratch.write("a/1.png", "edited")
    let (digest, status) = try FileSystem.digest(scratch.path("a/1.png"))
    try scratch.custody().register(
      [SeenFile(origin: "a/1.png", kind: .image, digest: digest, status: status)], project: "mojo3")
    try scratch.custody().markMissing(["a/1.png"], project: "mojo3")
    try scratch.write(["a/1.png"])
    let file = try id("a/1.png")
    let error = #expect(throws: Diagnostic.self) {
      try scratch.custody().acceptLoss(of: file, project: "mojo3", root: scratch.root)
    }
    #expect(error?.message.contains("is there") == true)
  }

  /// A journal that an older Darkroom wrote is read as it is.
  @Test func aJournalWithoutTheTable() throws {
    try register(["a/1.png"])
    let path = "\(scratch.workspace.path)/data/state/custody.sqlite"
    let outcome = try TrashTool.run(
      ["sqlite3", "-bail", path, "DROP TABLE acceptances; PRAGMA user_version = 1"],
      dataHome: scratch.dataHome)
    #expect(outcome.status == 0, "\(outcome.output)")
    let reader = try #require(try FileCustody.openForReading(workspace: scratch.workspace.path))
    #expect(try reader.acceptances(project: "mojo3").isEmpty && reader.logRecords().isEmpty)
    #expect(try reader.history(ofName: "1.png").map(\.acceptances) == [[]])
    #expect(try scratch.custody().acceptances(project: "mojo3").isEmpty)
  }

  /// What an open order has in hand is recovery's, not a person's word's.
  @Test func filesOfAnOpenOrderAreNotAccepted() throws {
    struct Stop: Error {}
    try scratch.write(["a.png", "b.png"])
    let cut = try scratch.custody { if $0 == "append" { throw Stop() } }
    let steps = ["a.png", "b.png"].map { scratch.move($0, "__selected/\($0)") }
    #expect(throws: (any Error).self) { try cut.perform(scratch.order(steps)) }
    let custody = try scratch.custody()
    let file = try #require(try custody.placedFiles(project: "mojo").first)
    for word in [
      { try custody.acceptLoss(of: file.id, project: "mojo", root: scratch.root) },
      { try custody.accept(file.id, movedTo: "__selected/a.png", project: "mojo", root: scratch.root) },
    ] {
      let error = #expect(throws: Diagnostic.self) { try word() }
      #expect(error?.code == "accept-untrue" && error?.message.contains("is open") == true)
    }
    #expect(try custody.recover().map(\.code) == ["order-finished"])
  }

  // MARK: Another file under the name

  /// A companion that was moved, and is accepted as lost where it was put, where somebody wrote another one then.
  private func replacedCompanion() throws -> (review: CustodyOrder, lost: Int64) {
    try scratch.write(["a/1.png", "a/1.yaml"])
    let review = scratch.order(["1.png", "1.yaml"].map { scratch.move("a/\($0)", "__crop/\($0)") })
    let custody = try scratch.custody()
    _ = try custody.perform(review)
    let placed = try custody.placedFiles(project: "mojo")
    let lost = try #require(placed.first { $0.file.origin == "a/1.yaml" }?.id)
    try FileSystem.removeFile(scratch.path("__crop/1.yaml"))
    try custody.acceptLoss(of: lost, project: "mojo", root: scratch.root)
    try scratch.write("__crop/1.yaml", "another")
    return (review, lost)
  }

  /// The lost one is as lost as it was, and no file that custody knows to be somewhere is not there.
  private func expectStillLost(_ lost: Int64, sourceLocation: Testing.SourceLocation = #_sourceLocation)
    throws
  {
    let custody = try scratch.custody()
    #expect(
      try custody.acceptances(project: "mojo").mapValues(\.kind) == [lost: .lost],
      sourceLocation: sourceLocation)
    let row = try #require(try custody.journal.read { try FileRegistry(db: $0).row(lost) })
    #expect(row.file.digest == Digest(of: "content of a/1.yaml"), sourceLocation: sourceLocation)
    for known in try custody.placedFiles(project: "mojo") where known.id != lost {
      switch known.file.place {
      case .inProject(let place):
        let digest = try FileSystem.digest(scratch.path(place.rawValue)).digest
        #expect(digest == known.file.digest, "\(place)", sourceLocation: sourceLocation)
      case .trash(let place):
        #expect(try FileSystem.digest(place).digest == known.file.digest, sourceLocation: sourceLocation)
      case .missing, .removed:
        Issue.record("\(known.file.origin) is lost to custody", sourceLocation: sourceLocation)
      }
    }
  }

  /// An order takes it along as a file of its own, and its undoing gives it back.
  @Test(arguments: [false, true])
  func anotherCompanionUnderALostOnesNameIsMovedAsItself(isTrashed: Bool) throws {
    let (review, lost) = try replacedCompanion()
    let steps: [CustodyStep] = ["1.png", "1.yaml"].map {
      isTrashed
        ? .trash(scratch.path("__crop/\($0)"), digest: nil)
        : scratch.move("__crop/\($0)", "__originals/\($0)")
    }
    let retirement = scratch.order(steps, cause: .retire)
    _ = try scratch.custody().perform(retirement)
    try expectStillLost(lost)
    _ = try scratch.custody().undo(retirement.id)
    try expectStillLost(lost)
    _ = try scratch.custody().undo(review.id)
    try expectStillLost(lost)
    #expect(try scratch.tree() == ["a/1.png": "content of a/1.png", "a/1.yaml": "another"])
    #expect(try scratch.custody().placedFiles(project: "mojo").count == 3)
  }

  @Test func anotherCompanionUnderALostOnesNameIsGivenBackAsItself() throws {
    let (review, lost) = try replacedCompanion()
    _ = try scratch.custody().undo(review.id)
    try expectStillLost(lost)
    #expect(try scratch.tree() == ["a/1.png": "content of a/1.png", "a/1.yaml": "another"])
    #expect(try scratch.custody().placedFiles(project: "mojo").count == 3)
  }

  /// The lost one itself, put back, is found by the same orders.
  @Test(arguments: [false, true]) func aLostCompanionThatIsMovedIsFound(isUndone: Bool) throws {
    let (review, lost) = try replacedCompanion()
    try scratch.write("__crop/1.yaml", "content of a/1.yaml")
    let custody = try scratch.custody()
    if isUndone {
      _ = try custody.undo(review.id)
    } else {
      _ = try custody.perform(
        scratch.order([scratch.move("__crop/1.yaml", "__originals/1.yaml")], cause: .retire))
    }
    #expect(try custody.acceptances(project: "mojo").isEmpty)
    #expect(try custody.history(ofName: "1.yaml").map(\.acceptances.last?.kind) == [.back])
    _ = lost
  }
}
