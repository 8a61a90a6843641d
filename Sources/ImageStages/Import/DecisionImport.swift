import FileSystem
public import ImageCatalog
public import PipelineCore

/// Takes decisions of the older system's logs over into a project's decision database.
///
/// Reading changes nothing. Of several records of one group the first one stands, as in the inbox: a later one that
/// says the same is a duplicate, one that differs is put aside for a person. So is a record of a group of which the
/// database knows another decision. Applying again changes nothing.
public struct DecisionImport: Sendable {
  /// Where the records that were put aside are written, relative to the workspace.
  public static let folder = "data/review/import"

  /// The account of each file, in the order of the files.
  public private(set) var files: [ImportReconciliation] = []
  /// The rows that are new to the database, in the order of the records.
  public private(set) var rows: [DecisionRow] = []

  private let project: ImageProject
  /// The row of each group that stands, and where it comes from.
  private var standing: [GroupID: (row: DecisionRow, origin: Origin)] = [:]

  private enum Origin {
    case database
    case record(file: String, line: Int)
  }

  /// - Parameters:
  ///   - project: whose images the logs are about.
  ///   - present: the rows of the project's database.
  public init(project: ImageProject, present: [DecisionRow]) {
    self.project = project
    for row in present { standing[row.group] = (row, .database) }
  }

  /// Reads a log, after those that were read before.
  /// - Parameters:
  ///   - name: the file's name without its folder; each may be read once.
  ///   - bytes: its content.
  /// - Throws: `Diagnostic` `import-same-name`, and `import-unknown` for a file that is no such log; nothing of it is
  ///   taken then.
  public mutating func read(_ name: String, _ bytes: [UInt8]) throws(Diagnostic) {
    guard !files.contains(where: { RelativePath($0.file) == RelativePath(name) }) else {
      throw Diagnostic(
        code: "import-same-name",
        "two of the files are called \(FileSystem.shown(name)); nothing was imported",
        help: "import them one after the other: records that are put aside go by the file's name")
    }
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
        help: help(for: bytes))
    }
    var account = ImportReconciliation(file: name, kind: log.kind.rawValue)
    while let record = records.next() {
      account.records += 1
      if case .success([[]]) = record.fields {
        account.blank += 1
        continue
      }
      do throws(OlderLog.Refusal) {
        let (row, wasPixels) = try log.row(try Self.texts(record), project: project)
        try take(row, wasPixels, at: record.line, &account)
      } catch {
        let reason = record.lines == 1 ? error.reason : "\(error.reason) (it takes \(record.lines) lines)"
        account.quarantined.append(
          .init(line: record.line, reason: reason, record: Self.withoutEnd(content[record.range])))
      }
    }
    files.append(account)
  }

  private func help(for bytes: [UInt8]) -> String {
    if bytes.starts(with: "SQLite format 3\0".utf8) {
      return
        "a decision database is taken over where it lies: put a copy to \(DecisionDatabase.path(project: project.id)) if there is none yet"
    }
    return "give a select_crop_log.csv or selection_only_log.csv of the older system"
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

  /// Enters a row into the account, and among ``rows`` when it is new.
  private mutating func take(
    _ row: DecisionRow, _ wasPixels: Bool, at line: Int, _ account: inout ImportReconciliation
  ) throws(OlderLog.Refusal) {
    if let (other, origin) = standing[row.group] {
      let place =
        switch origin {
        case .database: "the database's row of group \(row.group)"
        case .record(let file, let first): "\(FileSystem.shown(file)):\(first), about the same images"
        }
      guard Self.saysTheSame(row, other) else {
        throw OlderLog.Refusal(reason: "it differs from \(place), which stands")
      }
      guard case .database = origin, row.timestamp.utf8.elementsEqual(other.timestamp.utf8) else {
        account.duplicates += 1
        return
      }
      // The same record again is a duplicate, though the database has it.
      account.present += 1
    } else {
      rows.append(row)
    }
    standing[row.group] = (row, .record(file: account.file, line: line))
    if wasPixels { account.repaired += 1 } else { account.accepted += 1 }
  }

  /// Whether a record says the same of its group as the row that stands, whenever and wherever it was said. A record
  /// without a crop says nothing against one that was made later.
  private static func saysTheSame(_ row: DecisionRow, _ standing: DecisionRow) -> Bool {
    row.images.map { RelativePath($0) } == standing.images.map { RelativePath($0) }
      && row.userAction == standing.userAction && row.userSelectedIndex == standing.userSelectedIndex
      && (row.finalCrop == nil || row.finalCrop == standing.finalCrop)
      && (row.imageWidth == nil || standing.imageWidth == nil || row.imageWidth == standing.imageWidth)
      && (row.imageHeight == nil || standing.imageHeight == nil || row.imageHeight == standing.imageHeight)
  }

  /// The lines of the file of records that were put aside, `NAME.quarantine.jsonl`: file, line, reason, and the record
  /// verbatim, in hexadecimal digits as `bytes` where it is no UTF-8.
  public func quarantine(of account: ImportReconciliation) -> [UInt8] {
    var lines: [UInt8] = []
    for item in account.quarantined {
      var members: [String: JSONValue] = [
        "project": .string(project.id), "file": .string(account.file), "line": .integer(Int64(item.line)),
        "reason": .string(item.reason),
      ]
      if let text = String(validating: item.record, as: UTF8.self) {
        members["record"] = .string(text)
      } else {
        members["bytes"] = .string(Self.hexadecimal(item.record))
      }
      lines += Array(JSONValue.object(members).canonical.utf8) + [UInt8(ascii: "\n")]
    }
    return lines
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Writes what was put aside, then the new rows, all or none. Call it while the workspace's lock is held.
  /// - Parameters:
  ///   - database: the project's.
  ///   - workspace: absolute.
  /// - Throws: `FileError`; `Diagnostic` when the database admits a row no more. The rows are not written then.
  public func apply(to database: DecisionDatabase, workspace: String) throws {
    for account in files {
      try write(quarantine(of: account), "\(account.file).quarantine.jsonl", workspace)
    }
    if !rows.isEmpty { try database.record(rows) }
  }

  /// Writes a file as a whole, replacing that of an earlier import; none is made for nothing.
  private func write(_ bytes: [UInt8], _ name: String, _ workspace: String) throws {
    let folder = "\(workspace)/\(Self.folder)"
    let path = "\(folder)/\(name)"
    if try FileStatus(path) == nil {
      if bytes.isEmpty { return }
    } else if try FileSystem.read(path) == bytes {
      return
    }
    try FileSystem.makeDirectories(folder)
    let temporary = "\(path).new"
    try FileSystem.removeFile(temporary)
    try FileSystem.create(temporary, bytes)
    try FileSystem.sync(temporary)
    try FileSystem.rename(temporary, to: path)
    try FileSystem.sync(folder)
  }
}
