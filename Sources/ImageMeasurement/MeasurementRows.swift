import GRDB
import ImageFiles
public import PipelineCore

extension MeasurementDatabase {
  private static let selection =
    "SELECT \(MeasurementSQL.columns.joined(separator: ", ")) FROM image_measurements"

  // MARK: Reading

  /// The rows of these digests; those that were not measured are missing. A row of an earlier way of measuring counts.
  /// - Parameter digests: any number, in any order.
  public func images(_ digests: some Sequence<Digest>) throws -> [Digest: MeasuredImage] {
    try Self.reporting(path) {
      try queue.read { db in
        let statement = try db.makeStatement(sql: Self.selection + " WHERE digest = ?")
        var found: [Digest: MeasuredImage] = [:]
        for digest in digests where found[digest] == nil {
          found[digest] = try Row.fetchOne(statement, arguments: [digest.hex]).map { try image($0) }
        }
        return found
      }
    }
  }

  /// Gives every row in the order of digests, one by one, as they are in one moment. Writers wait meanwhile.
  /// - Parameter body: must not call this database.
  public func forEach(_ body: (MeasuredImage) throws -> Void) throws {
    try Self.reporting(path) {
      try queue.read { db in
        let rows = try Row.fetchCursor(db, sql: Self.selection + " ORDER BY digest")
        while let row = try rows.next() { try body(image(row)) }
      }
    }
  }

  /// Some rows in the order of digests, for those who merge them with something else: each call looks anew.
  /// - Parameters:
  ///   - digest: the last one of the page before; `nil` for the first page.
  ///   - limit: the most rows of a page, at least 1; fewer mean that there are no more.
  public func page(after digest: Digest?, limit: Int) throws -> [MeasuredImage] {
    try Self.reporting(path) {
      try queue.read { db in
        try Row.fetchAll(
          db, sql: Self.selection + " WHERE digest > ? ORDER BY digest LIMIT ?",
          arguments: [digest?.hex ?? "", limit]
        ).map { try image($0) }
      }
    }
  }

  /// The digests of all images that were measured in the present way or a later one: what need not be measured again.
  public func measuredDigests() throws -> Set<Digest> {
    try Self.reporting(path) {
      try queue.read { db in
        let rows = try Row.fetchCursor(
          db, sql: "SELECT digest FROM image_measurements WHERE version >= ?",
          arguments: [MeasuredImage.method])
        var digests: Set<Digest> = []
        while let row = try rows.next() { digests.insert(try digest(row)) }
        return digests
      }
    }
  }

  /// Those of `digests` that need not be measured again, as ``measuredDigests()`` says of all.
  public func measuredDigests(of digests: some Sequence<Digest>) throws -> Set<Digest> {
    Set(try images(digests).values.lazy.filter { $0.method >= MeasuredImage.method }.map(\.digest))
  }

  // MARK: Writing

  /// Records images: on the disk when the call returns. A digest that has a row of the same or a later way of measuring
  /// keeps it. Any number of threads may call this at once: what waits for a commit shares the next one.
  /// - Throws: `Diagnostic` when it cannot be written; none of `images` was recorded then, and perhaps none of those
  ///   that shared the commit.
  public func record(_ images: [MeasuredImage]) throws {
    if images.isEmpty { return }
    guard !isForReading else {
      throw Diagnostic(
        code: "measurement-database", "\(path) was opened for reading; nothing was recorded")
    }
    try waiting.add(images) { images in
      try Self.reporting(self.path) { try self.write(images) }
    }
  }

  private func write(_ images: [MeasuredImage]) throws {
    try queue.writeWithoutTransaction { db in
      try db.inTransaction(.immediate) {
        let columns = MeasurementSQL.columns
        let others = columns.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        let statement = try db.cachedStatement(
          sql: """
            INSERT INTO image_measurements (\(columns.joined(separator: ", ")))
            VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))
            ON CONFLICT (digest) DO UPDATE SET \(others) WHERE excluded.version > version
            """)
        for image in images { try statement.execute(arguments: Self.values(image)) }
        return .commit
      }
    }
  }

  private static func values(_ image: MeasuredImage) -> StatementArguments {
    let features = image.features
    return [
      image.digest.hex, features.width, features.height, features.sharpness, features.exposure,
      features.contrast, features.entropy, features.colourfulness, features.clippedShadows,
      features.clippedHighlights, features.attention.x, features.attention.y, features.perceptualHash,
      image.method, image.prompt,
    ]
  }

  private func digest(_ row: Row) throws -> Digest {
    let text: String = row[0]
    guard let digest = Digest(hex: text) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\(text) is no digest")
    }
    return digest
  }

  private func image(_ row: Row) throws -> MeasuredImage {
    MeasuredImage(
      digest: try digest(row),
      features: ImageFeatures(
        sharpness: row[3], exposure: row[4], contrast: row[5], entropy: row[6], colourfulness: row[7],
        clippedShadows: row[8], clippedHighlights: row[9],
        attention: ImageFeatures.Point(x: row[10], y: row[11]),
        perceptualHash: row[12], width: row[1], height: row[2]),
      prompt: row[14], method: row[13])
  }
}
