import PipelineCore

/// Joins the decisions of one part of a project's groups to lines of a dataset: what was recommended, decided and
/// cropped, with what custody and measurement know of the images.
///
/// Groups come in the order of the bytes of their ids. The lines are what ``SelectionRow``, ``CropRow`` and ``ImageRow``
/// would write, made without them: a project may have a million decisions. One thread uses a part at a time.
public final class PartJoin {
  /// What was measured of the image with this digest, 64 hexadecimal digits; `nil` for one that was not.
  public typealias Measurements = (_ digest: UnsafeRawBufferPointer) throws -> MeasuredFacts?

  public private(set) var tally = JoinTally()
  public private(set) var findings: [JoinFinding] = []
  /// The stems of images that have a waiting `.decision` file.
  public private(set) var foundSidecars: Set<[UInt8]> = []

  let selections = LineBuffer()
  let crops = LineBuffer()
  let images = LineBuffer()
  let facts: JoinFacts
  let names = TextList()
  let digests = TextList()
  /// The text of which the SHA-256 gives the split: a fixed beginning, then the lineage.
  private let splitText = LineBuffer(capacity: 256)
  private let splitPrefix = "darkroom-split-v1\0"
  private let projectPrefix: String
  private var receipt = 0

  /// - Parameter facts: of the whole project.
  public init(_ facts: JoinFacts) {
    self.facts = facts
    projectPrefix = facts.project + "/"
  }

  /// Gives the lines of a file so far, and forgets them.
  public func takeLines<Result>(
    _ body: (
      _ selections: UnsafeRawBufferPointer, _ crops: UnsafeRawBufferPointer, _ images: UnsafeRawBufferPointer
    )
      throws -> Result
  ) rethrows -> Result {
    defer { for lines in [selections, crops, images] { lines.removeAll() } }
    return try body(selections.bytes, crops.bytes, images.bytes)
  }

  /// Begins a part, after what was joined before was taken.
  /// - Parameter group: the least id that it may have; `nil` for the first part.
  public func begin(from group: UnsafeRawBufferPointer?) {
    tally = JoinTally()
    findings = []
    foundSidecars = []
    receipt = group.map(facts.receipts.index) ?? 0
  }

  /// Ends a part.
  /// - Parameter group: the least id of the next part; `nil` for the last one.
  public func end(before group: UnsafeRawBufferPointer?) {
    let end = group.map(facts.receipts.index) ?? facts.receipts.count
    while receipt < end { reportReceipt() }
  }

  private func reportReceipt() {
    findings.append(
      JoinFinding(.cropWithoutDecision, String(decoding: facts.receipts.group(receipt), as: UTF8.self)))
    receipt += 1
  }

  /// Joins a group.
  /// - Parameters:
  ///   - number: the row's place among all of the database.
  ///   - recorded: the crops of the older system's records, by their occurrences.
  /// - Throws: `Diagnostic` `decision-row-damaged` for a row that breaks the database's constraints. What `measured`
  ///   throws.
  public func add(
    _ row: DecidedRow, number: Int, recorded: ArraySlice<RecordedCrop>, measured: Measurements
  ) throws {
    tally.decisions += 1
    tally.olderCrops += recorded.count
    if row.finalCrop != nil { tally.finalCrops += 1 }
    let cropDigest = cropDigest(row.group)
    try read(row)
    if let reason = leftOut(row) {
      tally.decisionsLeftOut[reason, default: 0] += 1
      let count = recorded.count + (row.finalCrop == nil ? 0 : 1)
      if count > 0 { tally.cropsLeftOut[reason, default: 0] += count }
      if reason == .digestsChanged { report(.digestsChanged, row) }
      return
    }
    var group = JoinedGroup(row)
    try group.complete(self, row, number: number)
    group.measurements = try digests.texts.map(measured)
    appendSelection(group, row)
    try appendCrops(group, row, recorded, cropDigest)
    appendImages(group, row)
    count(group, row)
  }

  /// Crops of the older system's records whose groups have no row.
  public func addWithoutRow(_ recorded: Int) {
    if recorded == 0 { return }
    tally.olderCrops += recorded
    tally.cropsLeftOut[.withoutDecision, default: 0] += recorded
  }

  /// Collects what tells that a group belongs together with others; nothing is joined.
  public func trace(
    _ row: DecidedRow, number: Int, nearDuplicates: NearDuplicates, cropContents: Set<UInt64>,
    hash: (_ digest: UnsafeRawBufferPointer) throws -> UInt64?, into traces: inout GroupTraces
  ) throws {
    let cropDigest = cropDigest(row.group)
    try read(row)
    if leftOut(row) != nil { return }
    guard let decided = JoinedMoment.microseconds(row.decidedAt) else {
      throw Self.damaged("decided_at", row)
    }
    traces.add(group: row.group, number: number, decidedAt: decided)
    if let cropDigest { traces.add(content: cropDigest.leadingWords.high) }
    for digest in digests.texts {
      let key = FirstDigests.key(hexadecimal: digest)
      let hash = try hash(digest)
      if let hash { traces.add(hash: hash) }
      let isCompared = hash.map(nearDuplicates.isTelling) ?? false
      if let key, !isCompared || cropContents.contains(key) { traces.add(content: key) }
    }
  }

  // MARK: Parts of a row

  func report(_ kind: JoinFinding.Kind, _ row: DecidedRow) {
    findings.append(JoinFinding(kind, String(decoding: row.group, as: UTF8.self)))
  }

  private func read(_ row: DecidedRow) throws {
    guard names.read(row.images), names.count > 0 else { throw Self.damaged("images", row) }
    if let list = row.digests {
      guard digests.read(list), digests.count == names.count else { throw Self.damaged("image_digests", row) }
    } else {
      digests.clear()
    }
    if !facts.sidecarStems.isEmpty {
      for name in names.texts {
        let stem = Self.stem(name)
        if facts.sidecarStems.contains(stem) { foundSidecars.insert(stem) }
      }
    }
  }

  /// A name without what follows its last point; a point at the start begins no extension.
  static func stem(_ name: some BidirectionalCollection<UInt8>) -> [UInt8] {
    guard let point = name.lastIndex(of: UInt8(ascii: ".")), point > name.startIndex else {
      return Array(name)
    }
    return Array(name[..<point])
  }

  static func damaged(_ column: String, _ row: DecidedRow) -> Diagnostic {
    Diagnostic(
      code: "decision-row-damaged",
      "\(column) of group \(String(decoding: row.group, as: UTF8.self)) cannot be read; the row was not touched, and nothing was joined",
      help: "a program wrote it past the database's constraints: put the row right, or restore a backup")
  }

  private func leftOut(_ row: DecidedRow) -> LeftOut? {
    if row.actor.elementsEqual("machine".utf8) { return .machine }
    if row.action.elementsEqual("skip".utf8) { return .skip }
    for (name, digest) in zip(names.texts, digests.texts) {
      guard let key = FirstDigests.key(hexadecimal: digest) else { continue }
      if facts.firstDigests.contradicts(folder: row.directory, name: name, digest: key) {
        return .digestsChanged
      }
    }
    return nil
  }

  private func cropDigest(_ group: UnsafeRawBufferPointer) -> Digest? {
    while receipt < facts.receipts.count {
      let next = facts.receipts.group(receipt)
      if next.elementsEqual(group) {
        receipt += 1
        return facts.receipts.digest(receipt - 1)
      }
      if group.lexicographicallyPrecedes(next) { return nil }
      reportReceipt()
    }
    return nil
  }

  /// The lineage of a group, as bytes that stay until the next one is asked for, and its split.
  func lineage(_ row: DecidedRow, number: Int) -> (name: UnsafeRawBufferPointer, split: Split, isOwn: Bool) {
    splitText.removeAll()
    splitText.append(splitPrefix)
    splitText.append(projectPrefix)
    var isOwn = true
    if let name = facts.lineages.name(number) {
      isOwn = row.group.elementsEqual(name)
      name.withUnsafeBytes { splitText.append($0) }
    } else {
      splitText.append(row.group)
    }
    let name = UnsafeRawBufferPointer(rebasing: splitText.bytes[splitPrefix.utf8.count...])
    return (name, Split(digest: Digest(of: splitText.bytes)), isOwn)
  }

  private func count(_ group: JoinedGroup, _ row: DecidedRow) {
    tally.selections += 1
    tally.splits[group.split]?.selections += 1
    if group.isOwnLineage { tally.splits[group.split]?.lineages += 1 }
    tally.splits[group.split]?.images += names.count
    tally.images += names.count
    tally.measuredImages += group.measurements.count { $0 != nil }
    if row.pickedIndex != nil { tally.pickedImages += 1 }
    tally.actions[group.action, default: 0] += 1
    tally.exposures[group.exposure, default: 0] += 1
    if let match = group.selectionMatch(row) {
      if match { tally.matches += 1 } else { tally.mismatches += 1 }
    }
    tally.schemaVersions[row.schemaVersion, default: 0] += 1
  }

  func countCrop(_ group: JoinedGroup, hasReceipt: Bool) {
    tally.crops += 1
    tally.splits[group.split]?.crops += 1
    if hasReceipt { tally.receipts += 1 }
  }

  func leaveCropOut(_ reason: LeftOut, _ row: DecidedRow) {
    tally.cropsLeftOut[reason, default: 0] += 1
    if reason == .sizeDisagrees { report(.sizeDisagrees, row) }
    if reason == .unlikeRecords { report(.unlikeRecords, row) }
  }
}
