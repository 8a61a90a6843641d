import PipelineCore

/// One way through an order: carrying it out, or undoing it. What the journal holds of it before anything is done is
/// enough to finish it or to turn it back.
struct Pass: Sendable {
  enum Direction: String, Sendable { case perform, undo }

  /// Its row in the journal; 0 until it has one.
  var id: Int64 = 0
  /// The order's row.
  var sequence: Int64 = 0
  var direction: Direction
  var order: CustodyOrder
  /// Who began it, as the log shows it.
  var actor: String
  var run: RunID?
  /// Microseconds since 1970.
  var intendedAt: Int64
  /// Missing folders that are made first, the outermost first.
  var folders: [MissingFolder]
  var acts: [Act]
  /// The log file's name in the folder of the logs.
  var logFile: String
  /// The log file's size when the pass was intended: its lines are behind it.
  var logOffset: Int64
  /// One line per operation, without the newline.
  var logLines: [String]
  /// Whether all new bytes are made and marked.
  var isPrepared: Bool

  /// The name of an operation's record in the log.
  func operationID(_ index: Int) -> String {
    direction == .perform ? order.operationID(index) : order.undoOperationID(index)
  }
}

/// A folder that is made before the files move.
struct MissingFolder: Codable, Sendable, Equatable {
  var path: String
  /// Whether only its owner may look into it: a Trash.
  var isPrivate: Bool
}
