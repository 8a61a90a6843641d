public import FileSystem
import Foundation
import GRDB
public import PipelineCore

/// What training data needs to know of a project's files, read row by row: there may be millions.
extension FileCustody {
  /// A digest of all that the calls below give of a project, computed without reading every file's row: rows are only
  /// ever added, and neither origin nor first digest of one changes.
  public func trainingFactsDigest(project: String) throws -> Digest {
    var hasher = DigestHasher()
    func add(_ text: String) {
      hasher.update(text)
      hasher.update("\0")
    }
    try journal.read { db in
      let files = try Row.fetchOne(
        db,
        sql: """
          SELECT count(*), coalesce(max(id), 0),
            (SELECT hex(first_digest) FROM files WHERE project = ?1 ORDER BY id DESC LIMIT 1)
          FROM files WHERE project = ?1
          """, arguments: [project])
      add("\(files?[0] as Int64? ?? 0) \(files?[1] as Int64? ?? 0) \(files?[2] as String? ?? "")")
    }
    try forEachCrop(project: project) { group, digest in add("\(group) \(digest)") }
    for place in try waitingSidecars(project: project) { add(place.rawValue) }
    return hasher.finalize()
  }

  /// The images that were ever seen of a project: where first, and the digest then.
  /// - Parameter body: the texts are valid during the call.
  public func forEachFirstDigest(
    project: String,
    _ body: (_ origin: UnsafeRawBufferPointer, _ digest: UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try journal.read { db in
      let rows = try Row.fetchCursor(
        db, sql: "SELECT CAST(origin AS BLOB), first_digest FROM files WHERE project = ? AND kind = 'image'",
        arguments: [project])
      while let row = try rows.next() {
        try row.withUnsafeData(atIndex: 0) { origin in
          try row.withUnsafeData(atIndex: 1) { digest in
            guard let origin, let digest else { return }
            try origin.withUnsafeBytes { origin in try digest.withUnsafeBytes { try body(origin, $0) } }
          }
        }
      }
    }
  }

  /// The crops that custody made and that still stand, by the bytes of their groups' ids, then in the order in which
  /// they were made.
  public func forEachCrop(project: String, _ body: (_ group: String, _ digest: Digest) throws -> Void) throws
  {
    try journal.read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT group_id, digest FROM orders
          JOIN passes ON order_sequence = sequence AND direction = 'perform'
          JOIN acts ON pass = passes.id AND kind = 'place'
          WHERE project = ? AND cause = 'crop' AND orders.state = 'done'
          ORDER BY group_id, sequence, position
          """, arguments: [project])
      while let row = try rows.next() { try body(row[0], try FileRow.digest(row, 1)) }
    }
  }

  /// Where the `.decision` files of a project are that wait beside their images, relative to its root, in the order of
  /// their bytes.
  public func waitingSidecars(project: String) throws -> [RelativePath] {
    try journal.read { db in
      try String.fetchAll(
        db,
        sql: """
          SELECT place FROM files
          WHERE project = ? AND place_kind = 'project' AND place GLOB '*.decision' ORDER BY place
          """, arguments: [project]
      ).map { RelativePath($0) }
    }
  }
}
