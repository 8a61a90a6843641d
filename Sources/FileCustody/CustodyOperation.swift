/// One record of the operation log: steps of one kind between two folders.
public struct CustodyOperation: Codable, Sendable, Equatable {
  /// The log's field `operation`.
  public enum Verb: String, Codable, Sendable, CaseIterable {
    case move, crop, copy, create, delete, restore
    case stageDelete = "stage_delete"
    case sendToTrash = "send_to_trash"
  }
  /// What is done.
  public var verb: Verb
  /// As the log shows it: relative to the workspace when below it, otherwise absolute. Empty for none.
  public var sourceFolder: String
  /// As the log shows it. Empty for none, such as for the Trash.
  public var targetFolder: String
  /// The names of the images among the files; their number is the log's `file_count`.
  public var images: [String]
  /// For people; empty for none.
  public var notes: String
  /// What is done file by file. No step may depend on another of the same order.
  public var steps: [CustodyStep]

  public init(
    verb: Verb, sourceFolder: String, targetFolder: String, images: [String], notes: String = "",
    steps: [CustodyStep]
  ) {
    self.verb = verb
    self.sourceFolder = sourceFolder
    self.targetFolder = targetFolder
    self.images = images
    self.notes = notes
    self.steps = steps
  }
}
