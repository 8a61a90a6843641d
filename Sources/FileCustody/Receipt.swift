import FileSystem
public import PipelineCore

/// What the journal knows of an order: what was asked, how far it is, and what is needed to reverse it.
public struct Receipt: Codable, Sendable, Equatable {
  /// How far an order is.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Begun and not known to be finished; recovery decides.
    case intended
    /// All of it is done, durable and logged.
    case done
    /// Its undoing has begun and is not known to be finished; recovery decides.
    case undoing
    /// All of it is undone, durable and logged.
    case undone
  }

  /// One step that was done.
  public struct Step: Codable, Sendable, Equatable {
    /// The index of the operation it belongs to.
    public var operation: Int
    /// What was asked.
    public var step: CustodyStep
    /// The digest of the file's content.
    public var digest: Digest
    /// Where the file lies in the Trash; `nil` for other steps than ``CustodyStep/trash(_:digest:)``.
    public var trash: TrashSlot?
    /// What a removed file of ours held; `nil` for other steps than ``CustodyStep/remove(_:)``.
    public var removed: [UInt8]?
    /// The file's id in the registry; `nil` until a new file has one.
    public var file: Int64?
  }

  /// The order's name.
  public var id: OrderID
  /// Rises with every order that is begun; never used again.
  public var sequence: Int64
  /// What was asked.
  public var order: CustodyOrder
  /// How far it is.
  public var state: State
  /// The run that began it; `nil` for a command outside a run.
  public var run: RunID?
  /// Microseconds since 1970.
  public var intendedAt: Int64
  /// Microseconds since 1970; `nil` until it is done.
  public var doneAt: Int64?
  /// Microseconds since 1970; `nil` until it is undone.
  public var undoneAt: Int64?
  /// What was done, in the order of the operations' steps.
  public var steps: [Step]
  /// How many of ``steps`` its undoing reversed: fewer than all where a file was missing. 0 while it is not undone.
  public var reversedSteps: Int
  /// The folders that were missing and were made, absolute, the outermost first.
  public var madeFolders: [String]
  /// The names of its records in the operation log, those of its undoing last.
  public var operationIDs: [String]

  /// What the file held that the order brought to this path; `nil` when it brought none there.
  /// - Parameter path: absolute.
  public func digest(broughtTo path: String) -> Digest? {
    let path = RelativePath(path)
    return steps.first { $0.step.target.map { RelativePath($0) } == path }?.digest
  }
}
