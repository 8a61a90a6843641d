import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import Testing

@testable import FileCustody

/// Figures, not judgements: run with `DARKROOM_SPEED=1` and a release build on a quiet machine.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["DARKROOM_SPEED"] != nil))
struct SpeedTests {
  private func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    let duration = try ContinuousClock().measure(body)
    return Double(duration.components.attoseconds) / 1e15 + Double(duration.components.seconds) * 1e3
  }

  /// The time of one thread's own work: what a busy machine does not falsify.
  private func processorMilliseconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }
    let start = now()
    try body()
    return now() - start
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  /// Four sets of an image with three companions: one is selected, three are staged for deletion.
  private func group(_ scratch: CustodyScratch, _ number: Int) throws -> CustodyOrder {
    var operations: [CustodyOperation] = []
    for image in 0..<4 {
      let target = image == 0 ? "__selected" : "__delete_staging"
      let names = ["png", "yaml", "caption", "txt"].map { "g\(number)_\(image).\($0)" }
      try scratch.write(names)
      operations.append(
        CustodyOperation(
          verb: .move, sourceFolder: "mojo", targetFolder: "mojo/\(target)", images: [names[0]],
          steps: names.map { scratch.move($0, "\(target)/\($0)") }))
    }
    return scratch.order(operations, group: "g\(number)")
  }

  private func register(_ scratch: CustodyScratch, _ custody: FileCustody) throws {
    try custody.register(
      try scratch.tree().keys.map { name in
        let (digest, status) = try FileSystem.digest(scratch.path(name.rawValue))
        return SeenFile(origin: name, kind: .image, digest: digest, status: status)
      }, project: "mojo")
  }

  @Test func orders() throws {
    let scratch = try CustodyScratch()
    let custody = try scratch.custody()
    let orders = try (0..<120).map { try group(scratch, $0) }
    try register(scratch, custody)
    let times = try orders.map { order in try milliseconds { _ = try custody.perform(order) } }
    let undos = try orders.map { order in try milliseconds { _ = try custody.undo(order.id) } }
    print("SPEED order of 4 sets of 4 files: median \(median(times)) ms, worst \(times.max() ?? 0) ms")
    print("SPEED undo of the same: median \(median(undos)) ms")
  }

  @Test func twoWorkers() async throws {
    for workers in [1, 2, 4] {
      let scratch = try CustodyScratch()
      let custody = try scratch.custody()
      let orders = try (0..<200).map { try group(scratch, $0) }
      try register(scratch, custody)
      let clock = ContinuousClock()
      let start = clock.now
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<workers {
          group.addTask {
            for index in stride(from: worker, to: orders.count, by: workers) {
              _ = try custody.perform(orders[index])
            }
          }
        }
        try await group.waitForAll()
      }
      let seconds =
        Double((clock.now - start).components.attoseconds) / 1e18
        + Double((clock.now - start).components.seconds)
      print("SPEED \(workers) workers: \(Double(orders.count) / seconds) orders/s")
    }
  }

  @Test func aFolderOfManyNames() throws {
    let scratch = try CustodyScratch()
    try FileSystem.makeDirectories(scratch.path("__selected"))
    for index in 0..<50_000 { try FileSystem.create(scratch.path("__selected/x\(index)"), []) }
    let custody = try scratch.custody()
    let orders = try (0..<40).map { try group(scratch, $0) }
    let times = try orders.map { order in try milliseconds { _ = try custody.perform(order) } }
    print(
      "SPEED order into 50,000 names: first \(times[0]) ms, then median \(median(Array(times.dropFirst()))) ms"
    )
  }

  @Test func hundredThousandFiles() throws {
    let scratch = try CustodyScratch()
    let custody = try scratch.custody()
    let seen = (0..<100_000).map { index in
      SeenFile(
        origin: RelativePath(
          "character_\(10 + index / 2500)/20250726_\(100_000 + index)_stage1_generated.png"),
        kind: .image,
        digest: Digest(of: "\(index)"),
        status: FileStatus(device: 1, inode: UInt64(index), size: 4_000_000, modified: 1, changed: 2))
    }
    let first = try milliseconds { try custody.register(seen, project: "mojo") }
    let again = try milliseconds { try custody.register(seen, project: "mojo") }
    let times = try (0..<7).map { _ in
      var count = 0
      let time = try processorMilliseconds { count = try custody.files(project: "mojo").count }
      #expect(count == 100_000)
      return time
    }
    print("SPEED registering 100,000 files: \(first) ms, refreshing all: \(again) ms")
    print("SPEED reading 100,000 files: median \(median(times)) ms of processor time")
  }
}
