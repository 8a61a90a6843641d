import PipelineCore

/// One day's events of a log while it is being read.
final class DayBuffer {
  let day: Day
  var rows: [SegmentRow] = []
  var index = RowIndex()
  var imageNames: [UInt64] = []
  /// Text that is not in the file yet.
  var pendingText = ByteBuffer(capacity: 1 << 12)
  var textFile: DigestedFile
  /// Segments that were written out to bound the memory, in the order of their lines.
  var runs: [Run] = []
  /// When the day was last written to, as a count of lines.
  var lastUse: Int64 = 0

  struct Run {
    let path: String
    let digest: Digest
    let rowCount: Int
  }

  /// `internal/day=YYYY-MM-DD`, below the artifact.
  static func folder(_ day: Day) -> String { "internal/day=\(day)" }
  static func rowsName(_ day: Day) -> String { folder(day) + "/rows" }
  static func textName(_ day: Day) -> String { folder(day) + "/events.jsonl" }

  init(_ day: Day, artifact: String) {
    self.day = day
    textFile = DigestedFile(artifact + "/" + Self.textName(day))
  }

  /// How many bytes of text there are, pending ones included.
  var textEnd: Int64 { textFile.byteCount + Int64(pendingText.count) }
  /// What the rows and their index take in memory.
  var rowBytes: Int { rows.count * MemoryLayout<SegmentRow>.stride + imageNames.count * 8 + index.byteCount }

  func flushText() throws {
    guard pendingText.count > 0 else { return }
    try textFile.append(pendingText.bytes)
    pendingText.removeAll()
  }

  /// Forgets the rows after they were written out.
  func forgetRows() {
    rows = []
    imageNames = []
    index = RowIndex()
  }
}
