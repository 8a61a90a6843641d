import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a log's days came to.
struct CollectedDays {
  var artifacts: [UnitResult.Artifact] = []
  /// Accepted events by day.
  var counts: [Day: Int64] = [:]
  /// The lines whose events turned out to be repeats only when their day was put together.
  var lateRepeats: [Int64] = []
}

extension DayCollector {
  /// Puts every day together; days of the previous extraction that nothing was added to are linked.
  mutating func finish() throws -> CollectedDays {
    var collected = CollectedDays()
    for buffer in days.values.sorted(by: { $0.day < $1.day }) {
      try complete(buffer, &collected)
    }
    guard let previous else { return collected }
    for (day, count) in previous.accounting.days.sorted(by: { $0.key < $1.key }) where days[day] == nil {
      collected.counts[day] = count
      try makeFolder(artifactPath(DayBuffer.folder(day)))
      for name in [DayBuffer.rowsName(day), DayBuffer.textName(day)] {
        if let file = previous[name] {
          collected.artifacts.append(try previous.link(file, into: artifactPath()))
        }
      }
    }
    return collected
  }

  private mutating func complete(_ buffer: DayBuffer, _ collected: inout CollectedDays) throws {
    try buffer.flushText()
    let path = artifactPath(DayBuffer.rowsName(buffer.day))
    var count = buffer.rows.count
    let digest: Digest
    if buffer.runs.isEmpty {
      guard count > 0 else {
        rmdir(artifactPath(DayBuffer.folder(buffer.day)))
        return
      }
      digest = try write(buffer, to: path)
    } else if buffer.runs.count == 1, count == 0 {
      digest = buffer.runs[0].digest
      count = buffer.runs[0].rowCount
      guard rename(buffer.runs[0].path, path) == 0 else {
        throw LogFailure.system("rename", buffer.runs[0].path)
      }
    } else {
      (digest, count) = try unite(buffer, path, &collected)
    }
    collected.counts[buffer.day] = Int64(count)
    collected.artifacts.append(
      UnitResult.Artifact(name: DayBuffer.rowsName(buffer.day), digest: digest, rows: Int64(count)))
    if buffer.textFile.byteCount > 0 {
      collected.artifacts.append(
        UnitResult.Artifact(
          name: DayBuffer.textName(buffer.day), digest: buffer.textFile.digest, rows: Int64(count)))
    }
    buffer.forgetRows()
  }

  /// Makes one segment of a day's segments, and takes the repeats that show only now out of the text.
  private mutating func unite(_ buffer: DayBuffer, _ path: String, _ collected: inout CollectedDays) throws
    -> (
      Digest, Int
    )
  {
    if !buffer.rows.isEmpty {
      let last = path + ".\(buffer.runs.count)"
      let digest = try write(buffer, to: last)
      buffer.runs.append(DayBuffer.Run(path: last, digest: digest, rowCount: buffer.rows.count))
      buffer.forgetRows()
    }
    var union = SegmentUnion()
    var sources: [String] = []
    for run in buffer.runs {
      let segment = try DaySegment.read(run.path)
      sources = segment.sources
      union.add(segment)
      guard unlink(run.path) == 0 else { throw LogFailure.system("remove", run.path) }
    }
    let dropped = union.removeRepeats()
    if !dropped.isEmpty, buffer.textFile.byteCount > 0 {
      union.closeGaps(dropped[...], source: 0)
      let whole = buffer.textFile.path + ".whole"
      guard rename(buffer.textFile.path, whole) == 0 else {
        throw LogFailure.system("rename", buffer.textFile.path)
      }
      buffer.textFile = DigestedFile(buffer.textFile.path)
      try EventTextCopy.copy(
        try OpenFile(reading: whole, name: whole), to: &buffer.textFile, without: dropped[...])
      guard unlink(whole) == 0 else { throw LogFailure.system("remove", whole) }
    }
    collected.lateRepeats += dropped.map(\.line)
    var encoder = SegmentEncoder()
    let digest = try DigestedFile.write(union.encode(buffer.day, sources: sources, with: &encoder), to: path)
    return (digest, union.rows.count)
  }
}
