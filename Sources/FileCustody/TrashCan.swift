/// Where a file is to lie in the Trash, chosen before anything is done, so that the journal can hold it.
public struct TrashSlot: Codable, Sendable, Equatable {
  /// The absolute path the file gets. It is on the file's own file system, and was free.
  public var data: String
  /// The absolute path of the file that tells where it came from; `nil` on platforms without one.
  public var info: String?
  /// What that file holds.
  public var infoBytes: [UInt8]
  /// Folders that have to be made, absolute, the outermost first; for their owner alone.
  public var folders: [String]

  public init(data: String, info: String?, infoBytes: [UInt8], folders: [String]) {
    self.data = data
    self.info = info
    self.infoBytes = infoBytes
    self.folders = folders
  }
}

/// The platform's Trash. It only chooses places; custody moves.
public protocol TrashCan: Sendable {
  /// Chooses a place for a file. Any thread may ask.
  /// - Parameters:
  ///   - path: the file, absolute; it exists.
  ///   - time: when it is trashed, in microseconds since 1970.
  ///   - taken: paths of ``TrashSlot/data`` that are already promised to others.
  /// - Throws: a `Diagnostic` with code `no-trash` when the file's file system has none and none can be made.
  func slot(for path: String, at time: Int64, taken: [String]) throws -> TrashSlot
}
