import PipelineCore

/// One day's events of a log while it is being read.
///
/// Only its ``DayCollector`` uses it, on one thread, and no access to one of its properties encloses another to the same
/// property; the check of that at run time would cost a twentieth of the extraction, so that it is left out.
final class DayBuffer {
  let day: Day
  @exclusivity(unchecked) var rows: [SegmentRow] = []
  @exclusivity(unchecked) var index = RowIndex()
  @exclusivity(unchecked) var imageNames: [UInt64] = []
  /// Text that is not in the file yet.
  @exclusivity(unchecked) var pendingText = ByteBuffer(capacity: 1 << 12)
  @exclusivity(unchecked) var textFile: DigestedFile
  /// Segments that were written out to bound the memory, in the order of their lines.
  var runs: [Run] = []
  /// When the day was last written to, as a count of lines.
  @exclusivity(unchecked) var lastUse: Int64 = 0

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
