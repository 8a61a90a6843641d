import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import FileCustody

/// Random trees, orders, power cuts and undoings: nothing is ever lost or doubled.
@Suite struct HistoryTests {
  /// One random history. Every file ever there has a content of its own, so that counting contents counts files.
  private final class History {
    let scratch: CustodyScratch
    var random: SeededRandom
    var done: [CustodyOrder] = []
    /// Contents that must exist exactly once, outside receipts.
    var alive: Set<String> = []
    var serial = 0

    init(seed: UInt64) throws {
      scratch = try CustodyScratch()
      random = SeededRandom(seed: seed)
    }

    func content() -> String {
      serial += 1
      return "content \(serial)"
    }

    func plant() throws {
      for index in 0..<(6 + random.next(below: 12)) {
        let folder = ["", "day 1/", "day 1/deep/", "e\u{301}/"][random.next(below: 4)]
        for suffix in [".png", ".yaml", ".caption"] where suffix == ".png" || random.chance(0.6) {
          try add("\(folder)i\(index)\(suffix)")
        }
      }
    }

    func add(_ name: String) throws {
      let text = content()
      try scratch.write(name, text)
      alive.insert(text)
    }

    /// The files that an order may take.
    func present() throws -> [RelativePath] {
      try scratch.tree().keys.filter { !$0.name.hasPrefix(".") }.sorted()
    }

    func randomOrder() throws -> CustodyOrder {
      var free = try present().shuffled(using: &random)
      var steps: [CustodyStep] = []
      let target = ["__selected", "__crop", "__delete_staging", "__far", "new/folder"][random.next(below: 5)]
      for _ in 0..<(1 + random.next(below: 5)) {
        guard let file = free.popLast() else { break }
        let from = scratch.path(file.rawValue)
        serial += 1
        switch random.next(below: 8) {
        case 0...3: steps.append(scratch.move(file.rawValue, "\(target)/\(file.name)"))
        case 4: steps.append(.trash(from))
        case 5:
          let bytes = Array(content().utf8)
          steps.append(.create(at: scratch.path("\(target)/own\(serial).decision"), bytes: bytes))
        case 6:
          let text = content()
          try scratch.write(".prepared\(serial)", text)
          let prepared = scratch.path(".prepared\(serial)")
          steps.append(
            .place(
              prepared: prepared, at: scratch.path("\(target)/crop\(serial).png"),
              digest: try FileSystem.digest(prepared).digest))
        default: steps.append(.remove(from))
        }
      }
      return scratch.order(steps, group: "g", decision: "\(serial)")
    }

    /// Every content that there is, in the project, on the other disk (which a link in the project shows) and the Trash.
    func contents(_ other: OtherDisk) throws -> [String] {
      func texts(_ folder: String) throws -> [String] {
        guard try FileStatus(folder) != nil else { return [] }
        return try FileSystem.filesBelow(folder).filter { name in
          try !name.contains(".prepared") && FileStatus("\(folder)/\(name)")?.kind == .file
        }.map { String(decoding: try FileSystem.read("\(folder)/\($0)"), as: UTF8.self) }
      }
      return try texts(scratch.root) + texts(other.path) + texts(scratch.trashFiles)
    }
  }

  @Test(arguments: 1...12)
  func everyContentStaysExactlyOnce(seed: Int) throws {
    let history = try History(seed: UInt64(seed))
    let other = try OtherDisk()
    let scratch = history.scratch
    try history.plant()
    try FileSystem.makeLink(scratch.path("__far"), to: other.path)
    let before = (try scratch.tree(), try scratch.folders())

    for round in 0..<25 {
      let isUndo = !history.done.isEmpty && history.random.chance(0.3)
      let fault = FaultPoint(at: 1 + history.random.next(below: 60), isFatal: history.random.chance(0.7))
      let hasFault = history.random.chance(0.5)
      let custody = try scratch.custody(before: { if hasFault { try fault.pass($0) } })
      if isUndo {
        // Any of them: one that a later order depends on is refused.
        let order = history.done[history.random.next(below: history.done.count)]
        // `try?`: a fault or a refusal; what became of it is looked at below.
        _ = try? custody.undo(order.id)
        try settle(history, order.id)
        if try scratch.custody().receipt(order.id)?.state == .undone {
          history.done.removeAll { $0.id == order.id }
        }
      } else {
        let order = try history.randomOrder()
        _ = try? custody.perform(order)  // `try?`: see above.
        try settle(history, order.id)
        if try scratch.custody().receipt(order.id)?.state == .done {
          history.done.append(order)
        }
      }
      try check(history, other, "seed \(seed) round \(round)")
    }

    let custody = try scratch.custody()
    for receipt in try custody.receipts(states: [.done]) { _ = try custody.undo(receipt.id) }
    for name in try FileSystem.list(scratch.root) where name.hasPrefix(".prepared") {
      try FileSystem.removeFile(scratch.path(name))
    }
    #expect(try scratch.tree() == before.0)
    #expect(try scratch.folders() == before.1)
    #expect(try FileSystem.list(other.path).isEmpty)
    #expect(try FileStatus("\(scratch.dataHome)/Trash") == nil)
    let log = try scratch.logLines()
    #expect(Set(log).count == log.count)
  }

  private func settle(_ history: History, _ id: OrderID) throws {
    let findings = try history.scratch.custody().recover()
    #expect(!findings.contains { $0.severity == .error }, "\(findings)")
    #expect(try history.scratch.custody().receipts(states: [.intended, .undoing]).isEmpty)
  }

  /// Compares the disk with what the receipts say that must be there.
  private func check(_ history: History, _ other: OtherDisk, _ place: Comment) throws {
    let custody = try history.scratch.custody()
    var expected = history.alive
    var ids: [String] = []
    for receipt in try custody.receipts() {
      ids += receipt.operationIDs
      guard receipt.state == .done else { continue }
      for step in receipt.steps {
        switch step.step {
        case .create(_, let bytes): expected.insert(String(decoding: bytes, as: UTF8.self))
        case .place(let prepared, _, _): expected.insert(try text(prepared, step.digest, history))
        case .move, .copy, .trash, .remove: continue
        }
      }
    }
    // A removed file of ours may be one that another order made.
    for receipt in try custody.receipts(states: [.done]) {
      for step in receipt.steps {
        if let bytes = step.removed { expected.remove(String(decoding: bytes, as: UTF8.self)) }
      }
    }
    let found = try history.contents(other)
    #expect(found.sorted() == expected.sorted(), place)
    #expect(try history.scratch.tree().keys.filter { $0.rawValue.contains(".custody-") }.isEmpty, place)
    // Records: each exactly once, in the log as in the receipts.
    let logged = try history.scratch.logLines().map { line in
      String(line.split(separator: "\"op_id\": \"").last?.prefix { $0 != "\"" } ?? "")
    }
    #expect(logged.sorted() == ids.sorted(), place)
    // Every file that the registry knows is where it says, with its content.
    for file in try custody.files(project: "mojo") {
      switch file.place {
      case .inProject(let path):
        #expect(try FileSystem.digest(history.scratch.path(path.rawValue)).digest == file.digest, place)
      case .trash(let path): #expect(try FileSystem.digest(path).digest == file.digest, place)
      case .removed, .missing: break
      }
      #expect(file.digest == file.firstDigest, place)
      if file.place == .inProject(file.origin) {
        #expect(
          try FileStatus(history.scratch.path(file.origin.rawValue))?.sameContent(as: file.placeStatus)
            == true,
          place)
      }
    }
  }

  /// What a prepared file held: its serial number is in its name, and its content came right before.
  private func text(_ prepared: String, _ digest: Digest, _ history: History) throws -> String {
    let candidates = (1...history.serial).map { "content \($0)" }
    return try #require(candidates.first { Digest(of: $0) == digest })
  }
}
