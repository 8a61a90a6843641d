/// What is to be done with the files of one group for one cause: all of it, or nothing.
public struct CustodyOrder: Codable, Sendable, Equatable {
  /// Its name; performing an order whose name is done already does nothing.
  public var id: OrderID
  /// Why it is given.
  public var cause: OrderCause
  /// The id of the project's manifest.
  public var project: String
  /// The project's root, absolute. Every path of the order is below it, but for prepared files.
  public var root: String
  /// The group it is about.
  public var group: String
  /// The decision that it carries out.
  public var decision: String
  /// `human` when a person's decision is carried out, otherwise `machine`: the log's field `actor`.
  public var actor: String
  /// What to do; one record of the operation log each.
  public var operations: [CustodyOperation]

  public init(
    id: OrderID, cause: OrderCause, project: String, root: String, group: String, decision: String,
    actor: String, operations: [CustodyOperation]
  ) {
    self.id = id
    self.cause = cause
    self.project = project
    self.root = root
    self.group = group
    self.decision = decision
    self.actor = actor
    self.operations = operations
  }

  /// The name of an operation in the log: the order's name and the operation's index.
  public func operationID(_ index: Int) -> String { id.recordName(index, isUndo: false) }
  /// The name of the record that tells of an operation's undoing.
  public func undoOperationID(_ index: Int) -> String { id.recordName(index, isUndo: true) }
}
