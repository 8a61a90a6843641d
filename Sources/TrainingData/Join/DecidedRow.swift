/// A row of a decision database as the join reads it. The texts are borrowed from whoever reads the database: valid only
/// during the call that they are given to.
public struct DecidedRow {
  public typealias Text = UnsafeRawBufferPointer

  public var group: Text
  public var directory: Text?
  /// A JSON array of file names.
  public var images: Text
  public var recommendedIndex: Int?
  /// A JSON array of 4 numbers.
  public var recommendedCrop: Text?
  public var confidence: Double?
  public var pickedIndex: Int?
  public var action: Text
  public var cropAccepted: Bool?
  /// A JSON array of 4 numbers.
  public var finalCrop: Text?
  /// RFC 3339 in UTC.
  public var croppedAt: Text?
  /// Whether the row has a time of its crop in a form that nobody knows; then ``croppedAt`` is `nil`.
  public var hasUnreadableCropTime = false
  public var imageWidth: Int?
  public var imageHeight: Int?
  /// A JSON array of digests, one for each image.
  public var digests: Text?
  public var recommender: Text?
  public var recommenderVersion: Text?
  public var modelDigest: Text?
  public var actor: Text
  public var shownAt: Text?
  public var decidedAt: Text
  public var blind: Bool?
  public var decision: Text?
  public var schemaVersion: Int

  public init(
    group: Text, images: Text, action: Text, actor: Text, decidedAt: Text, schemaVersion: Int
  ) {
    self.group = group
    self.images = images
    self.action = action
    self.actor = actor
    self.decidedAt = decidedAt
    self.schemaVersion = schemaVersion
  }
}

/// A crop of the older system's logs.
public struct RecordedCrop: Sendable, Equatable {
  /// Names the crop.
  public var id: String
  public var group: String
  public var image: String
  /// `[x1, y1, x2, y2]`, fractions of the displayed image.
  public var rectangle: [Double]
  /// RFC 3339 in UTC.
  public var at: String
  public var imageWidth: Int?
  public var imageHeight: Int?
  public var session: String?
  public var occurrence: Int

  public init(
    id: String, group: String, image: String, rectangle: [Double], at: String, imageWidth: Int?,
    imageHeight: Int?, session: String?, occurrence: Int
  ) {
    self.id = id
    self.group = group
    self.image = image
    self.rectangle = rectangle
    self.at = at
    self.imageWidth = imageWidth
    self.imageHeight = imageHeight
    self.session = session
    self.occurrence = occurrence
  }
}

/// What is known of the pixels and the text of an image that was measured.
public struct MeasuredFacts: Sendable, Equatable {
  public var figures: ImageRow.Measurement
  /// `nil` for an image without one.
  public var prompt: String?

  public init(_ figures: ImageRow.Measurement, prompt: String? = nil) {
    self.figures = figures
    self.prompt = prompt
  }
}
