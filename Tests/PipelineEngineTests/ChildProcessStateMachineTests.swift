import Testing

@testable import PipelineEngine

@Suite struct ChildProcessStateMachineTests {
  typealias Machine = ChildProcessStateMachine
  let start = SuspendingClock().now

  func machine(timeout: Duration? = nil, grace: Duration = .seconds(2)) -> Machine {
    Machine(startedAt: start, timeout: timeout, grace: grace)
  }

  @Test func waitsForeverWithoutATimeout() {
    var machine = machine()
    #expect(machine.firstAction == .wait(until: nil, hearsCancellation: true))
    #expect(
      machine.next(.timePassed, now: start + .seconds(1_000_000))
        == .wait(until: nil, hearsCancellation: true))
  }

  @Test func anExitIsCollectedAndEnds() {
    var machine = machine(timeout: .seconds(1))
    #expect(machine.next(.exited, now: start) == .collect)
    #expect(machine.next(.done, now: start) == .end(nil))
  }

  @Test func anExitAtTheDeadlineIsNoTimeout() {
    var machine = machine(timeout: .seconds(1))
    #expect(machine.next(.exited, now: start + .seconds(5)) == .collect)
    #expect(machine.next(.done, now: start + .seconds(5)) == .end(nil))
  }

  @Test func aTimeoutTerminatesThenKillsThenAbandons() {
    var machine = machine(timeout: .seconds(10))
    #expect(
      machine.next(.timePassed, now: start + .seconds(9))
        == .wait(until: start + .seconds(10), hearsCancellation: true))
    #expect(machine.next(.timePassed, now: start + .seconds(10)) == .terminate)
    #expect(
      machine.next(.done, now: start + .seconds(10))
        == .wait(until: start + .seconds(12), hearsCancellation: false))
    #expect(machine.next(.timePassed, now: start + .seconds(12)) == .kill)
    #expect(
      machine.next(.done, now: start + .seconds(12))
        == .wait(until: start + .seconds(17), hearsCancellation: false))
    #expect(machine.next(.timePassed, now: start + .seconds(17)) == .abandon(.timeout))
  }

  @Test func aCancelledChildThatEndsInItsGraceIsCancelled() {
    var machine = machine()
    #expect(machine.next(.cancelled, now: start) == .terminate)
    #expect(machine.next(.done, now: start) == .wait(until: start + .seconds(2), hearsCancellation: false))
    #expect(machine.next(.exited, now: start + .seconds(1)) == .collect)
    #expect(machine.next(.done, now: start + .seconds(1)) == .end(.cancelled))
  }

  @Test func noGraceKillsAtOnce() {
    var machine = machine(grace: .zero)
    #expect(machine.next(.cancelled, now: start) == .terminate)
    #expect(machine.next(.done, now: start) == .kill)
  }

  /// Whatever happens in whatever order: SIGTERM comes before SIGKILL, each at most once, nothing follows the end,
  /// and every child that exits is collected exactly once.
  @Test(arguments: 0..<300) func everyHistoryIsOrderly(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let timeout: Duration? =
      Bool.random(using: &random) ? .seconds(Int.random(in: 0...20, using: &random)) : nil
    var machine = machine(timeout: timeout, grace: .seconds(Int.random(in: 0...10, using: &random)))
    var now = start
    var seen: [String] = []
    var action = machine.firstAction
    for step in 0..<200 {
      var event = Machine.Event.done
      switch action {
      case .wait(_, let hearsCancellation):
        now += .seconds(Int.random(in: 0...5, using: &random))
        let choices: [Machine.Event] =
          hearsCancellation ? [.exited, .cancelled, .timePassed] : [.exited, .timePassed]
        event = step > 100 ? .exited : choices.randomElement(using: &random) ?? .exited
      case .terminate: seen.append("term")
      case .kill: seen.append("kill")
      case .collect: seen.append("collect")
      case .end(let cause):
        seen.append("end")
        #expect((cause == nil) == !seen.contains("term"))
      case .abandon: seen.append("abandon")
      }
      if seen.last == "end" || seen.last == "abandon" { break }
      action = machine.next(event, now: now)
    }
    let legal = [
      ["collect", "end"], ["term", "collect", "end"], ["term", "kill", "collect", "end"],
      ["term", "kill", "abandon"],
    ]
    #expect(legal.contains(seen), "\(seen)")
  }
}
