public import FileSystem
import GRDB
public import PipelineCore

/// A row of `ai_decisions`: what was recommended, decided and cropped of one group. The columns of the same names are
/// described in `data/schema/ai_decisions_v4.sql`.
public struct DecisionRow: Sendable, Equatable {
  public enum Action: String, Sendable, CaseIterable { case approve, crop, reject, skip }

  public var group: GroupID
  /// When it was decided, as the row's origin wrote it.
  public var timestamp: String
  public var project: String
  public var directory: String?
  public var batchNumber: Int?
  public var images: [String]
  public var aiSelectedIndex: Int?
  public var aiCrop: CropRectangle?
  public var aiConfidence: Double?
  public var userSelectedIndex: Int?
  public var userAction: Action
  public var aiCropAccepted: Bool?
  public var finalCrop: CropRectangle?
  /// When the crop was made, RFC 3339 in UTC in rows of version 4.
  public var cropTimestamp: String?
  /// Of the picked image as displayed, in pixels.
  public var imageWidth: Int?
  public var imageHeight: Int?
  /// The content digests of ``images``; `nil` only in rows of version 3.
  public var digests: [Digest]?
  public var recommender: String?
  public var recommenderVersion: String?
  public var modelDigest: String?
  public var actor: Decision.Actor
  public var shownAt: String?
  /// RFC 3339 in UTC.
  public var decidedAt: String
  public var blind: Bool?
  /// The id of the inbox's line; `nil` only in rows of version 3.
  public var decisionID: String?
  /// 4; 3 for a row that comes from the older system and lacks what that did not record.
  public var schemaVersion: Int

  /// Whether both picked the same image; `nil` without a recommendation and for skip.
  public var selectionMatch: Bool? {
    guard let aiSelectedIndex, userAction != .skip else { return nil }
    return userSelectedIndex == aiSelectedIndex
  }

  /// Whether both picked the same image and no coordinate differs by more than 0.05; `nil` without both crops.
  public var cropMatch: Bool? {
    guard let aiCrop, let finalCrop else { return nil }
    return userSelectedIndex == aiSelectedIndex && finalCrop.matches(aiCrop)
  }

  /// The row of a decision that was carried out; its crop is entered when it is made.
  ///
  /// An accepted crop is `approve` with `ai_crop_accepted` 1; `crop` is what a person draws.
  /// - Parameters:
  ///   - decision: one that decides: neither skip nor undo.
  ///   - folder: the group's, relative to the project's root.
  ///   - digests: of the decision's images, in their order.
  ///   - width: of the picked image as displayed, in pixels, where known.
  ///   - height: its height.
  /// - Throws: `Diagnostic` for a decision that decides nothing, and for another count of digests.
  public init(
    _ decision: Decision, folder: RelativePath, digests: [Digest], width: Int? = nil, height: Int? = nil,
    batchNumber: Int? = nil
  ) throws(Diagnostic) {
    guard digests.count == decision.images.count else {
      throw Diagnostic(
        code: "decision-row-invalid",
        "there are \(digests.count) digests for \(decision.images.count) images of group \(decision.group); no row was written"
      )
    }
    switch decision.action {
    case .approve, .override, .acceptCrop: userAction = .approve
    case .crop: userAction = .crop
    case .reject: userAction = .reject
    case .skip, .undo:
      throw Diagnostic(
        code: "decision-row-invalid",
        "\(decision.action.rawValue) of group \(decision.group) decides nothing; no row was written")
    }
    group = decision.group
    timestamp = decision.decidedAt
    project = decision.project
    directory = folder.rawValue
    self.batchNumber = batchNumber
    images = decision.images
    let recommendation = decision.recommendation
    aiSelectedIndex = recommendation?.index
    aiCrop = recommendation?.crop
    aiConfidence = recommendation?.confidence
    userSelectedIndex = decision.image.flatMap { image in
      decision.images.firstIndex { $0.hasSameBytes(as: image) }
    }
    aiCropAccepted =
      recommendation?.crop == nil || decision.action == .reject ? nil : decision.action == .acceptCrop
    imageWidth = width
    imageHeight = height
    self.digests = digests
    recommender = recommendation?.recommender
    recommenderVersion = recommendation?.version
    modelDigest = recommendation?.modelDigest
    actor = decision.actor
    shownAt = decision.shownAt
    decidedAt = decision.decidedAt
    blind = decision.blind
    decisionID = decision.id
    schemaVersion = DecisionSQL.version
  }

  /// A row of the older system, as an import reads it; everything else is absent until it is set.
  /// - Parameter timestamp: as that system wrote it.
  /// - Throws: `Diagnostic` when the timestamp is none.
  public init(
    older group: GroupID, timestamp: String, project: String, images: [String], action: Action,
    userSelectedIndex: Int?
  ) throws(Diagnostic) {
    guard let moment = UTCTime(legacy: timestamp) else {
      throw Diagnostic(
        code: "decision-row-invalid", "\(timestamp) of group \(group) is no date and time; no row was written"
      )
    }
    self.group = group
    self.timestamp = timestamp
    self.project = project
    self.images = images
    self.userAction = action
    self.userSelectedIndex = userSelectedIndex
    actor = .human
    decidedAt = moment.description
    schemaVersion = 3
  }

  /// This row without what is entered when the crop is made.
  var withoutCrop: DecisionRow {
    var row = self
    row.finalCrop = nil
    row.cropTimestamp = nil
    return row
  }

  /// Byte for byte, as the database compares.
  public static func == (a: Self, b: Self) -> Bool { differences(a, b).isEmpty }

  /// The columns in which two rows differ.
  static func differences(_ a: DecisionRow, _ b: DecisionRow) -> [String] {
    zip(columns, zip(a.values, b.values)).filter { !$0.1.0.isSame(as: $0.1.1) }.map(\.0)
  }
}

extension DecisionRow {
  static let columns = DecisionSQL.olderColumns + DecisionSQL.addedColumns

  /// The values of ``columns``.
  var values: [DatabaseValue] {
    func list(_ texts: [String]) -> String { JSONValue.array(texts.map(JSONValue.string)).canonical }
    let values: [(any DatabaseValueConvertible)?] = [
      group.rawValue, timestamp, project, directory, batchNumber, list(images), aiSelectedIndex,
      aiCrop?.json.canonical, aiConfidence, userSelectedIndex, userAction.rawValue, aiCropAccepted,
      finalCrop?.json.canonical, cropTimestamp, imageWidth, imageHeight, selectionMatch, cropMatch,
      digests.map { list($0.map(\.hex)) }, recommender, recommenderVersion, modelDigest, actor.rawValue,
      shownAt,
      decidedAt, blind, decisionID, schemaVersion,
    ]
    return values.map { $0?.databaseValue ?? .null }
  }

  /// - Throws: `Diagnostic` for a row that the constraints do not admit: somebody wrote it past them.
  init(_ row: Row) throws {
    let cells = DecisionCells(row: row)
    let images = try cells.texts("images") ?? []
    guard let action = Action(rawValue: try cells.required("user_action")) else {
      throw cells.damaged("user_action")
    }
    guard let actor = Decision.Actor(rawValue: try cells.required("actor")) else {
      throw cells.damaged("actor")
    }
    group = GroupID(try cells.required("group_id"))
    timestamp = try cells.required("timestamp")
    project = try cells.required("project_id")
    directory = try cells.optional("directory")
    batchNumber = try cells.optional("batch_number")
    self.images = images
    aiSelectedIndex = try cells.optional("ai_selected_index")
    aiCrop = try cells.rectangle("ai_crop_coords")
    aiConfidence = try cells.optional("ai_confidence")
    userSelectedIndex = try cells.optional("user_selected_index")
    userAction = action
    aiCropAccepted = try cells.optional("ai_crop_accepted")
    finalCrop = try cells.rectangle("final_crop_coords")
    cropTimestamp = try cells.optional("crop_timestamp")
    imageWidth = try cells.optional("image_width")
    imageHeight = try cells.optional("image_height")
    digests = try cells.texts("image_digests").map { texts in
      let digests = texts.compactMap { Digest(hex: $0) }
      guard digests.count == images.count else { throw cells.damaged("image_digests") }
      return digests
    }
    recommender = try cells.optional("recommender")
    recommenderVersion = try cells.optional("recommender_version")
    modelDigest = try cells.optional("model_digest")
    self.actor = actor
    shownAt = try cells.optional("shown_at")
    decidedAt = try cells.required("decided_at")
    blind = try cells.optional("blind")
    decisionID = try cells.optional("decision_id")
    schemaVersion = try cells.required("schema_version")
  }
}

extension DatabaseValue {
  /// Whether type and content are the same, texts byte for byte.
  func isSame(as other: DatabaseValue) -> Bool {
    switch (storage, other.storage) {
    case (.null, .null): true
    case (.int64(let a), .int64(let b)): a == b
    case (.double(let a), .double(let b)): a == b
    case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
    case (.blob(let a), .blob(let b)): a == b
    default: false
    }
  }
}
