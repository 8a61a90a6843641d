import PipelineCore

/// Operation logs of an invented team over four weeks: for the same weeks the same bytes on every machine.
///
/// On working days one person picks and sorts images and another crops; every night a machine cleans up. There
/// is a long session over a midnight, one log has damaged lines, and one archive repeats the end of the log before it.
struct DemoLogs {
  static let timeZone = "Europe/Berlin"
  static let archives = "data/log_archives"
  static let prefix = "file_operations_"
  let calendar: DemoCalendar
  private static let days = DemoCalendar.days
  /// The last days are still plain logs, the others are archives.
  static let plainDays = 8
  /// The day with the damaged lines.
  static let damagedDay = 24

  /// The day whose archive begins with the end of the one before.
  static let repeatingDay = 11

  struct File {
    let path: String
    let bytes: [UInt8]
  }

  /// The files that a demo has.
  var paths: [String] { (0..<Self.days).map(path(of:)) + [Self.currentLog] }
  static let currentLog = "data/file_operations_logs/file_operations.log"

  private func path(of index: Int) -> String {
    let name = "\(Self.prefix)\(calendar.day(index).description.filter { $0 != "-" }).log"
    return index < Self.days - Self.plainDays
      ? "\(Self.archives)/\(name).gz" : "data/file_operations_logs/\(name)"
  }

  /// The logs and the project manifests.
  func files() throws -> [File] {
    var writer = DemoWriter()
    for index in 0..<Self.days {
      var day = DemoDay(index: index, calendar: calendar)
      day.write(to: &writer)
    }
    let byDay = Dictionary(grouping: writer.lines.sorted { $0.at < $1.at }) { Day(utcMicroseconds: $0.at) }
    var files = manifests
    var tail: [String] = []
    for index in 0..<Self.days {
      var lines = (byDay[calendar.day(index)] ?? []).map(\.text)
      if index == Self.repeatingDay { lines = tail.suffix(40) + lines }
      tail = lines
      var current: [String] = []
      if index == Self.days - 1 {
        current = Array(lines.suffix(lines.count / 3))
        lines.removeLast(current.count)
      }
      let bytes = index == Self.damagedDay ? damaged(lines) : Self.text(lines)
      let isArchive = index < Self.days - Self.plainDays
      files.append(File(path: path(of: index), bytes: isArchive ? try Gzip.compress(bytes) : bytes))
      if !current.isEmpty { files.append(File(path: Self.currentLog, bytes: Self.text(current))) }
    }
    return files
  }

  private static func text(_ lines: [String]) -> [UInt8] {
    Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  /// The log with what really happens to logs: a line that was cut, bytes that are no text, an unknown record, a bad
  /// clock, a repeated line, an empty one.
  private func damaged(_ lines: [String]) -> [UInt8] {
    let day = calendar.day(Self.damagedDay)
    let year = day.civil.year
    var bytes: [UInt8] = []
    for (number, line) in lines.enumerated() {
      bytes += line.utf8
      bytes.append(UInt8(ascii: "\n"))
      switch number {
      case 11: bytes += line.utf8.prefix(line.utf8.count / 2) + [UInt8(ascii: "\n")]
      case 23:
        bytes +=
          Array("{\"type\": \"file_operation\", \"script\": \"".utf8) + [0xC3, 0x28] + Array("\"}\n".utf8)
      case 37:
        bytes +=
          "{\"type\": \"coffee_break\", \"script\": \"image_selector\", \"timestamp\": \"\(day)T09:00:00Z\"}\n"
          .utf8
      case 41:
        bytes += line.replacing("\"timestamp\": \"\(year)", with: "\"timestamp\": \"\(year)-13").utf8
        bytes.append(UInt8(ascii: "\n"))
      case 53: bytes += line.utf8 + [UInt8(ascii: "\n"), UInt8(ascii: "\n")]
      default: break
      }
    }
    return bytes
  }

  private var manifests: [File] {
    [
      ("mojo3", "Mojo, third series", "active", 0, nil),
      ("lumen2", "Lumen, second series", "finished", 0, 18),
      ("atlas1", "Atlas", "active", 14, nil as Int?),
    ].map { id, title, status, started, finished in
      let finish = finished.map { "\n  \"finishedAt\": \"\(calendar.day($0))\"," } ?? ""
      let text = """
        {
          "$schema": "../schema/project_v1.schema.json",
          "schema": "project_v1",
          "id": "\(id)",
          "title": "\(title)",
          "root": "\(id)",
          "status": "\(status)",
          "startedAt": "\(calendar.day(started))",\(finish)
          "folders": { "selected": "__selected", "crop": "__crop", "cropped": "__cropped", "deleteStaging": "__delete_staging" }
        }

        """
      return File(path: "data/projects/\(id).project.json", bytes: Array(text.utf8))
    }
  }
}
