import ArgumentParser
import FileSystem
import PipelineCore
import PipelineEngine

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a workspace: folders, configuration, schemas and the nightly pipeline.",
    discussion: """
      What exists is kept as it is and named; given twice, it changes nothing. With --demo the workspace gets \
      operation logs of the last four weeks to try it out: two people, a machine, three projects, and some damaged \
      lines. A fourth project has painted images, some of them decided on.
      """)

  @Argument(help: "The workspace's folder; made when it does not exist.", completion: .directory)
  var directory = "."
  @Flag(name: .long, help: "Write demo logs, projects and images, too.")
  var demo = false
  @Option(
    name: .long,
    help:
      "With --demo: its weeks end on the last Sunday up to this day, such as 2026-04-05 (default: yesterday)."
  )
  var until: String?
  @Option(
    name: .long,
    help: "The IANA time zone of the reports (default: this machine's; for a demo Europe/Berlin).")
  var timeZone: String?

  func run() throws {
    try FileSystem.makeDirectories(directory)
    let root = try resolved(directory)
    let zone = timeZone ?? (demo ? DemoLogs.timeZone : Self.machineZone) ?? "UTC"
    let calendar = demo ? try calendar(root) : nil
    if let calendar {
      try refuseToMix(DemoLogs(calendar: calendar), root)
      try DemoProject(calendar).refuseToMix(root)
    }
    var writer = WorkspaceWriter(root: root)
    for folder in WorkspaceTemplate.folders { try FileSystem.makeDirectories("\(root)/\(folder)") }
    for (path, text) in WorkspaceTemplate.files(timeZone: zone) { try writer.write(path, Array(text.utf8)) }
    if let calendar {
      for file in try DemoLogs(calendar: calendar).files() { try writer.write(file.path, file.bytes) }
      try DemoProject(calendar).write(to: &writer)
    }
    StandardOutput.write(text(writer, root))
  }

  func validate() throws {
    guard let until else { return }
    if !demo { throw ValidationError("--until is for --demo") }
    if Day(until) == nil { throw ValidationError("--until \(until) is no day such as 2026-04-05") }
  }

  /// The demo's weeks: those that are there already, so that the same command again changes nothing.
  private func calendar(_ root: String) throws -> DemoCalendar {
    if let until, let day = Day(until) { return DemoCalendar(until: day) }
    let yesterday = Day(utcMicroseconds: SystemClock().wallMicroseconds).advanced(by: -1)
    return try DemoCalendar(writtenIn: root) ?? DemoCalendar(until: yesterday)
  }

  /// Demo logs among real ones would falsify the real figures.
  private func refuseToMix(_ logs: DemoLogs, _ root: String) throws {
    // Where the demo is already, its runs have written logs of what they did.
    if try logs.paths.allSatisfy({ try FileStatus("\(root)/\($0)") != nil }) { return }
    let own = Set(logs.paths)
    for folder in ["data/file_operations_logs", "data/log_archives"] {
      guard try FileStatus("\(root)/\(folder)") != nil else { continue }
      let other = try FileSystem.list("\(root)/\(folder)").map { "\(folder)/\($0)" }.first {
        !own.contains($0)
      }
      guard let other else { continue }
      throw CommandFailure(
        .usage,
        Diagnostic(
          code: "demo-mix", "\(root) has logs of its own (\(other)); demo logs would falsify its figures",
          help: "make the demo in a new folder: `darkroom init --demo DIR`"))
    }
  }

  private func text(_ writer: WorkspaceWriter, _ root: String) -> String {
    var text = "workspace \(root)\n"
    for path in writer.made.prefix(12) { text += "  made  \(path)\n" }
    if writer.made.count > 12 { text += "  made  \(HumanText.count(writer.made.count - 12, "more file"))\n" }
    if !writer.same.isEmpty {
      text +=
        "  kept  \(HumanText.count(writer.same.count, "file")) as \(writer.same.count == 1 ? "it is" : "they are"), already there\n"
    }
    for path in writer.different { text += "  kept  \(path), which differs from what would be made now\n" }
    // The folder as the person typed it, so that the line can be copied.
    let quoted =
      directory.contains { " '\"$\\".contains($0) }
      ? "'\(directory.replacing("'", with: "'\\''"))'" : directory
    let change = directory == "." ? "" : "cd \(quoted) && "
    return text + "next: `\(change)darkroom run nightly`\n"
  }

  private func resolved(_ path: String) throws -> String {
    guard let real = realpath(path, nil) else { throw FileError("find", path) }
    defer { free(real) }
    return String(cString: real)
  }

  /// The zone of `TZ` or of `/etc/localtime`; `nil` when neither names one.
  static var machineZone: String? {
    let variable = getenv("TZ").map { String(cString: $0) } ?? ""
    let named = variable.hasPrefix(":") ? String(variable.dropFirst()) : variable
    if named == "UTC" || named.contains("/") && !named.hasPrefix("/") { return named }
    // `try?`: a machine without that link has no zone to offer.
    let target = (try? FileSystem.linkTarget("/etc/localtime")) ?? ""
    guard let range = target.firstRange(of: "/zoneinfo/") else { return nil }
    let zone = String(target[range.upperBound...])
    return zone.hasPrefix("Etc/") ? "UTC" : zone
  }
}

/// Writes files that do not exist yet, each whole or not at all.
struct WorkspaceWriter {
  let root: String
  private(set) var made: [String] = []
  /// There already, with these bytes.
  private(set) var same: [String] = []
  /// There already, with others.
  private(set) var different: [String] = []

  init(root: String) { self.root = root }

  mutating func write(_ path: String, _ bytes: [UInt8]) throws {
    let target = "\(root)/\(path)"
    if let status = try FileStatus(target) {
      let isSame = try status.kind == .file && status.size == bytes.count && FileSystem.read(target) == bytes
      if isSame { same.append(path) } else { different.append(path) }
      return
    }
    let temporary = "\(target).new"
    try FileSystem.removeFile(temporary)
    try FileSystem.create(temporary, bytes)
    try FileSystem.renameExclusively(temporary, to: target)
    made.append(path)
  }

  /// The same for a file that `make` writes under the name it is given, where nothing is.
  /// - Returns: the digest of what was made, also where another file is kept.
  mutating func write(_ path: String, making make: (_ temporary: String) throws -> Void) throws -> Digest {
    let target = "\(root)/\(path)"
    let temporary = "\(target).new"
    try FileSystem.removeFile(temporary)
    try make(temporary)
    let digest = try FileSystem.digest(temporary).digest
    if let status = try FileStatus(target) {
      let isSame = try status.kind == .file && FileSystem.digest(target).digest == digest
      if isSame { same.append(path) } else { different.append(path) }
      try FileSystem.removeFile(temporary)
    } else {
      try FileSystem.renameExclusively(temporary, to: target)
      made.append(path)
    }
    return digest
  }
}
