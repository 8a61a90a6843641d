import Foundation
import LogAnalytics
import OperationLog
import PipelineCore
import Synchronization

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// One event with names instead of numbers.
struct FakeEvent: Equatable {
  var timestamp: Int64
  var script = "crop_tool"
  var operation = "crop"
  var source = "mojo3/__crop"
  var destination = "mojo3/__cropped"
  var count: Int32? = 1
  var type = EventType.fileOperation
  var isMachine = false
  var images: [UInt64] = []

  /// An event at `YYYY-MM-DD` plus seconds.
  static func at(_ day: String, _ seconds: Double, _ change: (inout FakeEvent) -> Void = { _ in })
    -> FakeEvent
  {
    var event = FakeEvent(
      timestamp: (Day(day)?.utcMicroseconds ?? 0) + Int64((seconds * 1_000_000).rounded()))
    change(&event)
    return event
  }
}

enum FakeLog {
  /// The events as days, each sorted as its contract says.
  static func days(_ events: [FakeEvent]) -> [DayEvents] {
    let numbered = events.enumerated().sorted {
      ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset)
    }
    var days: [DayEvents] = []
    var numbers: [String: UInt32] = [:]
    for (offset, event) in numbered {
      let day = Day(utcMicroseconds: event.timestamp)
      if days.last?.day != day {
        days.append(DayEvents(day: day))
        numbers = ["": 0]
      }
      var current = days.removeLast()
      func number(_ text: String) -> UInt32 {
        if let number = numbers[text] { return number }
        current.strings.append(text)
        numbers[text] = UInt32(current.strings.count - 1)
        return UInt32(current.strings.count - 1)
      }
      current.rows.append(
        EventRow(
          timestamp: event.timestamp, eventID: EventID(high: 0, low: UInt64(offset)),
          script: number(event.script),
          operation: number(event.operation), sourceDirectory: number(event.source),
          destinationDirectory: number(event.destination), fileCount: event.count, type: event.type,
          isMachine: event.isMachine, firstImage: UInt32(current.imageNames.count),
          imageCount: UInt32(event.images.count)))
      current.imageNames += event.images
      days.append(current)
    }
    return days
  }

  /// Events of a few scripts with all kinds of gaps, over `days` days and many midnights.
  static func random(seed: UInt64, count: Int, start: String = "2025-10-24", spread: Int64 = 1) -> [FakeEvent]
  {
    var random = SeededGenerator(seed: seed)
    var time = (Day(start)?.utcMicroseconds ?? 0) + Int64.random(in: 0..<86_400_000_000, using: &random)
    let destinations = [
      "mojo3/__cropped", "mojo3/__crop", "mojo3/__crop_auto/a", "mojo3/__delete_staging", "mojo3/__selected",
      "other/place", "", "mojo4/__cropped", "/abs/mojo5/.Trash",
    ]
    return (0..<count).map { index in
      let gap: ClosedRange<Int64>
      switch Int.random(in: 0..<20, using: &random) {
      case 0: gap = 0...0
      case 1: gap = 299_999_998...300_000_002
      case 2: gap = 59_999_999...60_000_001
      case 3: gap = 3_600_000_000...(40_000_000_000 * spread)
      case 4...8: gap = 60_000_000...400_000_000
      default: gap = 1...20_000_000
      }
      time += Int64.random(in: gap, using: &random)
      var event = FakeEvent(timestamp: time)
      event.script = ["crop_tool", "selector", "über tool", "\"quoted\""].randomElement(using: &random) ?? ""
      event.operation = ["crop", "move", "send_to_trash", "delete", ""].randomElement(using: &random) ?? ""
      event.source = ["mojo3/__crop", "mojo4", "elsewhere", ""].randomElement(using: &random) ?? ""
      event.destination = destinations.randomElement(using: &random) ?? ""
      event.count = [nil, 0, 1, 2, 7].randomElement(using: &random) ?? nil
      event.isMachine = Int.random(in: 0..<6, using: &random) == 0
      if Int.random(in: 0..<10, using: &random) == 0 {
        event.type = EventType.allCases.randomElement(using: &random) ?? .userAction
      }
      event.images = (0..<Int.random(in: 0...2, using: &random)).map { _ in
        UInt64.random(in: 0..<80, using: &random)
      }
      return event
    }
  }
}

/// A workspace in a temporary folder, with upstream artifacts and rows that only live in memory.
final class FakeWorkspace: Sendable {
  let path: String
  private let rows = Mutex<[String: DayEvents]>([:])
  private let reads = Mutex<[String]>([])
  private let runs = Mutex(0)

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/analytics-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }  // A leftover folder harms nobody.

  func write(_ name: String, _ text: String) throws {
    let file = "\(path)/\(name)"
    let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
      separator: "/")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
  }

  /// The reader for stages; remembers what was read.
  var reader: DayEventsReader {
    { path, day in
      self.reads.withLock { $0.append(day.description) }
      guard let events = self.rows.withLock({ $0[path] }), events.day == day else {
        throw Diagnostic(code: "no-rows", "no rows at \(path)")
      }
      return events
    }
  }

  /// The days that were read since the last call, sorted.
  func takeReads() -> [String] {
    reads.withLock { reads in
      defer { reads = [] }
      return reads.sorted()
    }
  }

  /// `logs.merge` with these days done.
  func merged(_ days: [DayEvents]) -> UpstreamStage {
    let units = days.map { day -> CommittedUnit in
      let name = "data/state/artifacts/merge/\(day.day)/internal/rows"
      rows.withLock { $0["\(path)/\(name)"] = day }
      let file = OutputFile(
        name: DayRows.fileName, path: name, digest: Digest(of: "\(day.strings)\(day.rows)\(day.imageNames)"),
        bytes: 1)
      return CommittedUnit(key: UnitKey(day.day.description), outputs: [file])
    }
    return UpstreamStage(id: "merge", kind: DayRows.stageKind) { units }
  }

  func units(_ stage: any Stage, _ upstream: UpstreamStage...) throws -> [UnitDefinition] {
    Array(
      try stage.units(ExpansionContext(workspace: path, upstream: upstream, history: EmptyRunHistory())))
  }

  /// Runs one unit as the engine would: the artifact stays in the workspace and is what comes back.
  func run(
    _ stage: any Stage, _ unit: UnitDefinition, as id: StageID, previous: CommittedUnit? = nil
  ) async throws -> (committed: CommittedUnit, result: UnitResult) {
    let run = runs.withLock { count in
      count += 1
      return count
    }
    let folder = "data/state/artifacts/\(id)/\(run)"
    try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
    let order = UnitOrder(
      unit: UnitID(stage: id, key: unit.key), kind: type(of: stage).description.kind, inputs: unit.inputs,
      outputs: unit.outputs, values: unit.values,
      previous: previous.map { PreviousResult(fingerprint: Fingerprint([]), outputs: $0.outputs) })
    let context = UnitContext(workspace: path, artifact: "\(path)/\(folder)", publication: "\(path)/none")
    let result = try await stage.run(order, context)
    let outputs = try result.artifacts.map { artifact in
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(folder)/\(artifact.name)"))
      let digest = bytes.withUnsafeBytes { Digest(of: $0) }
      guard artifact.digest == nil || artifact.digest == digest else {
        throw Diagnostic(code: "wrong-digest", "\(artifact.name) has another digest than its stage says")
      }
      return OutputFile(
        name: artifact.name, path: "\(folder)/\(artifact.name)", digest: digest, bytes: Int64(bytes.count),
        rows: artifact.rows)
    }
    return (CommittedUnit(key: unit.key, outputs: outputs, counters: result.counters), result)
  }

  func text(_ name: String, of unit: CommittedUnit) throws -> String {
    guard let file = unit.outputs.first(where: { $0.name == name }) else {
      throw Diagnostic(code: "no-output", "\(unit.key) has no \(name)")
    }
    return try String(contentsOfFile: "\(path)/\(file.path)", encoding: .utf8)
  }

  /// Runs `logs.aggregate` for all days and gives it back as an upstream stage.
  func aggregated(_ days: [DayEvents]) async throws -> UpstreamStage {
    let stage = AggregateStage(StageDefinition(id: "aggregate", uses: "logs.aggregate"), read: reader)
    var done: [CommittedUnit] = []
    for unit in try units(stage, merged(days)) {
      done.append(try await run(stage, unit, as: "aggregate").committed)
    }
    let units = done
    return UpstreamStage(id: "aggregate", kind: "logs.aggregate") { units }
  }
}

/// Python as an independent judge.
enum Judge {
  /// Runs a program with a text as its standard input and gives back its standard output.
  static func python(_ program: String, _ arguments: [String] = [], input: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.path + "/judge-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // A leftover folder harms nobody.
    try Data(input.utf8).write(to: URL(fileURLWithPath: folder + "/input"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program] + arguments
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder + "/input"))
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Diagnostic(code: "judge-failed", "python3 ended with \(process.terminationStatus)")
    }
    return String(decoding: data, as: UTF8.self)
  }
}

func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

func json(_ text: some StringProtocol) throws -> JSONValue {
  try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
}
