import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One started child: does what ``ChildProcessStateMachine`` decides. Owns the descriptors.
struct ChildWatch: ~Copyable {
  private let order: ChildProcess
  private let pid: Int32
  private let exitWatch: Int32
  private let wakeUp: Int32
  private var pipe: Int32
  private var output: ChildOutput
  private var counters: [String: Int64] = [:]
  private var left = LeftProcesses()
  private var waitStatus: Int32 = 0
  private var buffer: UnsafeMutableRawBufferPointer?

  /// A program that never stops inventing names would fill the memory and the state database.
  private static let mostCounters = 256
  private static let bufferBytes = 64 << 10
  /// More than a pipe holds by default: what is read at most after the end, when somebody still writes.
  private static let mostDrained = 1 << 20

  init(_ order: ChildProcess, pid: Int32, exitWatch: Int32, pipe: Int32, wakeUp: Int32) {
    self.order = order
    self.pid = pid
    self.exitWatch = exitWatch
    self.pipe = pipe
    self.wakeUp = wakeUp
    output = ChildOutput(path: order.logFile, limits: order.outputLimits)
  }

  deinit {
    if pipe >= 0 { close(pipe) }
    close(exitWatch)
    buffer?.deallocate()
  }

  mutating func runToEnd(_ progress: (Int64, Int64?) -> Void) -> ChildEnding {
    let clock = SuspendingClock()
    var machine = ChildProcessStateMachine(
      startedAt: clock.now, timeout: order.timeout, grace: order.gracePeriod)
    var action = machine.firstAction
    while true {
      var event = ChildProcessStateMachine.Event.done
      switch action {
      case .wait(let until, let hearsCancellation):
        event = wait(until.map { clock.now.duration(to: $0) }, hearsCancellation, progress)
      case .terminate:
        kill(-pid, SIGTERM)
        kill(-pid, SIGCONT)
      case .kill: kill(-pid, SIGKILL)
      case .collect: collect(progress)
      case .end(let cause): return ending(cause)
      case .abandon(let cause):
        left.someSurvived = true
        return ending(cause)
      }
      action = machine.next(event, now: clock.now)
    }
  }

  /// Waits for something to decide about, reading the output meanwhile.
  private mutating func wait(
    _ longest: Duration?, _ hearsCancellation: Bool, _ progress: (Int64, Int64?) -> Void
  ) -> ChildProcessStateMachine.Event {
    let readable = Int16(POLLIN)
    let milliseconds = longest.map(Self.milliseconds) ?? -1
    return withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 3) { entries in
      entries.initializeElement(at: 0, to: pollfd(fd: exitWatch, events: readable, revents: 0))
      // Negative descriptors are passed over.
      entries.initializeElement(
        at: 1, to: pollfd(fd: hearsCancellation ? wakeUp : -1, events: readable, revents: 0))
      entries.initializeElement(at: 2, to: pollfd(fd: pipe, events: readable, revents: 0))
      guard poll(entries.baseAddress, 3, milliseconds) > 0 else { return .timePassed }
      if entries[0].revents != 0 { return .exited }
      if entries[2].revents != 0 { readSome(progress) }
      return entries[1].revents != 0 ? .cancelled : .timePassed
    }
  }

  private static func milliseconds(_ duration: Duration) -> Int32 {
    let (seconds, attoseconds) = duration.components
    if seconds < 0 || attoseconds < 0 { return 0 }
    if seconds > 1_000_000 { return 1_000_000_000 }
    return Int32(seconds) * 1000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }

  /// Reads what is there, at most one buffer; closes the pipe at its end. Returns the number of bytes.
  @discardableResult
  private mutating func readSome(_ progress: (Int64, Int64?) -> Void) -> Int {
    let space = buffer ?? .allocate(byteCount: Self.bufferBytes, alignment: 16)
    buffer = space
    let count = read(pipe, space.baseAddress, space.count)
    if count < 0, errno == EAGAIN || errno == EINTR { return 0 }
    guard count > 0 else {
      close(pipe)
      pipe = -1
      return 0
    }
    var counters = counters
    output.take(UnsafeRawBufferPointer(rebasing: space[..<count])) { message in
      switch message {
      case .progress(let done, let total): progress(done, total)
      case .counter(let name, let value):
        if counters.count < Self.mostCounters || counters[name] != nil { counters[name] = value }
      }
    }
    self.counters = counters
    return count
  }

  /// Ends what the child left, reaps it, and reads what is in the pipe. A process that still holds the pipe then
  /// (unmarked, out of the group) does not hold us up.
  private mutating func collect(_ progress: (Int64, Int64?) -> Void) {
    left = LeftProcesses.end(group: pid, marks: order.marks)
    while waitpid(pid, &waitStatus, 0) < 0, errno == EINTR {}
    var drained = 0
    while pipe >= 0, drained < Self.mostDrained {
      let count = readSome(progress)
      if count == 0 { break }
      drained += count
    }
  }

  private mutating func ending(_ cause: ChildProcessStateMachine.Cause?) -> ChildEnding {
    output.finish()
    let signal = waitStatus & 0x7f
    return ChildEnding(
      status: signal == 0 ? .exited(waitStatus >> 8 & 0xff) : .signalled(signal),
      isTimedOut: cause == .timeout, isCancelled: cause == .cancelled, lastLines: output.lastLines(),
      outputBytes: output.totalBytes, droppedBytes: output.droppedBytes, logError: output.logError,
      misunderstood: output.misunderstood?.first, counters: counters, leftBehind: left.names,
      isStillRunning: left.someSurvived)
  }
}
