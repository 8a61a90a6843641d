import DarkroomTesting
import FileSystem
import PipelineCore
import PipelineEngine
import PipelineStore
import Testing

@Suite struct EngineControlTests {
  typealias Bench = EngineBench

  @Test("Failed attempts are repeated after their backoff, and the records say which attempt it was")
  func retries() async throws {
    let bench = try EngineBench(["a"])
    bench["a"].setWork { order, context in
      if order.attempt < 3 { throw Diagnostic(code: "flaky", "attempt \(order.attempt)") }
      return try ScriptedStage.copyInputs(order, context)
    }
    let stage = Bench.stage("a") { $0.retry = Retry(attempts: 3, backoff: .seconds(2)) }
    let clock = bench.clock
    async let ran = bench.run([stage])
    await clock.waitForSleeps(1)
    #expect(bench["a"].orders.map(\.attempt) == [1])
    clock.advance(by: .seconds(2))
    await clock.waitForSleeps(2)
    clock.advance(by: .seconds(4))
    let result = try await ran
    #expect(result.outcome.state == .succeeded)
    #expect(clock.sleepsAsked == [.seconds(2), .seconds(4)])
    #expect(result.observer.attempts.map(\.state) == [.failed, .failed, .done])
    #expect(result.observer.attempts.map(\.attempt) == [1, 2, 3])
    #expect(result.record("a")?.unitsDone == 1)
    #expect(result.record("a")?.unitsFailed == 0)
  }

  @Test("A unit that takes longer than its timeout is ended and fails")
  func timeout() async throws {
    let bench = try EngineBench(["a"])
    bench["a"].setWork { _, context in
      let gate = Gate()
      _ = context.cancellation.onCancel { gate.open() }
      await gate.pass()
      throw CancellationError()
    }
    let stage = Bench.stage("a") { $0.timeout = .seconds(7) }
    async let ran = bench.run([stage])
    await bench.clock.waitForSleeps(1)
    bench.clock.advance(by: .seconds(7))
    let result = try await ran
    #expect(result.outcome.state == .failed)
    #expect(result.observer.attempts.map(\.state) == [.timedOut])
    #expect(result.observer.attempts.first?.duration == 7_000_000)
    #expect(bench.clock.sleeping == 0)
  }

  @Test("The first stop lets running units end and commits them; nothing new starts; the next run goes on")
  func gracefulStop() async throws {
    let bench = try EngineBench(["a", "b"])
    bench["a"].setKeys(["1", "2", "3", "4"])
    let gate = Gate()
    bench["a"].setWork { order, context in
      await gate.pass()
      return try ScriptedStage.copyInputs(order, context)
    }
    let control = RunControl()
    let stages = [Bench.stage("a"), Bench.stage("b", needs: ["a"])]
    let finally = [Bench.stage("b", needs: [])]
    _ = finally
    async let ran = bench.run(stages, jobs: 2, control: control) { event in
      if case .stopping = event { gate.open() }
    }
    await gate.waitForArrivals(2)
    control.stop(signal: 15)
    let result = try await ran
    #expect(result.outcome.state == .stopped)
    #expect(result.outcome.signal == 15)
    #expect(result.done == ["a/1", "a/2"])
    #expect(bench["a"].ran.count == 2)
    #expect(result.state("a") == .stopped)
    #expect(result.state("b") == .stopped)
    #expect(try bench.checkpointed("a") == ["1", "2"])
    let second = try await bench.run(stages)
    #expect(second.done == ["a/3", "a/4", "b"])
    #expect(second.outcome.state == .succeeded)
  }

  @Test("The second stop, or the end of the grace period, cancels what runs", arguments: [true, false])
  func secondStop(isSecondSignal: Bool) async throws {
    let bench = try EngineBench(["a"])
    bench["a"].setKeys(["1", "2"])
    let running = Gate()
    running.open()
    bench["a"].setWork { order, context in
      let gate = Gate()
      _ = context.cancellation.onCancel { gate.open() }
      await running.pass()
      await gate.pass()
      throw CancellationError()
    }
    let control = RunControl()
    let clock = bench.clock
    async let ran = bench.run([Bench.stage("a")], jobs: 1, control: control, gracePeriod: .seconds(30))
    await running.waitForArrivals(1)
    control.stop(signal: 2)
    await clock.waitForSleeps(1)
    if isSecondSignal { control.stop(signal: 2) } else { clock.advance(by: .seconds(30)) }
    let result = try await ran
    #expect(result.outcome.state == .stopped)
    #expect(result.observer.attempts.map(\.state) == [.stopped])
    #expect(try bench.checkpointed("a").isEmpty)
    #expect(try bench.artifacts().isEmpty)
  }

  @Test("A stop during a backoff of an hour ends the run at once")
  func stopDuringBackoff() async throws {
    let bench = try EngineBench(["a"])
    bench["a"].setWork { _, _ in throw Diagnostic(code: "bad", "bad") }
    let stage = Bench.stage("a") {
      $0.retry = Retry(attempts: 2, backoff: .seconds(3600), maxBackoff: .seconds(3600))
    }
    let control = RunControl()
    async let ran = bench.run([stage], control: control)
    await bench.clock.waitForSleeps(1)
    control.stop(signal: 2)
    let result = try await ran
    #expect(result.outcome.state == .stopped)
    #expect(result.record("a")?.unitsFailed == 1)
    #expect(bench.clock.sleeping == 0)
  }

  @Test("State that cannot be written fails the run, and nothing is said to be done")
  func failingStore() async throws {
    let bench = try EngineBench(["a", "b"])
    let store = InMemoryCheckpointStore()
    bench["a"].setKeys(["1", "2"])
    bench["a"].setWork { order, context in
      store.failWrites(with: Diagnostics([Diagnostic(code: "state-database", "the disk is full")]))
      return try ScriptedStage.copyInputs(order, context)
    }
    let observer = RecordingObserver()
    let stages = [Bench.stage("a"), Bench.stage("b", needs: ["a"])]
    let engine = try bench.engine(stages, store: store, observer: observer)
    await #expect(throws: Diagnostics.self) { _ = try await engine.run(RunControl()) }
    #expect(observer.attempts.isEmpty)
    #expect(observer.started.allSatisfy { $0.stage == "a" })
    #expect(Array(try store.checkpoints(pipeline: "test", stage: "a")).isEmpty)
    store.failWrites(with: nil)
    bench["a"].setWork(nil)
    let second = try await bench.run(stages, store: store)
    #expect(second.done == ["a/1", "a/2", "b"])
    #expect(try store.history(current: nil).recentRuns(limit: 9).map(\.state) == [.succeeded, .interrupted])
  }

  @Test("A stage whose units cannot be found fails with its dependents; the others and finally run")
  func expansionError() async throws {
    let bench = try EngineBench(["a", "b", "c", "x", "f"])
    bench["a"].setUnits { _ in throw Diagnostic(code: "broken", "cannot look") }
    bench["b"].setUnits(EngineTests.follows)
    let stages = [
      Bench.stage("a"), Bench.stage("b", needs: ["a"], follows: "a"), Bench.stage("c", needs: ["b"]),
      Bench.stage("x"),
    ]
    let ran = try await bench.run(stages, finally: [Bench.stage("f")])
    #expect(ran.outcome.state == .failed)
    #expect(ran.outcome.stages.map(\.state) == [.failed, .blocked, .blocked, .succeeded, .succeeded])
    #expect(ran.record("a")?.errors == ["cannot look"])
  }

  @Test("A stage that dashboards: it is up to date in the second run, and shows a failed run")
  func history() async throws {
    let bench = try EngineBench(["a", "page"])
    bench["page"].setUnits { context in
      let runs = try context.history.recentRuns(limit: 9)
      let text = runs.map { run in
        "\(run.id) \(run.state.rawValue) "
          + run.stages.map { "\($0.id)=\($0.state.rawValue)" }.joined(separator: ",")
      }.joined(separator: ";")
      return [UnitDefinition(values: ["history": text, "ends": "\(runs.map(\.endedAt))"])]
    }
    let stages = [Bench.stage("a")]
    let page = [Bench.stage("page")]
    func shown() throws -> String? {
      try bench.artifacts()["page/_:page/whole.txt"]?.split(separator: "\n").last.map(String.init)
    }
    let first = try await bench.run(stages, finally: page)
    #expect(first.done == ["a", "page"])
    #expect(try shown() == "history=1 succeeded a=succeeded")
    let second = try await bench.run(stages, finally: page)
    #expect(second.observer.started.isEmpty)
    #expect(!second.outcome.didWork)
    bench["a"].setKeys(["u"])
    bench["a"].setWork { _, _ in throw Diagnostic(code: "bad", "bad") }
    let third = try await bench.run(stages, finally: page)
    #expect(third.outcome.state == .failed)
    #expect(third.done == ["page"])
    #expect(try shown() == "history=3 failed a=failed;1 succeeded a=succeeded")
  }

  @Test("--days runs the days it names, leaves the others, and judges what has no days")
  func backfill() async throws {
    let bench = try EngineBench(["a", "b"])
    bench["a"].setKeys(["2025-01-01", "2025-01-02", "2025-01-03"])
    bench["b"].setUnits { _ in [UnitDefinition(values: ["v": "1"])] }
    let stages = [Bench.stage("a"), Bench.stage("b", needs: ["a"])]
    try await bench.run(stages)
    bench["a"].version = 2
    let days = try #require(DayRange.parse("2025-01-02"))
    let second = try await bench.run(stages, selection: Selection(days: days))
    #expect(second.done == ["a/2025-01-02"])
    let third = try await bench.run(stages)
    #expect(third.done == ["a/2025-01-01", "a/2025-01-03"])
  }

  @Test("Selections run what they name")
  func selections() async throws {
    let bench = try EngineBench(["a", "b", "c"])
    let stages = [Bench.stage("a"), Bench.stage("b", needs: ["a"]), Bench.stage("c", needs: ["b"])]
    try await bench.run(stages)
    func done(_ selection: Selection) async throws -> Set<String> {
      try await bench.run(stages, selection: selection).done
    }
    #expect(try await done(Selection(force: true)) == ["a", "b", "c"])
    #expect(try await done(Selection(only: ["b"], force: true)) == ["b"])
    #expect(try await done(Selection(only: ["b"], downstream: true, force: true)) == ["b"])
    #expect(try await done(Selection(from: ["b"], force: true)) == ["b", "c"])
    #expect(try await done(Selection(until: ["b"], force: true)) == ["a", "b"])
    #expect(try await done(Selection(force: true, failedStages: ["c"])) == ["c"])
    #expect(try await done(.everything).isEmpty)
  }

  @Test("5,000 units: only a few are held at a time, and a second run holds no more")
  func manyUnits() async throws {
    let bench = try EngineBench(["a"])
    let counter = AliveCounter()
    bench["a"].setUnits { _ in
      (0..<5_000).lazy.map { index in
        counter.made(index)
        let text = String(index)
        return UnitDefinition(key: UnitKey(String(repeating: "0", count: 6 - text.count) + text))
      }
    }
    bench["a"].setWork { _, _ in
      counter.ended()
      return UnitResult()
    }
    let store = InMemoryCheckpointStore()
    let engine = try bench.engine([Bench.stage("a")], jobs: 4, store: store, observer: SilentObserver())
    let outcome = try await engine.run(RunControl())
    #expect(outcome.stages[0].unitsDone == 5_000)
    #expect(counter.mostAlive < 2_000)
    counter.reset()
    let second = try bench.engine([Bench.stage("a")], jobs: 4, store: store, observer: SilentObserver())
    #expect(try await second.run(RunControl()).stages[0].unitsUpToDate == 5_000)
  }
}

private struct SilentObserver: RunObserver {
  func handle(_ event: RunEvent) {}
}
