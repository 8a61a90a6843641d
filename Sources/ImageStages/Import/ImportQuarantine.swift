import FileSystem
public import ImageCatalog
import PipelineCore

extension DecisionImport {
  /// Where the records of a source that were put aside are written, relative to the workspace.
  public func quarantinePath(of account: ImportReconciliation) -> String {
    "\(Self.folder)/\(project.id)/\(Self.short(account.file)).quarantine.jsonl"
  }

  /// A name that leaves room for the ending: file systems take 255 bytes.
  private static func short(_ name: String) -> String {
    guard name.utf8.count > 220 else { return name }
    var start = name
    while start.utf8.count > 200 { start.removeLast() }
    return "\(start)-\(Digest(of: name).hex.prefix(12))"
  }

  /// The lines of the file of records that were put aside: project, file, place, reason, and verbatim the record: as
  /// `record`, as `bytes` in hexadecimal digits where it is no UTF-8, as `columns` of SQL literals where it is a row.
  public func quarantine(of account: ImportReconciliation) -> [UInt8] {
    var lines: [UInt8] = []
    for item in account.quarantined {
      let place = item.place.member
      var members: [String: JSONValue] = [
        "project": .string(project.id), "file": .string(account.file), place.name: place.value,
        "reason": .string(item.reason),
      ]
      switch item.record {
      case .columns(let columns): members["columns"] = .object(columns.mapValues(JSONValue.string))
      case .bytes(let bytes):
        if let text = String(validating: bytes, as: UTF8.self) {
          members["record"] = .string(text)
        } else {
          members["bytes"] = .string(Self.hexadecimal(bytes))
        }
      }
      lines += Array(JSONValue.object(members).canonical.utf8) + [UInt8(ascii: "\n")]
    }
    return lines
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Writes what was put aside, then what is new to the database, all or nothing. Call it while the workspace's lock is
  /// held. Killed at any instant, the same import again gives the same result.
  /// - Parameters:
  ///   - database: the project's.
  ///   - workspace: absolute.
  /// - Throws: `FileError`; `Diagnostic` when the database is locked or admits a row no more. Nothing is written to it
  ///   then.
  public func apply(to database: DecisionDatabase, workspace: String) throws {
    for account in files {
      try write(quarantine(of: account), RelativePath("\(workspace)/\(quarantinePath(of: account))"))
    }
    try database.record(records)
  }

  /// Writes a file as a whole, replacing that of an earlier import; none is made for nothing.
  private func write(_ bytes: [UInt8], _ file: RelativePath) throws {
    let path = file.rawValue
    if try FileStatus(path) == nil {
      if bytes.isEmpty { return }
    } else if try FileSystem.read(path) == bytes {
      return
    }
    let folder = file.folder.rawValue
    try FileSystem.makeDirectories(folder)
    let temporary = "\(path).new"
    try FileSystem.removeFile(temporary)
    try FileSystem.create(temporary, bytes)
    try FileSystem.sync(temporary)
    try FileSystem.rename(temporary, to: path)
    try FileSystem.sync(folder)
  }
}
