import Foundation
import PipelineCore
import Testing

@testable import PipelineEngine

/// Real processes. Nothing here waits for a length of time: scripts say when they are ready.
@Suite struct ChildProcessTests {
  let scratch: ScratchDirectory
  init() throws { scratch = try ScratchDirectory() }

  @Test func aSilentSuccessLeavesNoLog() throws {
    let ending = try scratch.program("/usr/bin/true").run()
    #expect(ending.isSuccess)
    #expect(ending.outputBytes == 0)
    #expect(!FileManager.default.fileExists(atPath: scratch.log))
  }

  @Test func bothOutputsGoToTheLogInOrder() throws {
    let ending = try scratch.shell("echo one; echo two >&2; echo three").run()
    #expect(try scratch.logText == "one\ntwo\nthree\n")
    #expect(ending.lastLines == ["one", "two", "three"])
  }

  @Test func exitCodesAndSignalsAreTold() throws {
    #expect(try scratch.shell("exit 7").run().status == .exited(7))
    #expect(try scratch.shell("exit 255").run().status == .exited(255))
    let killed = try scratch.shell("echo last words; kill -SEGV $$").run()
    #expect(killed.status == .signalled(SIGSEGV))
    let failure = killed.failure(of: "sh", logFile: "logs/a", timeout: nil)
    #expect(failure?.message.contains("signal 11 (SIGSEGV)") == true)
    #expect(failure?.description.contains("last words") == true)
    #expect(failure?.description.contains("logs/a") == true)
  }

  @Test func theEnvironmentIsExact() throws {
    var child = scratch.program("/usr/bin/env")
    child.environment = ["A": "1", "EMPTY": "", "TEXT": "a b=c\nd", "DARKROOM_UNIT": "ü"]
    _ = try child.run()
    #expect(try scratch.logText == "A=1\nDARKROOM_UNIT=ü\nEMPTY=\nTEXT=a b=c\nd\n")
  }

  @Test func argumentsAndDirectoryArrive() throws {
    try scratch.makeDirectory("sub")
    var child = scratch.shell("pwd; printf '<%s>' \"$@\"; cat")
    child.arguments += ["sh", "a b", "", "*", "é"]
    child.workingDirectory = scratch.path + "/sub"
    _ = try child.run()
    #expect(try scratch.logText == scratch.path + "/sub\n<a b><><*><é>")
  }

  @Test func aFloodIsBounded() throws {
    let ending = try scratch.shell("yes | head -c 100000000; echo end").run()
    #expect(ending.isSuccess)
    #expect(ending.outputBytes == 100_000_004)
    #expect(ending.droppedBytes == 100_000_004 - 9 * 1_048_576)
    let size = try #require(FileManager.default.attributesOfItem(atPath: scratch.log)[.size] as? Int)
    #expect(size < 9 * 1_048_576 + 300)
    #expect(ending.lastLines.last == "end")
    #expect(ending.findings(of: "sh", logFile: "l").map(\.code) == ["output-left-out"])
  }

  @Test func theFolderOfTheLogIsMade() throws {
    var child = scratch.shell("echo hello")
    child.logFile = scratch.path + "/run-1/stage/attempt.log"
    let ending = try child.run()
    #expect(ending.logError == nil)
    #expect(try scratch.read("run-1/stage/attempt.log") == "hello\n")
  }

  @Test func aLogThatCannotBeWrittenDoesNotStopTheChild() throws {
    var child = scratch.shell("echo a; echo done > proof")
    try scratch.write("file", "")
    child.logFile = scratch.path + "/file/attempt.log"
    let ending = try child.run()
    #expect(ending.isSuccess)
    #expect(ending.logError == ENOTDIR)
    #expect(try scratch.read("proof") == "done\n")
    #expect(ending.findings(of: "sh", logFile: "l").map(\.code) == ["log-incomplete"])
  }

  @Test func messagesArrive() throws {
    var progress: [String] = []
    let ending = try scratch.shell(
      "echo ::darkroom progress 1/4; echo ::darkroom counter rows=5; echo ::darkroom counter rows=6; echo ::darkroom hm"
    ).run { done, total in progress.append("\(done) \(total ?? -1)") }
    #expect(progress == ["1 4"])
    #expect(ending.counters == ["rows": 6])
    #expect(ending.misunderstood == "::darkroom hm")
    #expect(try scratch.logText.contains("progress 1/4"))
  }

  // MARK: Ending it

  @Test func aTimeoutEndsTheWholeGroup() throws {
    var child = scratch.shell("sleep 1000 & echo $!; sleep 1000 & echo $!; echo $$; wait")
    // Long enough for the shell to get going on a busy machine; nothing is asserted about it.
    child.timeout = .milliseconds(700)
    let ending = try child.run()
    #expect(ending.isTimedOut && !ending.isSuccess)
    #expect(ending.status == .signalled(SIGTERM))
    #expect(numbers(ending).allSatisfy(isGone))
    #expect(ending.failure(of: "sh", logFile: "l", timeout: child.timeout)?.code == "program-timeout")
  }

  @Test func aCancellationIsAskedForFirst() throws {
    let cancellation = Cancellation()
    let script =
      "trap 'echo bye; exit 3' TERM; echo ::darkroom progress 1; while :; do sleep 1000 & wait; done"
    let ending = try scratch.shell(script).run(cancellation: cancellation) { _, _ in cancellation.cancel() }
    #expect(ending.isCancelled)
    #expect(ending.status == .exited(3))
    #expect(ending.lastLines.last == "bye")
  }

  @Test func whoIgnoresSIGTERMIsKilled() throws {
    let cancellation = Cancellation()
    var child = scratch.shell("trap '' TERM; sleep 1000 & echo $!; echo ::darkroom progress 1; sleep 1000")
    child.gracePeriod = .milliseconds(50)
    let ending = try child.run(cancellation: cancellation) { _, _ in cancellation.cancel() }
    #expect(ending.status == .signalled(SIGKILL))
    #expect(!ending.isStillRunning)
    #expect(numbers(ending).count == 1 && numbers(ending).allSatisfy(isGone))
  }

  @Test func aCancelledRunEndsAChildThatJustStarted() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let ending = try scratch.shell("sleep 1000").run(cancellation: cancellation)
    #expect(ending.isCancelled && ending.status == .signalled(SIGTERM))
  }

  // MARK: What it leaves behind

  @Test func aTidyChildLeavesNothing() throws {
    // The shell never waits for this one: it is dead but not reaped when the shell ends.
    let ending = try scratch.shell("mkfifo f; (: > f) & read x < f; exit 0").run()
    #expect(ending.isSuccess)
  }

  @Test func processesLeftInTheGroupAreKilled() throws {
    let ending = try scratch.shell("sleep 1000 & echo $!; sleep 1000 > /dev/null 2>&1 & echo $!").run()
    #expect(ending.isSuccess)
    #expect(ending.leftBehind.count == 2)
    #expect(numbers(ending).count == 2 && numbers(ending).allSatisfy(isGone))
    #expect(ending.findings(of: "sh", logFile: "l").map(\.code) == ["processes-left-behind"])
  }

  @Test func grandchildrenOfLeftProcessesAreKilledToo() throws {
    let ending = try scratch.shell(
      "mkfifo f; sh -c 'sleep 1000 & echo $! > f; wait' & echo $!; read p < f; echo $p"
    ).run()
    #expect(ending.leftBehind.count == 2)
    #expect(numbers(ending).count == 2 && numbers(ending).allSatisfy(isGone))
  }

  #if os(Linux)
    @Test func processesThatLeftTheGroupAreKilled() throws {
      let ending = try scratch.shell(
        "mkfifo f; setsid sh -c 'sleep 1000 & echo $$ $! > f; wait' > /dev/null 2>&1 & read p q < f; echo $p; echo $q"
      ).run()
      #expect(ending.leftBehind.count == 2, "\(ending.leftBehind)")
      #expect(numbers(ending).count == 2 && numbers(ending).allSatisfy(isGone))
    }

    @Test func aDaemonIsFound() throws {
      // Forks twice: its parent is gone before the shell ends.
      let ending = try scratch.shell(
        "mkfifo f; setsid -f sh -c 'echo $$ > f; exec sleep 1000' > /dev/null 2>&1; read p < f; echo $p"
      ).run()
      #expect(ending.leftBehind.count == 1)
      #expect(numbers(ending).count == 1 && numbers(ending).allSatisfy(isGone))
    }

    @Test func aProcessThatHidesAndHoldsThePipeDoesNotBlock() throws {
      let ending = try scratch.shell(
        "mkfifo f; env -i setsid sh -c 'echo $$ > f; exec sleep 1000' & read p < f; echo $p"
      ).run()
      #expect(ending.isSuccess)
      let hidden = try #require(numbers(ending).first)
      #expect(kill(hidden, SIGKILL) == 0)
      #expect(waitpid(hidden, nil, 0) == hidden)
    }

    @Test func aStoppedChildHearsSIGTERM() throws {
      let cancellation = Cancellation()
      // The subshell speaks only once its parent is stopped.
      let script = """
        (until grep -q 'State:.T' /proc/$$/status; do :; done; echo ::darkroom progress 1) & kill -STOP $$
        """
      let ending = try scratch.shell(script).run(cancellation: cancellation) { _, _ in cancellation.cancel() }
      #expect(ending.status == .signalled(SIGTERM))
    }

    @Test func inputIsEmptyAndTheGroupIsItsOwn() throws {
      let pids = numbers(try scratch.shell("cat; echo $$; cut -d' ' -f5 /proc/$$/stat").run())
      #expect(pids.count == 2 && pids.first == pids.last)
    }

    @Test func nothingOfOursIsInherited() throws {
      let open = Foundation.open("/dev/null", O_RDONLY)
      defer { close(open) }
      #expect(open > 2)
      _ = try scratch.program("/bin/ls", ["-1", "/proc/self/fd"]).run()
      // 3 is the directory that ls itself reads.
      #expect(try scratch.logText == "0\n1\n2\n3\n")
    }

    @Test func signalsAreDefault() throws {
      _ = try scratch.program("/bin/cat", ["/proc/self/status"]).run()
      let lines = try scratch.logText.split(separator: "\n").map { $0.split(separator: "\t") }
      for name in ["SigBlk:", "SigIgn:", "SigCgt:"] {
        #expect(lines.first { $0.first == name[...] }?.last == "0000000000000000", "\(name)")
      }
    }
  #endif

  // MARK: What does not start

  func startError(_ child: ChildProcess) -> Diagnostic? {
    do {
      _ = try child.run()
      return nil
    } catch {
      return error as? Diagnostic
    }
  }

  @Test func aMissingProgram() throws {
    let error = startError(scratch.program(scratch.path + "/none"))
    #expect(error?.code == "program-not-started")
    #expect(error?.message.contains("no such file") == true)
  }

  @Test func aProgramThatIsNotExecutable() throws {
    try scratch.write("tool", "#!/bin/sh\n")
    let error = startError(scratch.program(scratch.path + "/tool"))
    #expect(error?.message.contains("not executable") == true)
    #expect(error?.help?.contains("chmod +x") == true)
    #expect(startError(scratch.program(scratch.path))?.message.contains("is a directory") == true)
  }

  @Test func aScriptWithoutItsFirstLine() throws {
    try scratch.write("tool", "echo hello\n", mode: 0o755)
    #expect(startError(scratch.program(scratch.path + "/tool"))?.message.contains("#!") == true)
  }

  @Test func aScriptWithoutItsInterpreter() throws {
    try scratch.write("tool", "#!/no/such/interpreter\n", mode: 0o755)
    #expect(startError(scratch.program(scratch.path + "/tool"))?.message.contains("interpreter") == true)
  }

  @Test func aMissingWorkingDirectory() throws {
    var child = scratch.program("/usr/bin/true")
    child.workingDirectory = scratch.path + "/none"
    #expect(startError(child)?.code == "working-directory")
  }

  @Test func aNULAndTooManyArguments() throws {
    #expect(startError(scratch.program("/usr/bin/true", ["a\0b"]))?.message.contains("NUL") == true)
    let long = [String](repeating: String(repeating: "x", count: 100_000), count: 60)
    #expect(startError(scratch.program("/usr/bin/true", long))?.message.contains("longer") == true)
  }

  @Test func noDescriptorsAreLost() throws {
    func openDescriptors() -> Int { (0..<256).count { fcntl($0, F_GETFD) >= 0 } }
    _ = try scratch.program("/usr/bin/true").run()
    // Tests beside this one open descriptors too, so the least of several counts is the one that tells.
    let before = (0..<20).map { _ in openDescriptors() }.min() ?? 0
    for _ in 0..<100 {
      _ = try scratch.program("/usr/bin/true").run()
      _ = startError(scratch.program(scratch.path + "/none"))
    }
    let after = (0..<20).map { _ in openDescriptors() }.min() ?? 0
    #expect(after < before + 50)
  }
}
