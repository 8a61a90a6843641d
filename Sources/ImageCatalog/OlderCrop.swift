import GRDB
public import PipelineCore

public struct OlderCrop: Sendable, Equatable {
  static let table = "older_crops"
  static let columns = ["crop_id"]
  public let id: Digest
  public let group: GroupID
  public let image: String
  public let rectangle: CropRectangle
  public let timestamp: String
  public let imageWidth: Int?
  public let imageHeight: Int?
  public let session: String?
  public internal(set) var occurrence: Int
  init(_ row: Row) throws { throw Diagnostic(code: "", "") }
}
