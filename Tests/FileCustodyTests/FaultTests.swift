import DarkroomTesting
import Foundation
import FileSystem
import PipelineCore
import Synchronization
import Testing

@testable import FileCustody

/// Lets one durable operation fail, or that one and all after it, as if the power had gone.
final class FaultPoint: Sendable {
  struct Fault: Error, Equatable {}
  private let state: Mutex<(count: Int, operations: [String])>
  private let isFatal: Bool
  private let failing: Int

  init(at failing: Int, isFatal: Bool) {
    self.failing = failing
    self.isFatal = isFatal
    state = Mutex((0, []))
  }

  func pass(_ operation: String) throws {
    let number = state.withLock { state in
      state.count += 1
      state.operations.append(operation)
      return state.count
    }
    if isFatal ? number >= failing : number == failing { throw Fault() }
  }

  var operations: [String] { state.withLock { $0.operations } }
}

@Suite struct FaultTests {
  /// A workspace with an order in which every kind of act occurs.
  private func scene() throws -> (CustodyScratch, OtherDisk, CustodyOrder) {
    let scratch = try CustodyScratch()
    try scratch.write(["a.png", "a.yaml", "b.png", "b.txt", "c.decision", "d.png", "sub/e.png"])
    let other = try OtherDisk()
    try FileSystem.makeLink(scratch.path("__far"), to: other.path)
    let order = scratch.order([
      CustodyOperation(
        verb: .move, sourceFolder: "mojo", targetFolder: "mojo/__selected", images: ["a.png"],
        steps: [
          scratch.move("a.png", "__selected/a.png"), scratch.move("a.yaml", "__selected/a.yaml"),
          .create(at: scratch.path("__selected/a.decision"), bytes: Array("new".utf8)),
        ]),
      CustodyOperation(
        verb: .move, sourceFolder: "mojo", targetFolder: "mojo/__far", images: ["d.png"],
        steps: [
          scratch.move("d.png", "__far/d.png"), scratch.move("sub/e.png", "deep/er/e.png"),
          .copy(from: scratch.path("b.txt"), to: scratch.path("__cropped/b.txt")),
        ]),
      CustodyOperation(
        verb: .sendToTrash, sourceFolder: "mojo", targetFolder: "", images: ["b.png"],
        steps: [.trash(scratch.path("b.png")), .remove(scratch.path("c.decision"))]),
    ])
    return (scratch, other, order)
  }

  /// What a person and the audit can see.
  private struct World: Equatable {
    var tree: [RelativePath: String]
    var folders: Set<RelativePath>
    var far: [RelativePath: String]
    var trash: [RelativePath: String]
    var places: [RelativePath: Place]
    var operationIDs: [String]
  }

  private func world(_ scratch: CustodyScratch, _ other: OtherDisk) throws -> World {
    func contents(_ folder: String) throws -> [RelativePath: String] {
      guard try FileStatus(folder) != nil else { return [:] }
      return Dictionary(
        try FileSystem.filesBelow(folder).filter { !$0.hasSuffix(".trashinfo") }.map {
          let isLink = try FileStatus("\(folder)/\($0)")?.kind == .link
          return (
            RelativePath($0),
            isLink ? "link" : String(decoding: try FileSystem.read("\(folder)/\($0)"), as: UTF8.self)
          )
        }
      ) { $1 }
    }
    return World(
      tree: try contents(scratch.root), folders: try scratch.folders(), far: try contents(other.path),
      trash: try contents("\(scratch.dataHome)/Trash"),
      places: try scratch.places().mapValues { place in
        // Each workspace has its own name.
        if case .trash(let path) = place { return .trash(RelativePath(path).name) }
        return place
      },
      operationIDs: try scratch.logLines().map { line in
        let start = line.range(of: "\"op_id\": \"").map { line[$0.upperBound...] } ?? ""
        return String(start.prefix { $0 != "\"" })
      }.sorted())
  }

  @Test(arguments: [true, false])
  func anyFaultWhilePerformingIsHealed(isFatal: Bool) throws {
    let (scratch, other, order) = try scene()
    let point = FaultPoint(at: .max, isFatal: true)
    _ = try scratch.custody(before: point.pass).perform(order)
    let expected = try world(scratch, other)
    #expect(point.operations.count > 30)
    #expect(point.operations.filter { $0 == "copy" }.count == 2, "a crossing and a copy")

    for number in 1...point.operations.count {
      let (scratch, other, order) = try scene()
      let fault = FaultPoint(at: number, isFatal: isFatal)
      let broken = try scratch.custody(before: fault.pass)
      #expect(throws: (any Error).self, "\(number) \(point.operations[number - 1])") {
        try broken.perform(order)
      }
      let custody = try scratch.custody()
      let findings = try custody.recover()
      #expect(!findings.contains { $0.severity == .error }, "\(number): \(findings)")
      let receipt = try custody.perform(order)
      #expect(receipt.state == .done)
      #expect(try world(scratch, other) == expected, "\(number) \(point.operations[number - 1])")
      #expect(try custody.recover().isEmpty)
    }
  }

  @Test(arguments: [true, false])
  func anyFaultWhileUndoingIsHealed(isFatal: Bool) throws {
    let (scratch, other, order) = try scene()
    let before = try world(scratch, other)
    let point = FaultPoint(at: .max, isFatal: true)
    _ = try scratch.custody().perform(order)
    _ = try scratch.custody(before: point.pass).undo(order.id)
    let expected = try world(scratch, other)
    #expect(expected.tree == before.tree)
    #expect(expected.folders == before.folders)
    #expect(expected.far.isEmpty && expected.trash.isEmpty)

    for number in 1...point.operations.count {
      let (scratch, other, order) = try scene()
      _ = try scratch.custody().perform(order)
      let fault = FaultPoint(at: number, isFatal: isFatal)
      let broken = try scratch.custody(before: fault.pass)
      #expect(throws: (any Error).self, "\(number) \(point.operations[number - 1])") {
        try broken.undo(order.id)
      }
      let custody = try scratch.custody()
      let findings = try custody.recover()
      #expect(!findings.contains { $0.severity == .error }, "\(number): \(findings)")
      #expect(try custody.undo(order.id).state == .undone)
      #expect(try world(scratch, other) == expected, "\(number) \(point.operations[number - 1])")
    }
  }

  @Test func aSingleFaultBeforeTheEndLeavesEverythingAsItWas() throws {
    let (scratch, other, order) = try scene()
    let before = try world(scratch, other)
    let point = FaultPoint(at: .max, isFatal: true)
    _ = try scratch.custody(before: point.pass).perform(order)
    let last = try #require(point.operations.lastIndex(of: "rename")) + 1
    for number in 1...last {
      let (scratch, other, order) = try scene()
      let broken = try scratch.custody(before: FaultPoint(at: number, isFatal: false).pass)
      #expect(throws: FaultPoint.Fault.self) { try broken.perform(order) }
      var now = try world(scratch, other)
      now.places = [:]
      #expect(now == before, "\(number) \(point.operations[number - 1])")
      #expect(try broken.receipt(order.id) == nil)
    }
  }

  @Test func aCrashDuringRecoveryIsHealedToo() throws {
    let (scratch, other, order) = try scene()
    let point = FaultPoint(at: .max, isFatal: true)
    _ = try scratch.custody(before: point.pass).perform(order)
    let expected = try world(scratch, other)
    for number in stride(from: 2, through: point.operations.count, by: 7) {
      for second in stride(from: 1, through: 24, by: 5) {
        let (scratch, other, order) = try scene()
        let broken = try scratch.custody(before: FaultPoint(at: number, isFatal: true).pass)
        #expect(throws: (any Error).self) { try broken.perform(order) }
        _ = try scratch.custody(before: FaultPoint(at: second, isFatal: true).pass).recover()
        let custody = try scratch.custody()
        #expect(!(try custody.recover()).contains { $0.severity == .error })
        _ = try custody.perform(order)
        #expect(try world(scratch, other) == expected, "\(number) \(second)")
      }
    }
  }
}

/// A folder on another file system than the temporary workspaces; goes with the value.
final class OtherDisk: Sendable {
  let path: String

  init() throws {
    var random = SystemRandomNumberGenerator()
    path = "/dev/shm/custody-\(random.next())"
    try FileSystem.makeDirectory(path)
  }

  // `try?`: a folder that stays behind harms no test.
  deinit { try? FileSystem.removeTree(path) }
}
