public import FileCustody
import FileSystem
public import ImageCatalog
import PipelineCore

/// Takes back what was done for a decision: custody's orders backwards, then the database's row.
public struct GroupUndo {
  let custody: FileCustody
  let workspace: String
  let forgetsMissing: Bool

  /// - Parameters:
  ///   - custody: opened for writing, with the workspace's lock held.
  ///   - forgetsMissing: whether files that are not where they were put are left out; a person says so.
  public init(custody: FileCustody, workspace: String, forgetsMissing: Bool = false) {
    self.custody = custody
    self.workspace = workspace
    self.forgetsMissing = forgetsMissing
  }

  /// Undoes what is left to undo of all that was taken back for a group; idempotent, so that a half-done undo is
  /// completed by the next run.
  ///
  /// Taking a decision back takes back what was built on it, too: a rectangle that a later line gave has orders of its
  /// own, which come first.
  /// - Returns: the orders that were undone now, the last first.
  /// - Throws: custody's error when a file is not where it was put; what comes after that order stays as it is.
  public func complete(_ decisions: GroupDecisions) throws -> [Receipt] {
    var undone: [Receipt] = []
    for decision in decisions.voided where decision.id != decisions.standing?.id {
      undone += try undo(decision)
    }
    if let standing = decisions.standing { try removeFormerCrop(standing) }
    return undone
  }

  private func undo(_ decision: Decision) throws -> [Receipt] {
    // Opened before anything moves, so that a database that cannot be used leaves the group as it is.
    let database = try database(decision)
    var undone: [Receipt] = []
    for cause in [OrderCause.trash, .retire, .crop, .review] {
      let id = OrderID(
        cause: cause, project: decision.project, group: decision.group.rawValue, decision: decision.id)
      // Before the folder in which it lies is to go empty.
      if cause == .review { try discardPreparedCrop(decision) }
      guard let receipt = try custody.receipt(id), receipt.state != .undone else { continue }
      undone.append(try custody.undo(id, forgetsMissing: forgetsMissing))
    }
    if let database, let row = try database.row(group: decision.group), row.decisionID == decision.id {
      try database.removeRow(group: decision.group, decision: decision.id)
    }
    return undone
  }

  /// Removes what a killed crop left: the crop's order was never begun, or is undone by now.
  private func discardPreparedCrop(_ decision: Decision) throws {
    let crop = OrderID(
      cause: .crop, project: decision.project, group: decision.group.rawValue, decision: decision.id)
    // A rectangle may have a line of its own, so that the set was moved for another line of the group.
    let reviews = try custody.receipts(project: decision.project, group: decision.group.rawValue)
      .filter { $0.order.cause == .review }
    for folder in Set(reviews.flatMap(\.steps).compactMap(\.targetFolder)) {
      try PreparedCrop(crop, in: folder.rawValue).discard()
    }
  }

  /// Takes a crop out of the row of a decision that has another rectangle now, or none. Told from the row and not from
  /// what was undone, for a kill may have come between the undoing of the crop and this.
  private func removeFormerCrop(_ standing: Decision) throws {
    guard standing.action == .crop, let database = try database(standing),
      let row = try database.row(group: standing.group), row.decisionID == standing.id,
      let crop = row.finalCrop, crop != standing.crop
    else { return }
    try database.removeCrop(group: standing.group)
  }

  private func database(_ decision: Decision) throws -> DecisionDatabase? {
    let path = "\(workspace)/\(DecisionDatabase.path(project: decision.project))"
    guard try FileStatus(path) != nil else { return nil }
    return try DecisionDatabase(workspace: workspace, project: decision.project)
  }
}

extension Receipt.Step {
  /// The folder to which the step moved a file; `nil` for other steps.
  fileprivate var targetFolder: RelativePath? {
    if case .move(_, let target, _) = step { RelativePath(target).folder } else { nil }
  }
}
