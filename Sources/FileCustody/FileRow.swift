import FileSystem
import Foundation
import GRDB
import PipelineCore

/// A row of the registry.
struct FileRow {
  var id: Int64
  var file: KnownFile

  /// Reads ``FileRegistry/columns``, by their positions.
  init(_ row: Row) throws {
    id = row[0]
    file = try Self.file(row)
  }

  /// Reads the same columns without the id. There may be 100,000 rows: what most rows have twice is read once.
  static func file(_ row: Row) throws -> KnownFile {
    guard let kind = FileKind(rawValue: row[3]) else { throw damaged("a file's kind") }
    let origin = RelativePath(row[1])
    let digest = try digest(row, 5)
    let status = status(row, 6)
    return KnownFile(
      origin: origin, generation: row[2], kind: kind,
      firstDigest: row.hasNull(atIndex: 4) ? digest : try Self.digest(row, 4), digest: digest,
      status: status, firstSeen: row[11],
      place: row.hasNull(atIndex: 12) ? .inProject(origin) : try place(row[12], row[13]),
      placeStatus: row[14] ? Self.status(row, 15) : status)
  }

  private static func status(_ row: Row, _ column: Int) -> FileStatus {
    FileStatus(
      device: UInt64(bitPattern: row[column]), inode: UInt64(bitPattern: row[column + 1]),
      size: row[column + 2], modified: row[column + 3], changed: row[column + 4])
  }

  private static func place(_ kind: String, _ path: String?) throws -> Place {
    switch (kind, path) {
    case ("project", let path?): .inProject(RelativePath(path))
    case ("trash", let path?): .trash(path)
    case ("removed", nil): .removed
    case ("missing", nil): .missing
    default: throw damaged("a file's place")
    }
  }

  static func digest(_ row: Row, _ column: Int) throws -> Digest {
    let digest = try row.withUnsafeData(atIndex: column) { data in
      data?.withUnsafeBytes { Digest(rawBytes: $0) } ?? nil
    }
    guard let digest else { throw damaged("a digest") }
    return digest
  }

  static func damaged(_ what: String) -> Diagnostic {
    Diagnostic(
      code: "custody-journal", "the custody journal holds \(what) that cannot be; no image was touched",
      help: "put back a copy of \(CustodyJournal.relativePath) from a backup")
  }
}
