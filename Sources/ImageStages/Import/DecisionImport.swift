import FileSystem
public import ImageCatalog
public import PipelineCore

/// Takes decisions of the older system's files over into a project's decision database.
///
/// Reading changes nothing. Of several records of one group the first one stands, as in the inbox: a later one that
/// says the same is a duplicate, one that differs is put aside for a person. So is a record of a group of which the
/// database knows another decision. A crop that was made is never put aside for that: it is a fact, whatever else was
/// decided or cropped, and is kept among the older crops. Applying again changes nothing.
public struct DecisionImport: Sendable {
  /// Where the records that were put aside are written, relative to the workspace: below it, in a folder of the project.
  public static let folder = "data/review/import"

  /// The account of each source, in their order.
  public internal(set) var files: [ImportReconciliation] = []
  /// What is new to the database, in the order of the records.
  public internal(set) var records = OlderRecords()

  let project: ImageProject
  /// The row of each group that stands, and where it comes from.
  var standing: [GroupID: (row: DecisionRow, origin: Origin)] = [:]
  /// The crops that the database has.
  let presentCrops: Set<Digest>
  /// The crops that were read.
  var crops: Set<Digest> = []

  enum Origin {
    case database
    case record(file: String, ImportReconciliation.Place)
  }

  /// - Parameters:
  ///   - project: whose images the files are about.
  ///   - database: the project's; `nil` when there is none, or it is not to be looked into.
  public init(project: ImageProject, database: DecisionDatabase?) throws {
    self.project = project
    var (standing, crops): ([GroupID: (row: DecisionRow, origin: Origin)], Set<Digest>) = ([:], [])
    try database?.reading { rows, made in
      while let row = try rows.next() { standing[row.group] = (row, .database) }
      while let crop = try made.next() { crops.insert(crop.id) }
    }
    self.standing = standing
    presentCrops = crops
  }

  /// Reads a source, after those that were read before.
  /// - Throws: `Diagnostic` `import-same-name` for the name of an earlier one, and `import-unknown` for a file that is
  ///   nothing that is known; nothing of it is taken then.
  public mutating func read(_ source: ImportSource) throws(Diagnostic) {
    let name = source.name
    guard !files.contains(where: { RelativePath($0.file) == RelativePath(name) }) else {
      throw Diagnostic(
        code: "import-same-name",
        "two of the files or folders are called \(FileSystem.shown(name)); nothing was imported",
        help: "import them one after the other: records that are put aside go by the file's name")
    }
    switch source {
    case .log(_, let bytes): try read(name, log: bytes)
    case .database(_, let decisions): read(name, database: decisions)
    case .sidecars(_, let sidecars): read(name, sidecars: sidecars)
    }
  }

  private mutating func read(_ name: String, log bytes: [UInt8]) throws(Diagnostic) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
    var records = CSVRecords(content)
    let log: OlderLog
    do throws(OlderLog.Refusal) {
      log = try Self.log(records.next())
    } catch {
      throw Diagnostic(
        code: "import-unknown",
        "\(FileSystem.shown(name)) is no log of decisions: \(error.reason); nothing was imported",
        help:
          "give a select_crop_log.csv or selection_only_log.csv, a decision database or .decision files of the older system"
      )
    }
    var account = ImportReconciliation(file: name, kind: log.kind.rawValue)
    while let record = records.next() {
      account.records += 1
      if case .success([[]]) = record.fields {
        account.blank += 1
        continue
      }
      do throws(OlderLog.Refusal) {
        try take(log.record(try Self.texts(record), project: project), .line(record.line), &account)
      } catch {
        let reason = record.lines == 1 ? error.reason : "\(error.reason) (it takes \(record.lines) lines)"
        account.quarantined.append(
          .init(
            place: .line(record.line), reason: reason, record: .bytes(Self.withoutEnd(content[record.range])))
        )
      }
    }
    files.append(account)
  }

  private mutating func read(_ name: String, database: OlderDecisions) {
    var account = ImportReconciliation(file: name, kind: "decision database")
    for record in database.records {
      account.records += 1
      let place = ImportReconciliation.Place.row(record.position)
      var refusal: String
      do throws(OlderLog.Refusal) {
        switch record.outcome {
        case .refused(let reason): refusal = reason
        case .taken(let row, let notes, let isRepaired):
          try take(OlderRecord(row: row, notes: notes, isRepaired: isRepaired), place, &account)
          continue
        }
      } catch {
        refusal = error.reason
      }
      account.quarantined.append(.init(place: place, reason: refusal, record: .columns(record.columns)))
    }
    files.append(account)
  }

  private static func log(_ header: CSVRecords.Record?) throws(OlderLog.Refusal) -> OlderLog {
    guard let header else { throw OlderLog.Refusal(reason: "it is empty") }
    return try OlderLog(header: try texts(header))
  }

  private static func texts(_ record: CSVRecords.Record) throws(OlderLog.Refusal) -> [String] {
    switch record.fields {
    case .failure(let malformed): throw OlderLog.Refusal(reason: malformed.reason)
    case .success(let fields):
      var texts: [String] = []
      for field in fields {
        guard let text = String(validating: field, as: UTF8.self) else {
          throw OlderLog.Refusal(reason: "it is no UTF-8")
        }
        texts.append(text)
      }
      return texts
    }
  }

  private static func withoutEnd(_ record: ArraySlice<UInt8>) -> [UInt8] {
    var record = record
    if record.last == UInt8(ascii: "\n") { record.removeLast() }
    if record.last == UInt8(ascii: "\r") { record.removeLast() }
    return Array(record)
  }
}
