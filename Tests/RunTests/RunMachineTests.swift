import DarkroomTesting
import PipelineCore
import PipelineEngine
import Testing

@Suite struct RunMachineTests {
  @Test("Random graphs, random order of reports: every rule holds")
  func randomRuns() {
    for seed in 0..<400 as Range<UInt64> {
      var driver = MachineDriver(seed: seed, bounded: true, stopping: false)
      driver.run()
      #expect(driver.broken.isEmpty, "seed \(seed): \(driver.broken)")
      if !driver.broken.isEmpty { return }
    }
  }

  @Test("A stop at any moment: the run ends and starts nothing")
  func randomStops() {
    for seed in 10_000..<10_600 as Range<UInt64> {
      var driver = MachineDriver(seed: seed, bounded: true, stopping: true)
      driver.run()
      #expect(driver.broken.isEmpty, "seed \(seed): \(driver.broken)")
      if !driver.broken.isEmpty { return }
    }
  }

  @Test("Every stage ends as the oracle says")
  func oracle() {
    for seed in 20_000..<20_300 as Range<UInt64> {
      var driver = MachineDriver(seed: seed, bounded: false, stopping: false)
      driver.run()
      #expect(driver.broken.isEmpty, "seed \(seed): \(driver.broken)")
      let oracle = MachineOracle(driver: driver)
      for stage in driver.machine.stages {
        let found = MachineOracle.Ending(
          state: stage.state, done: stage.done, upToDate: stage.upToDate, failed: stage.failed,
          blocked: stage.blocked, failedKeys: stage.failedKeys)
        let expected = oracle.ending(stage.definition.id)
        #expect(found == expected, "seed \(seed), stage \(stage.definition.id)")
        if found != expected { return }
      }
    }
  }

  @Test("A follower of a stage whose units cannot be found is blocked, not up to date")
  func followerOfBrokenExpansion() {
    var follower = StageDefinition(id: "b", uses: "k", needs: ["a"])
    follower.foreach = .units(of: "a")
    let pipeline = Pipeline(name: "p", stages: [StageDefinition(id: "a", uses: "k"), follower])
    var machine = RunMachine(pipeline, scope: ["a", "b"], jobs: 1)
    #expect(machine.next() == .expand("a"))
    machine.expansionFailed("a")
    while machine.next() != nil {}
    #expect(machine["b"]?.state == .blocked)
    #expect(machine["b"]?.blockedBy == "a")
  }

  @Test("A stop does not wait for the backoff of a retry")
  func stopDuringBackoff() {
    var stage = StageDefinition(id: "a", uses: "k")
    stage.retry = Retry(attempts: 3, backoff: .seconds(3600), maxBackoff: .seconds(3600))
    var machine = RunMachine(Pipeline(name: "p", stages: [stage]), scope: ["a"], jobs: 1)
    while machine.next() != nil {}
    machine.expanded("a", ready: ["x"], upToDate: [], exhausted: true)
    let unit = UnitID(stage: "a", key: "x")
    #expect(machine.next() == .start(unit, attempt: 1))
    machine.freed(unit)
    machine.ended(unit, attempt: 1, .failed(retryable: true))
    #expect(machine.next() == .wait(unit, attempt: 2, .seconds(3600)))
    machine.stop()
    while machine.next() != nil {}
    #expect(machine.isEnded)
    #expect(machine["a"]?.failed == 1)
    machine.retryDue(unit, attempt: 2)
    #expect(machine.next() == nil)
    #expect(machine["a"]?.failed == 1)
  }

  @Test(
    "A chain of 20,000 stages runs, and a failure at its head blocks all of it", arguments: [false, true])
  func longChain(follows: Bool) {
    let count = 20_000
    let stages = (0..<count).map { index in
      var stage = StageDefinition(id: StageID("s\(index)"), uses: "k")
      if index > 0 {
        stage.needs = [StageID("s\(index - 1)")]
        if follows { stage.foreach = .units(of: StageID("s\(index - 1)")) }
      }
      return stage
    }
    for isFailing in [false, true] {
      var machine = RunMachine(Pipeline(name: "p", stages: stages), scope: Set(stages.map(\.id)), jobs: 2)
      Self.drive(&machine) { _ in isFailing ? .failed(retryable: false) : .done }
      #expect(machine.isEnded)
      let states = Set(machine.stages.dropFirst().map(\.state))
      #expect(states == [isFailing ? .blocked : .succeeded])
    }
  }

  @Test("A stage that needs 20,000 others, and 20,000 that need one")
  func wideGraph() {
    let leaves = (0..<20_000).map { StageDefinition(id: StageID("s\($0)"), uses: "k", needs: ["root"]) }
    let all = StageDefinition(id: "all", uses: "k", needs: leaves.map(\.id))
    let stages = [StageDefinition(id: "root", uses: "k")] + leaves + [all]
    var machine = RunMachine(Pipeline(name: "p", stages: stages), scope: Set(stages.map(\.id)), jobs: 2)
    Self.drive(&machine) { _ in .done }
    #expect(machine.isEnded)
    #expect(machine["all"]?.state == .succeeded)
  }

  @Test("A stage of 100,000 units never has more ready than two steps of expansion")
  func manyUnits() {
    let stage = StageDefinition(id: "a", uses: "k")
    var machine = RunMachine(Pipeline(name: "p", stages: [stage]), scope: ["a"], jobs: 4)
    var given = 0
    var ready = 0
    var most = 0
    while let action = machine.next() {
      switch action {
      case .expand:
        let keys = (given..<given + 250).map { UnitKey(String($0)) }
        given += 250
        ready += 250
        machine.expanded("a", ready: keys, upToDate: [], exhausted: given == 100_000)
      case .start(let unit, let attempt):
        most = max(most, ready)
        ready -= 1
        machine.freed(unit)
        machine.ended(unit, attempt: attempt, .done)
      default: break
      }
    }
    #expect(machine.isEnded)
    #expect(machine["a"]?.done == 100_000)
    #expect(most <= 500)
  }

  /// Performs every action at once: each stage has one unit.
  private static func drive(
    _ machine: inout RunMachine, _ outcome: (UnitID) -> RunMachine.UnitOutcome
  ) {
    while let action = machine.next() {
      switch action {
      case .expand(let stage): machine.expanded(stage, ready: ["u"], upToDate: [], exhausted: true)
      case .follow(let unit): machine.expanded(unit.stage, ready: [unit.key], upToDate: [], exhausted: false)
      case .start(let unit, let attempt):
        machine.freed(unit)
        machine.ended(unit, attempt: attempt, outcome(unit))
      default: break
      }
    }
  }
}
