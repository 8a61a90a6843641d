import CSystem
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// What a person reads when a program does not start or does not end well.

extension ChildProcess {
  /// The finding for a start that failed at `step` (a `CS_SPAWN_…` value) with the errno `error`.
  func startFailure(step: Int, error: Int32) -> Diagnostic {
    let reason = systemMessage(error)
    switch step {
    case CS_SPAWN_EXECUTE where !Self.isDirectory(workingDirectory), CS_SPAWN_DIRECTORY:
      return Diagnostic(
        code: "working-directory",
        "cannot start \(program): its working directory \(workingDirectory): \(reason)",
        help: "make the directory in an earlier stage, or correct workingDirectory")
    case CS_SPAWN_EXECUTE:
      return Diagnostic(
        code: "program-not-started", "cannot start \(program) (\(executable)): \(executeReason(error))",
        help: executeHelp(error))
    default:
      return Diagnostic(
        code: "program-not-started",
        "cannot start \(program): the system has no process or descriptor left: \(reason)",
        help: "run fewer units at once (--jobs, pools), or raise the limits (ulimit -u, ulimit -n)")
    }
  }

  /// The finding for a text with a NUL, which no program can be given.
  func nulFailure(_ text: String) -> Diagnostic {
    Diagnostic(
      code: "program-not-started",
      "cannot start \(program): an argument or a variable holds a NUL character: \(text.prefix(80).debugDescription)"
    )
  }

  private func executeReason(_ error: Int32) -> String {
    switch error {
    case ENOENT where Self.exists(executable): "the interpreter that its first line names does not exist"
    case ENOENT: "no such file"
    case EACCES where Self.isDirectory(executable): "it is a directory"
    case EACCES: "the file is not executable for this user"
    case ENOEXEC: "neither a program of this machine nor a script with a #! line"
    case ETXTBSY: "some process has the file open for writing"
    case E2BIG: "its arguments and environment are longer than the system allows"
    default: systemMessage(error)
    }
  }

  private func executeHelp(_ error: Int32) -> String? {
    switch error {
    case ENOENT where Self.exists(executable): "install the interpreter, or correct the first line"
    case ENOENT: "correct the first element of run"
    case EACCES where !Self.isDirectory(executable): "chmod +x \(program)"
    case ENOEXEC: "start the script with a line such as #!/bin/sh"
    default: nil
    }
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func isDirectory(_ path: String) -> Bool {
    var facts = stat()
    return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
  }
}

extension ChildEnding {
  /// The error for a program that did not succeed; `nil` when it did, and when the run was stopped.
  ///
  /// - Parameters:
  ///   - program: the program as the person wrote it.
  ///   - logFile: the log file as the person finds it.
  ///   - timeout: the time it was given.
  func failure(of program: String, logFile: String, timeout: Duration?) -> Diagnostic? {
    if isSuccess || isCancelled && !isStillRunning { return nil }
    var notes: [Diagnostic.Note] = []
    if !lastLines.isEmpty {
      notes.append(.init("the last lines of its output:\n    " + lastLines.joined(separator: "\n    ")))
    }
    notes.append(.init(outputBytes > 0 ? "its whole output is in \(logFile)" : "it wrote no output"))
    let (code, what) = outcome(timeout)
    return Diagnostic(code: code, "\(program) \(what); nothing of this unit was published", notes: notes)
  }

  private func outcome(_ timeout: Duration?) -> (code: String, what: String) {
    if isStillRunning {
      return ("program-does-not-end", "does not end even with SIGKILL: the kernel holds one of its processes")
    }
    if isTimedOut {
      return ("program-timeout", "was ended after its timeout" + (timeout.map { " of \($0)" } ?? ""))
    }
    switch status {
    case .exited(let code): return ("program-failed", "ended with exit code \(code)")
    case .signalled(let signal):
      return ("program-killed", "was ended by signal \(signal) (\(signalName(signal)))")
    }
  }

  /// Warnings about an ending that is otherwise fine.
  func findings(of program: String, logFile: String) -> [Diagnostic] {
    var findings: [Diagnostic] = []
    if !leftBehind.isEmpty {
      let names = Set(leftBehind).subtracting([""]).sorted().prefix(5).joined(separator: ", ")
      let count = leftBehind.count == 1 ? "a process" : "\(leftBehind.count) processes"
      findings.append(
        Diagnostic(
          .warning, code: "processes-left-behind",
          "\(program) left \(count) running\(names.isEmpty ? "" : " (\(names))"); killed",
          help: "let the program wait for what it starts"))
    }
    if droppedBytes > 0 {
      findings.append(
        Diagnostic(
          .warning, code: "output-left-out",
          "\(program) wrote \(outputBytes) bytes of output; \(droppedBytes) of them are not in \(logFile)",
          help: "write large results to a declared output"))
    }
    if let logError {
      findings.append(
        Diagnostic(
          .warning, code: "log-incomplete", "the log \(logFile) is incomplete: \(systemMessage(logError))"))
    }
    if let misunderstood {
      findings.append(
        Diagnostic(
          .warning, code: "message-not-understood",
          "\(program) wrote a line that is no message: \(misunderstood.debugDescription)",
          help: "write ::darkroom progress DONE/TOTAL or ::darkroom counter NAME=NUMBER"))
    }
    return findings
  }
}

/// The system's text for an errno.
func systemMessage(_ error: Int32) -> String {
  strerror(error).map { String(cString: $0) } ?? "error \(error)"
}

/// The name of a signal, `SIGKILL`; its number when it has no common name.
func signalName(_ signal: Int32) -> String {
  let names: [Int32: String] = [
    SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
    SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1",
    SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
    SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ", SIGSYS: "SIGSYS",
  ]
  return names[signal] ?? "signal \(signal)"
}
