import GRDB
public import PipelineCore

/// A crop that the older system's logs say was made. One image may have been cropped several times; a row of decisions
/// holds one crop, these are all of them. The columns are described in `data/schema/ai_decisions_v4.sql`.
public struct OlderCrop: Sendable, Equatable {
  /// What identifies the crop: equal for the same record of any log, so that it is kept once.
  public let id: Digest
  public let group: GroupID
  /// The name of the image that was cropped.
  public let image: String
  public let rectangle: CropRectangle
  /// When it was made, RFC 3339 in UTC.
  public let timestamp: String
  /// Of the image as displayed, in pixels; `nil` where the log does not know it.
  public let imageWidth: Int?
  public let imageHeight: Int?
  /// The log's `session_id`.
  public let session: String?
  /// Which crop of the group it is in the order of time, from 0. ``DecisionDatabase`` gives it.
  public internal(set) var occurrence: Int

  /// A crop as an import reads it.
  ///
  /// ``id`` is SHA-256 over `crop-1`, project, group, image, time and the rectangle as JSON, each with its length before
  /// it (8 bytes, little-endian).
  /// - Parameters:
  ///   - project: the project's id.
  ///   - at: when it was made.
  public init(
    project: String, group: GroupID, image: String, rectangle: CropRectangle, at: UTCTime,
    imageWidth: Int? = nil, imageHeight: Int? = nil, session: String? = nil
  ) {
    self.group = group
    self.image = image
    self.rectangle = rectangle
    timestamp = at.description
    self.imageWidth = imageWidth
    self.imageHeight = imageHeight
    self.session = session
    occurrence = 0
    var hasher = DigestHasher()
    for part in ["crop-1", project, group.rawValue, image, timestamp, rectangle.json.canonical] {
      withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian) { hasher.update($0) }
      hasher.update(part)
    }
    id = hasher.finalize()
  }
}

extension OlderCrop {
  static let table = "older_crops"
  static let columns = [
    "crop_id", "group_id", "image", "crop_coords", "crop_timestamp", "image_width", "image_height", "session",
    "occurrence",
  ]

  /// Whether a database has the table. GRDB's own answer does not notice that another connection made it.
  static func isThere(_ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db, sql: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", arguments: [table])
      ?? false
  }

  var values: [DatabaseValue] {
    let values: [(any DatabaseValueConvertible)?] = [
      id.hex, group.rawValue, image, rectangle.json.canonical, timestamp, imageWidth, imageHeight, session,
      occurrence,
    ]
    return values.map { $0?.databaseValue ?? .null }
  }

  /// - Throws: `Diagnostic` for a row that the constraints do not admit: somebody wrote it past them.
  init(_ row: Row) throws {
    let cells = DecisionCells(row: row)
    let text: String = try cells.required("crop_id")
    guard let id = Digest(hex: text) else { throw cells.damaged("crop_id") }
    guard let rectangle = try cells.rectangle("crop_coords") else { throw cells.damaged("crop_coords") }
    self.id = id
    self.rectangle = rectangle
    group = GroupID(try cells.required("group_id"))
    image = try cells.required("image")
    timestamp = try cells.required("crop_timestamp")
    imageWidth = try cells.optional("image_width")
    imageHeight = try cells.optional("image_height")
    session = try cells.optional("session")
    occurrence = try cells.required("occurrence")
  }
}
