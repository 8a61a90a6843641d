import PipelineCore

/// Writes records of the operation log, as the scripts of the invented team do.
struct DemoWriter {
  struct Line {
    let at: Int64
    let text: String
  }
  struct Batch {
    let script: String
    let session: String
    let id: String
    let isMachine: Bool
  }

  private(set) var lines: [Line] = []
  /// Picked images by project that nobody has cropped yet.
  var waitingForCrop: [String: [String]] = [:]
  private var imageTime: Int64 = 0

  mutating func begin(
    _ script: String, _ at: Int64, folder: String, day: Day, name: String, isMachine: Bool = false
  ) -> Batch {
    let stamp = "\(day.description.filter { $0 != "-" })_\(Self.clock(at).filter { $0 != ":" })"
    let batch = Batch(script: script, session: stamp, id: "\(script)_\(stamp)", isMachine: isMachine)
    add(batch, at, "session_start", [("working_dir", .string(folder))], inBatch: false)
    add(batch, at + 40_000, "batch_start", [("batch_name", .string(name)), ("description", .string(name))])
    return batch
  }

  mutating func end(_ batch: Batch, _ at: Int64, summary: String) {
    add(batch, at, "batch_end", [("summary", .string(summary))])
    add(batch, at + 30_000, "session_end", [], inBatch: false)
  }

  mutating func operation(
    _ batch: Batch, _ at: Int64, _ operation: String, from source: String, to target: String,
    images: [String],
    companions: Bool
  ) {
    var files = images
    if companions {
      files = images.flatMap { image in [image, image.dropLast(4) + ".yaml", image.dropLast(4) + ".caption"] }
    }
    add(
      batch, at, "file_operation",
      [
        ("operation", .string(operation)), ("source_dir", .string(source)), ("dest_dir", .string(target)),
        ("file_count", .integer(Int64(images.count))), ("notes", .string("image-only count")),
        ("files", .array(files.map { .string($0) })),
      ])
  }

  /// The names of a new group's images, of rising stages.
  mutating func newGroup(_ project: String, day: Day, size: Int, random: inout DemoRandom) -> [String] {
    let stages = ["stage1_generated", "stage1.5_face_swapped", "stage2_upscaled", "stage3_enhanced"]
    imageTime += Int64(random.pick(20...180)) * 1_000_000
    let taken = Day(number: day.number - 14).utcMicroseconds + imageTime
    return (0..<size).map { number in
      let at = taken + Int64(number) * 7_000_000
      let date = Day(utcMicroseconds: at).description.filter { $0 != "-" }
      return "\(date)_\(Self.clock(at).filter { $0 != ":" })_\(stages[number % stages.count]).png"
    }
  }

  private mutating func add(
    _ batch: Batch, _ at: Int64, _ type: String, _ members: [(String, JSONValue)], inBatch: Bool = true
  ) {
    var all: [(String, JSONValue)] = [
      ("type", .string(type)), ("script", .string(batch.script)), ("session_id", .string(batch.session)),
      ("batch_id", inBatch ? .string(batch.id) : .null),
      ("timestamp", .string(Self.timestamp(at, batch.script))),
    ]
    if batch.isMachine { all.append(("actor", "machine")) }
    all += members
    let text = all.map { name, value in
      var text = ""
      JSONValue.quote(name, into: &text)
      return "\(text): \(value.canonical)"
    }.joined(separator: ", ")
    lines.append(Line(at: at, text: "{\(text)}"))
  }

  /// The scripts write their times in different ways; one leaves the zone out.
  private static func timestamp(_ at: Int64, _ script: String) -> String {
    let text = "\(Day(utcMicroseconds: at))T\(clock(at)).\(padded(at % 1_000_000, 6))"
    switch script {
    case "character_sorter": return text
    case "image_selector": return text + "Z"
    default: return text + "+00:00"
    }
  }

  /// `HH:MM:SS` in UTC.
  private static func clock(_ at: Int64) -> String {
    let seconds = (at - Day(utcMicroseconds: at).utcMicroseconds) / 1_000_000
    return "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
