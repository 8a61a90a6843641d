import FileCustody
import FileSystem
import ImageCatalog
import ImageMeasurement
import PipelineCore
import TrainingData

/// What a project's join reads: decisions, older crops, measurements and custody's facts, each in one state.
struct JoinSources {
  /// What custody and the configuration know; the lineages are not in it yet.
  let facts: JoinFacts
  /// How many threads may read at once.
  let threads: Int
  /// How many parts the decisions have.
  var parts: Int { scan?.parts.count ?? 0 }
  private let scan: DecisionScan?
  private let measurements: MeasurementTable?
  private let sidecars: [RelativePath]

  init(workspace: String, project: String, stages: ProductionStages, threads: Int, rowsInPart: Int)
    throws
  {
    scan = try DecisionScan(workspace: workspace, project: project, threads: threads, rowsInPart: rowsInPart)
    measurements = try MeasurementTable(workspace: workspace, project: project)
    self.threads = scan?.connections ?? 1
    var facts = JoinFacts(project: project)
    facts.stages = stages.stages.map {
      ($0.name.lowercased(), Double($0.rank.thousandths) / 1_000)
    }
    var sidecars: [RelativePath] = []
    if let custody = try FileCustody.openForReading(workspace: workspace) {
      try custody.forEachFirstDigest(project: project) { origin, digest in
        facts.firstDigests.add(
          place: origin, digest: UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self)))
      }
      try custody.forEachCrop(project: project) { facts.receipts.add(group: $0.utf8, digest: $1) }
      sidecars = try custody.waitingSidecars(project: project)
      facts.sidecarStems = Set(sidecars.map(Self.stem))
    }
    self.facts = facts
    self.sidecars = sidecars
  }

  private static func stem(_ sidecar: RelativePath) -> [UInt8] { Array(RelativePath(sidecar.name).stem.utf8) }

  /// Goes through a part's groups, for a join that gets told where the part begins and ends.
  /// - Parameter body: gets a row, its number and its group's crops from the older system's records.
  func join(
    _ part: Int, _ thread: Int, _ join: PartJoin,
    _ body: (DecidedRow, Int, ArraySlice<RecordedCrop>) throws -> Void
  ) throws {
    guard let scan else { return }
    let range = scan.parts[part]
    let recorded = try scan.olderCrops(in: range, connection: thread).map(RecordedCrop.init)
    var next = 0
    Self.withBytes(range.from) { join.begin(from: $0) }
    var kept = KeptTexts()
    defer { kept.forget() }
    try scan.forEach(in: range, connection: thread) { scanned, number in
      kept.forget()
      let row = try DecidedRow(scanned) { kept.keep($0) }
      let first = next
      while next < recorded.count, recorded[next].group.utf8.lexicographicallyPrecedes(row.group) {
        next += 1
      }
      join.addWithoutRow(next - first)
      let own = next
      while next < recorded.count, recorded[next].group.utf8.elementsEqual(row.group) { next += 1 }
      try body(row, number, recorded[own..<next])
    }
    join.addWithoutRow(recorded.count - next)
    Self.withBytes(range.before) { join.end(before: $0) }
  }

  private static func withBytes(_ text: String?, _ body: (UnsafeRawBufferPointer?) -> Void) {
    guard var text else { return body(nil) }
    text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
  }

  /// What was measured of the image with this digest.
  func figures(_ digest: UnsafeRawBufferPointer) -> MeasurementTable.Figures? {
    measurements?.figures(of: digest)
  }

  /// Waiting `.decision` files of images that are in no row.
  /// - Parameter found: the stems that are in rows.
  func sidecarsWithoutRow(_ found: Set<[UInt8]>) -> [JoinFinding] {
    sidecars.filter { !found.contains(Self.stem($0)) }.map { JoinFinding(.sidecarWithoutRow, $0.rawValue) }
  }
}

/// Texts that were made for one row and have to stay as long as it.
private struct KeptTexts {
  private var buffers: [UnsafeMutableRawBufferPointer] = []

  mutating func keep(_ text: String) -> UnsafeRawBufferPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    buffer.copyBytes(from: text.utf8)
    buffers.append(buffer)
    return UnsafeRawBufferPointer(buffer)
  }

  mutating func forget() {
    for buffer in buffers { buffer.deallocate() }
    buffers.removeAll(keepingCapacity: true)
  }
}
