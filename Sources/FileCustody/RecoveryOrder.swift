import PipelineCore

/// The order in which what was cut short comes to the operation log: whoever's record is torn goes on with it before
/// anybody else writes, for a record that another one's newline ends stays torn for ever.
struct RecoveryOrder {
  let log: OperationLogWriter
  /// What could not be settled, and why.
  private(set) var errors: [Diagnostic] = []
  /// Logs with a torn end that could not be completed.
  private var blocked: Set<String> = []

  init(log: OperationLogWriter) { self.log = log }

  /// Completes what can be told to be whose, and tells whose records may be torn.
  mutating func sorted<Records: PendingRecords>(_ pending: [Records]) -> (torn: [Records], others: [Records])
  {
    var (torn, others): ([Records], [Records]) = ([], [])
    for records in pending {
      do {
        try log.completeTornLine(of: records)
        if try log.isTorn(within: records) { torn.append(records) } else { others.append(records) }
      } catch { take(error, of: records, isTorn: true) }
    }
    return (torn, others)
  }

  /// Settles each by itself; those in a log whose end is torn wait.
  mutating func settle<Records: PendingRecords>(
    _ pending: [Records], isTorn: Bool, _ settle: (Records) throws -> Void
  ) {
    for records in pending {
      if blocked.contains(records.logFile) {
        errors.append(Self.torn(records.logFile, "\(records.name) waits", nil))
        continue
      }
      do { try settle(records) } catch { take(error, of: records, isTorn: isTorn) }
    }
  }

  /// What is said of a log behind whose torn end something new was to come.
  /// - Throws: `log-torn`, when that has to wait.
  func requireRoom(in logFile: String) throws {
    guard blocked.contains(logFile) else { return }
    throw Self.torn(logFile, "there is no place for another record", errors.first)
  }

  private static func torn(_ logFile: String, _ what: String, _ reason: Diagnostic?) -> Diagnostic {
    Diagnostic(
      code: "log-torn",
      "\(what): \(logFile) ends in a record that was cut off and could not be completed; nothing was touched",
      notes: reason.map { [.init($0.message)] } ?? [],
      help: "mend what kept that record from being completed, then give the same command again")
  }

  private mutating func take(_ error: any Error, of records: some PendingRecords, isTorn: Bool) {
    // Only a disk that fails leaves the end torn, or a thread that is at that order; an order that waits for a person keeps
    // no other from being settled.
    let isOfDisk =
      (error as? Diagnostic).map { ["order-unfinished", "order-busy"].contains($0.code) } ?? true
    if isTorn, isOfDisk { blocked.insert(records.logFile) }
    errors.append(finding(error))
  }
}
