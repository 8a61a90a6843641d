import FileSystem
import ImageCatalog
import PipelineCore

extension DecisionImport {
  /// Enters a record into the account, and among ``records`` what of it is new.
  /// - Throws: `OlderLog.Refusal` when it contradicts what stands; nothing was entered then.
  mutating func take(
    _ record: OlderRecord, _ place: ImportReconciliation.Place, _ account: inout ImportReconciliation
  ) throws(OlderLog.Refusal) {
    if let crop = record.crop { return try take(record, crop, place, &account) }
    if let (other, origin) = standing[record.row.group] {
      if Self.completes(record.row, other) {
        records.completed.append(record.row)
        standing[record.row.group] = (completed(other, by: record.row), .record(file: account.file, place))
      } else {
        guard Self.saysTheSame(record.row, other) else {
          throw OlderLog.Refusal(
            reason: "it differs from \(shown(origin, record.row.group)), which stands")
        }
        guard case .database = origin,
          !record.isDated || record.row.timestamp.utf8.elementsEqual(other.timestamp.utf8)
        else { return account.duplicates += 1 }
        account.present += 1
        // The same record again is a duplicate, though the database has it.
        standing[record.row.group] = (other, .record(file: account.file, place))
      }
    } else {
      try add(record, place, account)
    }
    count(record, &account)
  }

  /// A record of a crop that was made: the crop is kept in any case, and decides where nothing is decided.
  private mutating func take(
    _ record: OlderRecord, _ crop: OlderCrop, _ place: ImportReconciliation.Place,
    _ account: inout ImportReconciliation
  ) throws(OlderLog.Refusal) {
    guard !crops.contains(crop.id) else { return account.duplicates += 1 }
    let isNew = !presentCrops.contains(crop.id)
    var changesRow = true
    if let (other, origin) = standing[crop.group] {
      guard other.images.contains(where: { RelativePath($0) == RelativePath(crop.image) }) else {
        throw OlderLog.Refusal(
          reason: "\(FileSystem.shown(crop.image)) is no image of \(shown(origin, crop.group))")
      }
      if Self.completes(record.row, other) {
        records.completed.append(record.row)
        standing[crop.group] = (completed(other, by: record.row), .record(file: account.file, place))
      } else {
        changesRow = false
        if !Self.holds(other, crop) { account.repeats += 1 }
      }
    } else {
      try add(record, place, account)
    }
    crops.insert(crop.id)
    if isNew { records.crops.append(crop) }
    if !isNew, !changesRow { account.present += 1 }
    count(record, &account)
  }

  private func count(_ record: OlderRecord, _ account: inout ImportReconciliation) {
    if record.isRepaired { account.repaired += 1 } else { account.accepted += 1 }
  }

  /// Enters the row of a group that has none.
  private mutating func add(
    _ record: OlderRecord, _ place: ImportReconciliation.Place, _ account: ImportReconciliation
  ) throws(OlderLog.Refusal) {
    guard record.row.project.utf8.elementsEqual(project.id.utf8) else {
      throw OlderLog.Refusal(
        reason: "it is of project \(FileSystem.shown(record.row.project)), not of \(project.id)")
    }
    records.rows.append(record.row)
    records.notes += record.notes
    standing[record.row.group] = (record.row, .record(file: account.file, place))
  }

  private func completed(_ row: DecisionRow, by other: DecisionRow) -> DecisionRow {
    var row = row
    row.finalCrop = other.finalCrop
    row.cropTimestamp = other.cropTimestamp
    row.imageWidth = row.imageWidth ?? other.imageWidth
    row.imageHeight = row.imageHeight ?? other.imageHeight
    return row
  }

  func shown(_ origin: Origin, _ group: GroupID) -> String {
    let shownGroup = FileSystem.shown(group.rawValue)
    switch origin {
    case .database: return "the database's row of group \(shownGroup)"
    case .record(let file, let place):
      let name = FileSystem.shown(file)
      switch place {
      case .line(let line): return "\(name):\(line), about the same images"
      case .row(let row): return "row \(row) of \(name), about the same group"
      case .path(let path): return "\(name)/\(FileSystem.shown(path.rawValue)), about the same group"
      }
    }
  }

  /// Whether a record says the same of its group as the row that stands, whenever and wherever it was said. A record
  /// without a crop or a recommendation says nothing against a row that has one.
  private static func saysTheSame(_ row: DecisionRow, _ standing: DecisionRow) -> Bool {
    row.images.map { RelativePath($0) } == standing.images.map { RelativePath($0) }
      && row.userAction == standing.userAction && row.userSelectedIndex == standing.userSelectedIndex
      && (row.finalCrop == nil || row.finalCrop == standing.finalCrop)
      && (row.aiSelectedIndex == nil || row.aiSelectedIndex == standing.aiSelectedIndex)
      && (row.aiCrop == nil || row.aiCrop == standing.aiCrop)
      && (row.imageWidth == nil || standing.imageWidth == nil || row.imageWidth == standing.imageWidth)
      && (row.imageHeight == nil || standing.imageHeight == nil || row.imageHeight == standing.imageHeight)
  }

  /// Whether a record has the crop that a row of the older system waits for, and says the same otherwise.
  private static func completes(_ row: DecisionRow, _ standing: DecisionRow) -> Bool {
    guard standing.schemaVersion == 3, standing.finalCrop == nil, row.finalCrop != nil,
      let at = row.cropTimestamp, UTCTime(at) != nil
    else { return false }
    var decision = row
    decision.finalCrop = nil
    return saysTheSame(decision, standing)
  }

  /// Whether a crop is the one that a row holds.
  private static func holds(_ row: DecisionRow, _ crop: OlderCrop) -> Bool {
    row.finalCrop == crop.rectangle
      && row.cropTimestamp.flatMap { UTCTime($0) } == UTCTime(crop.timestamp)
  }
}
