public import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Makes operation logs that look like real ones, the same for the same seed on every machine.
///
/// A day's lines are in time order, about 409 bytes each, of several scripts with sessions, batches, moves,
/// crops, copies and deletions; some of them repeat an earlier line of the day.
public struct OperationLogGenerator: Sendable {
  public struct Options: Sendable {
    public var seed: UInt64 = 1
    public var firstDay = Day(number: 20_362)  // 2025-10-01
    public var days = 4
    public var linesPerDay = 1000
    /// How many of a thousand lines repeat an earlier one.
    public var duplicatesPerThousand = 5
    /// Whether every second day is written as a gzip archive.
    public var compressesEverySecondDay = false
    public init() {}
  }

  private let options: Options

  public init(_ options: Options = Options()) { self.options = options }

  /// Writes one log per day into the folders of a workspace, which are made when needed, and returns their
  /// workspace-relative paths. Needs the program `gzip` for archives.
  public func write(to workspace: String) throws -> [String] {
    for folder in ["data", "data/file_operations_logs", "data/log_archives"] {
      let path = workspace + "/" + folder
      if mkdir(path, 0o777) != 0, errno != EEXIST { throw failure("make", path) }
    }
    return try (0..<options.days).map { index in
      let day = options.firstDay.advanced(by: index)
      let name = "file_operations_\(day.description.filter { $0 != "-" }).log"
      let isCompressed = options.compressesEverySecondDay && index % 2 == 0
      let folder = isCompressed ? "data/log_archives/" : "data/file_operations_logs/"
      try writeFile(lines(of: index), workspace + "/" + folder + name)
      if isCompressed { try compress(workspace + "/" + folder + name) }
      return folder + name + (isCompressed ? ".gz" : "")
    }
  }

  /// The text of day number `index`, from 0.
  public func lines(of index: Int) -> [UInt8] {
    var random = SeededRandom(seed: options.seed &* 1_000_003 &+ UInt64(index))
    var text: [UInt8] = []
    text.reserveCapacity(options.linesPerDay * 420)
    var starts: [Int] = []
    let midnight = options.firstDay.advanced(by: index).utcMicroseconds
    let step = 80_000_000_000 / Int64(max(1, options.linesPerDay))
    for line in 0..<options.linesPerDay {
      if line > 10, random.next(below: 1000) < options.duplicatesPerThousand {
        let chosen = random.next(below: starts.count)
        let end = chosen + 1 < starts.count ? starts[chosen + 1] : text.count
        starts.append(text.count)
        text += text[starts[chosen]..<end]
        continue
      }
      starts.append(text.count)
      let time = midnight + Int64(line) * step + Int64(random.next(below: Int(max(1, step))))
      text += record(time, line, &random).utf8
      text.append(0x0A)
    }
    return text
  }

  private static let scripts = [
    "ai_desktop_multi_crop", "ai_assisted_reviewer", "character_sorter", "web_image_selector",
    "multi_crop_tool",
    "desktop_image_selector",
  ]
  private static let operations = [
    ("crop", "__cropped"), ("move", "__selected"), ("move", "__crop"), ("copy", "__crop_auto"),
    ("stage_delete", "__delete_staging"), ("send_to_trash", "trash"), ("delete", "__delete_staging"),
    ("restore", "mojo3/restored"),
  ]

  private func record(_ time: Int64, _ line: Int, _ random: inout SeededRandom) -> String {
    let script = Self.scripts[random.next(below: Self.scripts.count)]
    let head = """
      "script": "\(script)", "session_id": "\(session(time, script))", "batch_id": \
      \(random.next(below: 3) == 0 ? "null" : "\"batch_\(line / 50)\""), "timestamp": "\(timestamp(time, &random))"
      """
    switch random.next(below: 200) {
    case 0: return "{\"type\": \"session_start\", \(head), \"working_dir\": \"mojo3\"}"
    case 1: return "{\"type\": \"session_end\", \(head)}"
    case 2:
      return
        "{\"type\": \"batch_start\", \(head), \"batch_name\": \"group \(line)\", \"description\": \"caf\u{E9} shots\"}"
    case 3:
      return
        "{\"type\": \"user_action\", \(head), \"action\": \"undo\", \"details\": {\"index\": \(line), \"zoom\": 1.5}}"
    default: break
    }
    let (operation, destination) = Self.operations[random.next(below: Self.operations.count)]
    let stem = "\(stamp(time))_stage\(random.next(below: 3) + 1)_generated"
    let companions = random.next(below: 2) == 0 ? [".yaml", ".caption"] : [".yaml"]
    let files = ([".png"] + companions).map { "\"\(stem)\($0)\"" }.joined(separator: ", ")
    return """
      {"type": "file_operation", \(head), "operation": "\(operation)", "source_dir": \
      "mojo3/faces/character_group_\(random.next(below: 40))", "dest_dir": "\(destination)", "file_count": 1, \
      "notes": "image-only count", "files": [\(files)]}
      """
  }

  private func session(_ time: Int64, _ script: String) -> String {
    // A session an hour and script.
    "\(stamp(time / 3_600_000_000 * 3_600_000_000 + Int64(script.utf8.count) * 1_000_000))"
  }

  /// `YYYYMMDD_HHMMSS`.
  private func stamp(_ time: Int64) -> String {
    let (date, clock, _) = fields(time)
    return date.filter { $0 != "-" } + "_" + clock.filter { $0 != ":" }
  }

  private func timestamp(_ time: Int64, _ random: inout SeededRandom) -> String {
    let (date, clock, fraction) = fields(time)
    return "\(date)T\(clock).\(fraction)" + (random.next(below: 10) == 0 ? "Z" : "+00:00")
  }

  private func fields(_ time: Int64) -> (date: String, clock: String, fraction: String) {
    let day = Day(utcMicroseconds: time)
    let rest = time - day.utcMicroseconds
    func padded(_ number: Int64, _ width: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: width - text.count) + text
    }
    let seconds = rest / 1_000_000
    let clock = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    return (day.description, clock, padded(rest % 1_000_000, 6))
  }

  private func failure(_ action: String, _ path: String) -> Diagnostic {
    Diagnostic(code: "file-error", "cannot \(action) \(path): \(String(cString: strerror(errno)))")
  }

  private func writeFile(_ bytes: [UInt8], _ path: String) throws {
    guard let file = fopen(path, "w") else { throw failure("write", path) }
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw failure("write", path) }
  }

  /// Replaces the file by its compressed form, without name and time inside, so that equal logs give equal archives.
  private func compress(_ path: String) throws {
    var child: pid_t = 0
    let words: [UnsafeMutablePointer<CChar>?] = ["gzip", "-n", "-f", path].map { (word: String) in
      strdup(word)
    }
    defer { for word in words { free(word) } }
    var status: Int32 = 0
    guard posix_spawnp(&child, "gzip", nil, nil, words + [nil], environ) == 0,
      waitpid(child, &status, 0) == child,
      status == 0
    else { throw Diagnostic(code: "gzip-failed", "gzip could not compress \(path)", help: "install gzip") }
  }
}
