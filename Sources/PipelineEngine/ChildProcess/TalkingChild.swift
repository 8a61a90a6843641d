import CSystem
import Dispatch
import PipelineCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A running child with a pipe to each of its three standard descriptors. One thread at a time; ``end(grace:)`` once.
struct TalkingChild: Sendable {
  /// What came of a question.
  enum Outcome {
    case answer([UInt8])
    case failed(Failure)
  }

  /// How a program fails a question.
  enum Failure {
    case ended, hung, tooLong, unasked

    /// The code, and what the program did.
    func text(_ limits: ChildConversation.Limits, _ ending: String) -> (code: String, message: String) {
      switch self {
      case .ended: ("program-failed", "\(ending) in place of an answer")
      case .hung: ("program-timeout", "did not answer within \(limits.timeout) and was ended")
      case .tooLong:
        ("answer-too-long", "wrote a line of more than \(limits.answerBytes) bytes and was ended")
      case .unasked: ("answer-unasked", "wrote more than one line for a question and was ended")
      }
    }
  }

  private let spawned: cs_spawned
  private let input: Int32
  private let output: Int32
  private let errors: Int32
  private let release: DispatchSemaphore
  private var errorsOpen = true

  init(_ child: ChildProcess) throws {
    _ = Self.ignoresBrokenPipes
    #if os(Linux)
      _ = LeftProcesses.adoptsOrphans
    #endif
    var pipes: [[Int32]] = []
    func closeAll() { for end in pipes.joined() { close(end) } }
    for _ in 0..<3 {
      var pipe: [Int32] = [-1, -1]
      guard cs_open_pipe(&pipe) == 0 else {
        let error = errno
        closeAll()
        throw child.startFailure(step: CS_SPAWN_DESCRIPTORS, error: error)
      }
      pipes.append(pipe)
    }
    // The child reads its input as any program does, blocking; we write without blocking.
    _ = fcntl(pipes[0][0], F_SETFL, 0)
    _ = fcntl(pipes[0][1], F_SETFL, O_NONBLOCK)
    let release = DispatchSemaphore(value: 0)
    do {
      spawned = try Self.start(
        child, input: pipes[0][0], output: pipes[1][1], errors: pipes[2][1], release: release)
    } catch {
      closeAll()
      throw error
    }
    for end in [pipes[0][0], pipes[1][1], pipes[2][1]] { close(end) }
    (input, output, errors) = (pipes[0][1], pipes[1][0], pipes[2][0])
    self.release = release
  }

  /// A write to a program that has ended must be an error, not our end. Children get the usual action back.
  private static let ignoresBrokenPipes: Bool = {
    signal(SIGPIPE, SIG_IGN)
    return true
  }()

  /// Starts the child from a thread of its own that stays until the child has ended: Linux kills a child with the thread
  /// that started it, and the threads that ask come and go.
  private static func start(
    _ child: ChildProcess, input: Int32, output: Int32, errors: Int32, release: DispatchSemaphore
  ) throws -> cs_spawned {
    final class Start: Sendable {
      let result = Mutex<Result<cs_spawned, Diagnostic>?>(nil)
      let done = DispatchSemaphore(value: 0)
    }
    let start = Start()
    DispatchQueue(label: "darkroom.conversation").async {
      let result = Result { () throws(Diagnostic) in
        try child.spawn(input: input, output: output, errors: errors)
      }
      start.result.withLock { $0 = result }
      start.done.signal()
      if case .success = result { release.wait() }
    }
    start.done.wait()
    guard let result = start.result.withLock({ $0 }) else {
      throw child.startFailure(step: CS_SPAWN_FORK, error: EAGAIN)
    }
    return try result.get()
  }

  /// Writes the question and reads until there is a whole line, reading errors meanwhile so that nobody waits for a
  /// full pipe.
  mutating func exchange(
    _ question: [UInt8], until deadline: SuspendingClock.Instant, _ limits: ChildConversation.Limits,
    _ cancellation: Cancellation, _ log: (String) -> Void
  ) throws -> Outcome {
    var unsent = question[...]
    var answer: [UInt8] = []
    var remarks = LoggedRemarks(limit: limits.logBytes)
    defer { remarks.end(log) }
    if readable() != 0 {
      let count = read(into: &answer)
      return .failed(count == 0 ? .ended : .unasked)
    }
    while true {
      if cancellation.isCancelled { throw CancellationError() }
      let left = SuspendingClock.now.duration(to: deadline)
      if left <= .zero { return .failed(.hung) }
      // Cancellation is looked for ten times a second.
      let wait = Int32(min(100, left / .milliseconds(1) + 1))
      var entries = [
        pollfd(fd: output, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errorsOpen ? errors : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: unsent.isEmpty ? -1 : input, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: spawned.exit_watch, events: Int16(POLLIN), revents: 0),
      ]
      if poll(&entries, nfds_t(entries.count), wait) < 0 { continue }
      if entries[1].revents != 0 {
        var bytes: [UInt8] = []
        if read(from: errors, into: &bytes) == 0 { errorsOpen = false }
        remarks.add(bytes, log)
      }
      if entries[2].revents != 0 { send(&unsent) }
      if entries[0].revents != 0 {
        let before = answer.count
        let count = read(into: &answer)
        if let end = answer[before...].firstIndex(of: UInt8(ascii: "\n")) {
          if end > limits.answerBytes { return .failed(.tooLong) }
          return end + 1 == answer.count && unsent.isEmpty
            ? .answer(Array(answer[..<end])) : .failed(.unasked)
        }
        if answer.count > limits.answerBytes { return .failed(.tooLong) }
        if count == 0 { return .failed(.ended) }
      } else if entries[3].revents != 0 {
        // Ended, while something that it left behind holds its output open.
        return .failed(.ended)
      }
    }
  }

  /// What poll says at once of the output.
  private func readable() -> Int16 {
    var entry = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) > 0 ? entry.revents : 0
  }

  private func read(into bytes: inout [UInt8]) -> Int { read(from: output, into: &bytes) }

  /// Appends what is there; returns 0 at the end, and -1 when there is nothing now.
  private func read(from descriptor: Int32, into bytes: inout [UInt8]) -> Int {
    withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
      let count = platformRead(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
      return count
    }
  }

  /// Writes what the pipe takes. A program that has closed its input is sent nothing more; its answer is waited for.
  private func send(_ unsent: inout ArraySlice<UInt8>) {
    let count = unsent.withUnsafeBytes { platformWrite(input, $0.baseAddress, $0.count) }
    if count > 0 { unsent = unsent.dropFirst(count) } else if count < 0, errno == EPIPE { unsent = [] }
  }

  /// Ends the program and all of its process group, and gives the descriptors back.
  /// - Parameter grace: how long it may take to end by itself now that its input is closed.
  /// - Returns: how it ended, for people.
  func end(grace: Duration) -> String {
    for descriptor in [input, output, errors] { close(descriptor) }
    var hasEnded = waitForEnd(grace)
    if !hasEnded {
      kill(-spawned.pid, SIGKILL)
      hasEnded = waitForEnd(.seconds(5))
    }
    defer { release.signal() }
    _ = LeftProcesses.end(group: spawned.pid, marks: [])
    close(spawned.exit_watch)
    // What SIGKILL does not end is held by the kernel; waiting for it would stop the run.
    guard hasEnded else { return "does not end even with SIGKILL" }
    var status: Int32 = 0
    while waitpid(spawned.pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0
      ? "ended with exit code \((status >> 8) & 0xff)"
      : "was ended by signal \(signal) (\(signalName(signal)))"
  }

  private func waitForEnd(_ patience: Duration) -> Bool {
    var entry = pollfd(fd: spawned.exit_watch, events: Int16(POLLIN), revents: 0)
    let deadline = SuspendingClock.now + patience
    while true {
      let left = max(0, SuspendingClock.now.duration(to: deadline) / .milliseconds(1))
      let ready = poll(&entry, 1, Int32(left.rounded(.up)))
      if ready > 0 { return true }
      if ready == 0 && left == 0 { return false }
    }
  }
}

/// Error output on its way to a log, line by line and bounded.
private struct LoggedRemarks {
  let limit: Int
  private var line: [UInt8] = []
  private var logged = 0
  private var dropped = 0

  init(limit: Int) { self.limit = limit }

  mutating func add(_ bytes: [UInt8], _ log: (String) -> Void) {
    let kept = bytes.prefix(max(0, limit - logged))
    logged += kept.count
    dropped += bytes.count - kept.count
    var rest = kept[...]
    // Only what is new is looked through: a long line comes in many pieces.
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      line += rest[..<end]
      log(String(decoding: line, as: UTF8.self))
      line.removeAll(keepingCapacity: true)
      rest = rest[(end + 1)...]
    }
    line += rest
  }

  mutating func end(_ log: (String) -> Void) {
    if !line.isEmpty { log(String(decoding: line, as: UTF8.self)) }
    if dropped > 0 { log("\(dropped) more bytes of its error output were left out") }
  }
}

private func platformRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
private func platformWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
