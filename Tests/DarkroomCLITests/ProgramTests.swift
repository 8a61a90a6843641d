import Foundation
import PipelineCore
import Testing

@testable import DarkroomCLI

/// The program from outside: what it prints, which code it ends with, what it leaves alone.
@Suite struct ProgramTests {
  @Test func aSecondRunDoesNothingAndSaysWhy() throws {
    let workspace = try ProgramWorkspace.copying()
    let first = try workspace.run("run", "copying")
    #expect(first.status == 0, "\(first.output)\(first.errors)")
    #expect(first.output.contains("copy  done        3 units"))
    let second = try workspace.run("run", "copying")
    #expect(second.status == 0)
    #expect(
      second.output.hasPrefix(
        """
        run 2 of copying
        copy  up to date  3 units (inputs, settings and code unchanged since run 1)
        days  up to date  5 units (inputs, settings and code unchanged since run 1)
        join  up to date  1 unit (inputs, settings and code unchanged since run 1)
        page  up to date  1 unit (inputs, settings and code unchanged since run 1)
        nothing to do: all 4 stages are up to date (
        """))
    #expect(!second.output.contains("\u{1B}"), "escapes in a file")
    #expect(try workspace.run("run", "copying", "--quiet").output.isEmpty)
  }

  @Test func failuresSayWhatToDo() throws {
    let workspace = try ProgramWorkspace.copying()
    try workspace.write("data/in/f2.txt", "bad\n")
    let failed = try workspace.run("run", "copying")
    #expect(failed.status == 1)
    #expect(failed.output.contains("copy failed: 1 of 3 units failed, 2 done"))
    #expect(failed.output.contains("kaputt"))
    #expect(failed.output.contains("blocked: join"))
    #expect(failed.output.contains("next: mend the cause, then `darkroom run copying --failed`"))
    let log = try workspace.run("logs", "last", "copy")
    #expect(log.status == 0 && log.output.contains("kaputt"))
    #expect(try workspace.run("status").output.contains("copy failed in run 1: "))
    let past = try workspace.run("show", "1")
    #expect(
      past.output.contains("copy failed: 1 of 3 units failed, 2 done") && !past.output.contains("next:"))

    // A later run of another stage does not hide it.
    #expect(try workspace.run("run", "copying", "--only", "days", "--force").status == 0)
    try workspace.write("data/in/f2.txt", "good\n")
    let mended = try workspace.run("run", "copying", "--failed", "--json")
    #expect(mended.status == 0)
    let ran = mended.output.split(separator: "\n").filter { $0.contains("\"unit-started\"") }
    #expect(ran.count == 2, "f2 and join, nothing else: \(ran)")
    #expect(try workspace.run("run", "copying", "--failed").output.contains("nothing failed"))
  }

  private static let usage: [(String, Int32)] = [
    ("run copying --frobnicate", 64), ("run", 64), ("run copying --jobs 0", 64),
    ("run copying --downstream", 64),
    ("run copying --days 2026-03-09..2026-03-01", 64), ("plan copying --days yesterday", 64),
    ("run copying --param x", 64), ("graph copying --format png", 64), ("gc --keep-runs 0", 64),
    ("--workspace", 64),
    ("rnu", 64), ("import", 64), ("import a.csv --project none", 6),
    ("import a.csv --project none --apply --dry-run", 64), ("run copyin", 6), ("run copying --only jion", 6),
    ("show 77", 6), ("explain nothing", 6),
    ("explain copy/nothing", 6), ("stages logs.extrakt", 6), ("run --plan nowhere.json", 6),
    ("status --workspace /nowhere", 6), ("run copying --param greetin=x", 2), ("--help", 0),
    ("run --help", 0),
    ("--version", 0), ("validate", 0), ("completions fish", 0), ("schema", 0), ("status", 0), ("runs", 0),
  ]

  @Test(arguments: usage)
  func exitCodes(_ line: String, _ status: Int32) throws {
    let arguments = line.split(separator: " ").map(String.init)
    let workspace = try ProgramWorkspace.copying()
    let result = try workspace.finish(workspace.process(arguments))
    #expect(result.status == status, "\(arguments): \(result.output)\(result.errors)")
    if status != 0 { #expect(!result.errors.isEmpty) }
    #expect(!workspace.exists("data/state/darkroom.db"), "\(arguments) made a state database")
  }

  @Test func namesAreSuggested() throws {
    let workspace = try ProgramWorkspace.copying()
    #expect(try workspace.run("rnu", "copying").errors.contains("did you mean `run`?"))
    #expect(try workspace.run("run", "copyign").errors.contains("did you mean `copying`?"))
    #expect(try workspace.run("run", "copying", "--only", "jion").errors.contains("did you mean `join`?"))
    #expect(
      try workspace.run("explain", "copy/data/in/f1.tx").errors.contains("did you mean `data/in/f1.txt`?"))
    _ = try workspace.run("run", "copying")
    #expect(try workspace.run("show", "77").errors.contains("the last run is 1"))
  }

  @Test func invalidPipelinesRunNothing() throws {
    let workspace = try ProgramWorkspace(pipelines: [
      "odd": "{ \"version\": 1, \"name\": \"odd\", \"stagse\": {} }"
    ])
    let result = try workspace.run("run", "odd")
    #expect(result.status == 2)
    #expect(result.errors.contains("pipelines/odd.json:1:"))
    let validated = try workspace.run("validate", "--json")
    #expect(validated.status == 2)
    let value = try JSONDecoder().decode(JSONValue.self, from: Data(validated.output.utf8))
    #expect(value["valid"] == false)
    #expect(value["pipelines"]?.arrayValue?.first?["findings"]?.arrayValue?.isEmpty == false)
    #expect(!workspace.exists("data/state"))
  }

  @Test func twoRunsAtOnce() throws {
    let workspace = try ProgramWorkspace.gated()
    let first = workspace.process(["run", "gated"])
    first.standardOutput = FileHandle.nullDevice
    try first.run()
    // Opening the pipe for writing waits until the unit reads from it: now the first run holds the lock.
    let gate = try #require(FileHandle(forWritingAtPath: "\(workspace.root)/data/gate"))
    let second = try workspace.run("run", "gated")
    #expect(second.status == 4)
    #expect(second.errors.contains("process \(first.processIdentifier)"))
    #expect(try workspace.run("gc").status == 4)
    let status = try workspace.run("status")
    #expect(status.status == 0 && status.output.contains("busy"))
    #expect(try workspace.run("runs").output.contains("running"))
    try gate.close()
    first.waitUntilExit()
    #expect(first.terminationStatus == 0)
    #expect(try workspace.run("run", "gated").output.contains("nothing to do"))
  }

  private static let stops: [(Int32, Int32)] = [(SIGINT, 130), (SIGTERM, 143)]

  @Test(arguments: stops)
  func signals(_ signal: Int32, _ status: Int32) throws {
    let workspace = try ProgramWorkspace.gated()
    let process = workspace.process(["run", "gated"])
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let gate = try #require(FileHandle(forWritingAtPath: "\(workspace.root)/data/gate"))
    kill(process.processIdentifier, signal)
    var output = ""
    while !output.contains("stopping") {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { break }
      output += String(decoding: data, as: UTF8.self)
    }
    try gate.close()
    output += String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == status)
    #expect(output.contains("next: `darkroom run gated` goes on where this run stopped"))
    #expect(workspace.exists("data/done"), "what ran was ended in order and committed")
    #expect(!workspace.exists("data/next"), "something was started after the signal")
  }

  @Test func aReaderThatLeavesIsNoCrash() throws {
    let workspace = try ProgramWorkspace.copying()
    for arguments in [["stages", "--markdown"], ["run", "copying"], ["--help"]] {
      let process = workspace.process(arguments)
      let pipe = Pipe()
      process.standardOutput = pipe
      try pipe.fileHandleForReading.close()
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 0, "\(arguments)")
    }
    #expect(workspace.exists("data/page"), "the run went on without a reader")
  }

  // MARK: State that cannot be used

  @Test func foreignAndNewerDatabasesStayUntouched() throws {
    for pragma in ["PRAGMA application_id=77", "PRAGMA user_version=99"] {
      let workspace = try ProgramWorkspace.copying()
      #expect(try workspace.run("run", "copying").status == 0)
      let path = "\(workspace.root)/data/state/darkroom.db"
      _ = try ProgramWorkspace.python(
        "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit(); c.execute('PRAGMA wal_checkpoint(TRUNCATE)'); c.close()",
        [path, pragma])
      let before = try workspace.read("data/state/darkroom.db")
      for command in [["run", "copying"], ["status"], ["runs"], ["gc"], ["plan", "copying"]] {
        let result = try workspace.finish(workspace.process(command))
        #expect(result.status == 5, "\(command): \(result.output)")
        #expect(result.errors.contains("not touched"))
      }
      #expect(try workspace.read("data/state/darkroom.db") == before)
    }
  }

  @Test func aWorkspaceThatCannotBeWritten() throws {
    let workspace = try ProgramWorkspace.copying()
    try workspace.write("data/state", "a file where the state has to be\n")
    let result = try workspace.run("run", "copying")
    #expect(result.status == 5, "\(result.output)\(result.errors)")
    #expect(result.errors.contains("data/state"))
    #expect(!workspace.exists("data/page"))
  }

  @Test(.enabled(if: geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")))
  func aWorkspaceOfSomebodyElse() throws {
    let workspace = try ProgramWorkspace.copying()
    let process = workspace.process(
      ["--reuid=65534", "--regid=65534", "--clear-groups", ProgramWorkspace.program, "run", "copying"])
    process.executableURL = URL(filePath: "/usr/bin/setpriv")
    let result = try workspace.finish(process)
    #expect(result.status == 5, "\(result.output)\(result.errors)")
    #expect(result.errors.contains("Permission denied"))
    #expect(!workspace.exists("data/state"))
  }

  // MARK: Terminal

  private static let terminal = """
    import fcntl, os, pty, struct, sys, termios
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], sys.argv[1:])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 70, 0, 0))
    out = b''
    while True:
        try: data = os.read(fd, 65536)
        except OSError: break
        if not data: break
        out += data
    os.waitpid(pid, 0)
    sys.stdout.buffer.write(out)
    """

  @Test func onATerminal() throws {
    func show(_ variables: [String: String]) throws -> String {
      let workspace = try ProgramWorkspace.copying()
      var environment = ["TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": ""]
      environment.merge(variables) { $1 }
      return try ProgramWorkspace.python(
        Self.terminal,
        [ProgramWorkspace.program, "run", "copying", "--workspace", workspace.root, "--jobs", "1"],
        environment: environment)
    }
    let coloured = try show([:])
    #expect(coloured.contains("\u{1B}[32m✓ \u{1B}[0mcopy"))
    #expect(!coloured.contains("\u{1B}[?25l"), "the cursor was hidden")
    let plain = try show(["NO_COLOR": "1"])
    #expect(plain.contains("✓ copy  done"))
    #expect(!plain.contains("\u{1B}[3"), "colour in spite of NO_COLOR")
    let dumb = try show(["TERM": "dumb", "LC_ALL": "C"])
    #expect(dumb.contains("+ copy  done"))
    #expect(!dumb.contains("\u{1B}"), "escapes on a dumb terminal")
  }
}
