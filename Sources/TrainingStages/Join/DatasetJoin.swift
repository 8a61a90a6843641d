import FileCustody
import FileSystem
public import ImageCatalog
import ImageMeasurement
import PipelineCore
public import TrainingData

/// Joins what is known of one project's decisions into the files of a dataset, without holding more of the rows than one
/// part for each thread. The bytes do not depend on the threads.
public struct DatasetJoin: Sendable {
  private let workspace: String
  private let project: String
  private let stages: ProductionStages
  private let threads: Int
  private let nearDuplicates: NearDuplicates?
  private let rowsInPart: Int

  /// - Parameters:
  ///   - workspace: absolute.
  ///   - project: the project's id.
  ///   - stages: the project's stages of production.
  ///   - threads: how many threads may work at once, from 1.
  ///   - nearDuplicates: which images count as nearly the same; `nil` leaves out looking for them and for leaks, for
  ///     measurements against programs that do neither.
  ///   - rowsInPart: how many decisions a thread joins before it writes them, from 1.
  public init(
    workspace: String, project: String, stages: ProductionStages = .usual, threads: Int = 2,
    nearDuplicates: NearDuplicates? = NearDuplicates(),
    rowsInPart: Int = 2048
  ) {
    self.workspace = workspace
    self.project = project
    self.stages = stages
    self.threads = threads
    self.nearDuplicates = nearDuplicates
    self.rowsInPart = rowsInPart
  }

  /// What a join gives besides the files.
  public struct Outcome: Sendable {
    public var manifest: DatasetManifest
    /// In the order of the groups.
    public var findings: [JoinFinding]
  }

  /// Writes the files of rows into an empty folder; the manifest is the caller's.
  /// - Parameters:
  ///   - folder: absolute.
  ///   - checkCancellation: throws when the work is to stop; called often, by several threads.
  /// - Throws: `Diagnostic` for a database that is of an older version, newer, damaged or locked, and for a row that
  ///   breaks its constraints; `training-leak` when rows that belong together came into different splits.
  public func run(into folder: String, checkCancellation: @escaping @Sendable () throws -> Void = {}) throws
    -> Outcome
  {
    let sources = try JoinSources(
      workspace: workspace, project: project, stages: stages, threads: threads, rowsInPart: rowsInPart)
    var facts = sources.facts
    if let nearDuplicates {
      facts.lineages = try lineages(sources, facts, nearDuplicates, checkCancellation)
    }
    return try write(sources, facts, folder, checkCancellation)
  }

  private func lineages(
    _ sources: JoinSources, _ facts: JoinFacts, _ nearDuplicates: NearDuplicates,
    _ checkCancellation: @Sendable () throws -> Void
  ) throws -> LineageMap {
    let contents = facts.receipts.contents
    let workers = (0..<sources.threads).map { _ in TraceWorker(PartJoin(facts)) }
    var traces = GroupTraces()
    try OrderedParts(count: sources.parts, threads: sources.threads).forEach { thread, part in
      try checkCancellation()
      let worker = workers[thread]
      worker.traces = GroupTraces()
      try sources.join(part, thread, worker.join) { row, number, _ in
        try worker.join.trace(
          row, number: number, nearDuplicates: nearDuplicates, cropContents: contents,
          hash: { sources.figures($0)?.perceptualHash }, into: &worker.traces)
      }
    } take: { thread, _ in
      traces.append(workers[thread].traces)
    }
    return traces.lineages(nearDuplicates)
  }

  private func write(
    _ sources: JoinSources, _ facts: JoinFacts, _ folder: String,
    _ checkCancellation: @Sendable () throws -> Void
  ) throws -> Outcome {
    let joins = (0..<sources.threads).map { _ in PartJoin(facts) }
    var total = Total(nearDuplicates)
    let names = [CropRow.fileName, ImageRow.fileName, SelectionRow.fileName]
    let entries = try DatasetFile.create(names, in: folder) { files in
      try OrderedParts(count: sources.parts, threads: sources.threads).forEach { thread, part in
        try checkCancellation()
        let join = joins[thread]
        try sources.join(part, thread, join) { row, number, recorded in
          try join.add(row, number: number, recorded: recorded) {
            sources.figures($0).map(MeasuredFacts.init)
          }
        }
      } take: { thread, _ in
        try joins[thread].takeLines { selections, crops, images in
          try files[0].write(crops)
          try files[1].write(images)
          try files[2].write(selections)
          try total.check?.add(CropRow.self, lines: crops)
          try total.check?.add(ImageRow.self, lines: images)
          try total.check?.add(SelectionRow.self, lines: selections)
        }
        total.add(joins[thread])
      }
      let rows = [total.tally.crops, total.tally.images, total.tally.selections]
      return zip(files, rows).map { $0.entry(rows: $1) }
    }
    try total.refuseLeaks(project)
    guard total.tally.isExact else {
      throw Diagnostic(
        code: "training-sums", "the rows of project \(project) do not add up; its dataset was not published",
        help: "this is an error in Darkroom: report it")
    }
    let findings = total.findings + sources.sidecarsWithoutRow(total.foundSidecars)
    let manifest = DatasetManifest(
      project: project, files: entries, tally: total.tally, lineages: facts.lineages,
      nearDuplicates: nearDuplicates ?? NearDuplicates(),
      sources: .init(firstDigests: facts.firstDigests.count, receipts: facts.receipts.count),
      findings: Dictionary(findings.map { ($0.kind, 1) }, uniquingKeysWith: +),
      checkedRows: total.check?.rows ?? 0)
    return Outcome(manifest: manifest, findings: findings)
  }
}

/// What one thread collects of a part.
private final class TraceWorker {
  let join: PartJoin
  var traces = GroupTraces()

  init(_ join: PartJoin) { self.join = join }
}

/// What the parts add up to.
private struct Total {
  var tally = JoinTally()
  var findings: [JoinFinding] = []
  var foundSidecars: Set<[UInt8]> = []
  var check: LeakageCheck?

  init(_ nearDuplicates: NearDuplicates?) { check = nearDuplicates.map { LeakageCheck($0) } }

  mutating func add(_ part: PartJoin) {
    tally += part.tally
    findings += part.findings
    foundSidecars.formUnion(part.foundSidecars)
  }

  mutating func refuseLeaks(_ project: String) throws {
    guard let leaks = check?.leaks(), let first = leaks.first else { return }
    throw Diagnostic(
      code: "training-leak",
      "rows of project \(project) that belong together are in different splits: \(first); its dataset was not published",
      help: "this is an error in Darkroom: report it")
  }
}
