import PipelineCore
import Projects

extension BinTable {
  static let internalName = "internal/bins"
  private static let magic = "time-bins-1\n"

  /// The internal file: names, then fixed-width bins.
  var bytes: [UInt8] {
    var writer = BinaryWriter()
    writer.append(raw: Array(Self.magic.utf8))
    writer.append(UInt32(names.count))
    for name in names { writer.append(name) }
    writer.append(UInt32(bins.count))
    for bin in bins {
      writer.append(bin.start)
      for number in [bin.project, bin.script, bin.operation] { writer.append(number) }
      writer.append(bin.category.rawValue)
      let tally = bin.tally
      for number in [
        tally.events, tally.files, tally.machineEvents, tally.machineFiles, tally.workMicroseconds,
      ] {
        writer.append(number)
      }
    }
    return writer.bytes
  }

  init(_ bytes: [UInt8], path: String) throws {
    var reader = BinaryReader(bytes, path: path)
    try reader.expect(Self.magic)
    var names: [String] = []
    for _ in 0..<(try reader.count(ofSize: 4)) { names.append(try reader.text()) }
    var bins: [TimeBin] = []
    for _ in 0..<(try reader.count(ofSize: 61)) {
      let start: Int64 = try reader.number()
      let (project, script, operation): (UInt32, UInt32, UInt32) = (
        try reader.number(), try reader.number(), try reader.number()
      )
      guard let category = DestinationCategory(rawValue: try reader.number()),
        max(project, script, operation) < names.count
      else { throw reader.damage }
      var tally = Tally()
      tally.events = try reader.number()
      tally.files = try reader.number()
      tally.machineEvents = try reader.number()
      tally.machineFiles = try reader.number()
      tally.workMicroseconds = try reader.number()
      bins.append(
        TimeBin(
          start: start, project: project, script: script, operation: operation, category: category,
          tally: tally))
    }
    guard reader.isAtEnd else { throw reader.damage }
    self.init(names: names, bins: bins)
  }

  /// The lines of `bins.jsonl`, one for each bin.
  var lines: [UInt8] {
    let quoted = names.map(JSONLine.quoted)
    let categories = DestinationCategory.allCases.map { JSONLine.quoted($0.name) }
    var line = JSONLine()
    var startText: (start: Int64, text: [UInt8]) = (.min, [])
    for bin in bins {
      if bin.start != startText.start {
        startText = (bin.start, JSONLine.quoted(TimestampText.utcSeconds(bin.start)))
      }
      line.open()
      line.key("bin_start_utc")
      line.value(quoted: startText.text)
      line.key("destination")
      line.value(quoted: categories[Int(bin.category.rawValue)])
      line.key("events")
      line.value(bin.tally.events)
      line.key("files")
      line.value(bin.tally.files)
      line.key("machine_events")
      line.value(bin.tally.machineEvents)
      line.key("machine_files")
      line.value(bin.tally.machineFiles)
      line.key("operation")
      line.value(quoted: quoted[Int(bin.operation)])
      line.key("project_id")
      line.value(quoted: quoted[Int(bin.project)])
      line.key("script_id")
      line.value(quoted: quoted[Int(bin.script)])
      line.key("work_seconds")
      line.value(seconds: bin.tally.workMicroseconds)
      line.close()
      line.endLine()
    }
    return line.bytes
  }
}
