import DatabaseFiles
import FileSystem
import Foundation
import GRDB
import PipelineCore

/// How far an order is, and its row.
struct OrderRow {
  var sequence: Int64
  var state: Receipt.State
}

extension CustodyJournal {
  /// The state of an order; `nil` when it was never begun, or was turned back.
  func order(_ id: OrderID) throws -> OrderRow? {
    try read { db in
      let row = try Row.fetchOne(
        db.cachedStatement(sql: "SELECT sequence, state FROM orders WHERE id = ?"), arguments: [id.rawValue])
      return try row.map { OrderRow(sequence: $0[0], state: try Self.state($0[1])) }
    }
  }

  static func state(_ text: String) throws -> Receipt.State {
    guard let state = Receipt.State(rawValue: text) else { throw FileRow.damaged("an order's state") }
    return state
  }

  /// Commits the intent: from now on the pass is finished or turned back, whatever happens.
  /// - Parameters:
  ///   - unknown: files of the acts, by their positions, that the registry has not seen before.
  ///   - missing: files that the pass leaves out because they are gone: they are, whatever becomes of the pass.
  func begin(_ planned: Pass, unknown: [Int: SeenFile], missing: [Int64] = []) throws -> Pass {
    var pass = planned
    let (operations, folders, lines) = (
      try JSONColumn.text(pass.order.operations), try JSONColumn.text(pass.folders),
      try JSONColumn.text(pass.logLines)
    )
    try write { db in
      let registry = FileRegistry(db: db)
      for (position, seen) in unknown {
        pass.acts[position].file = try registry.insert(
          seen, project: pass.order.project, at: pass.intendedAt)
      }
      for file in missing { try registry.setPlace(file, .missing, status: nil) }
      switch pass.direction {
      case .perform:
        let order = pass.order
        try db.cachedStatement(
          sql: """
            INSERT INTO orders (id, cause, project, root, group_id, decision, actor, operations, state, run,
              intended_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'intended', ?, ?)
            """
        ).execute(arguments: [
          order.id.rawValue, order.cause.rawValue, order.project, order.root, order.group, order.decision,
          order.actor, operations, pass.run?.rawValue, pass.intendedAt,
        ])
        pass.sequence = db.lastInsertedRowID
      case .undo:
        try db.cachedStatement(sql: "UPDATE orders SET state = 'undoing' WHERE sequence = ?").execute(
          arguments: [pass.sequence])
      }
      try db.cachedStatement(
        sql: """
          INSERT INTO passes (order_sequence, direction, state, actor, run, intended_at, folders, log_file,
            log_offset, log_lines)
          VALUES (?, ?, 'intended', ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        pass.sequence, pass.direction.rawValue, pass.actor, pass.run?.rawValue, pass.intendedAt, folders,
        pass.logFile, pass.logOffset, lines,
      ])
      pass.id = db.lastInsertedRowID
      for (position, act) in pass.acts.enumerated() { try Self.insert(act, position, pass.id, db) }
    }
    return pass
  }

  private static func insert(_ act: Act, _ position: Int, _ pass: Int64, _ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO acts (pass, position, kind, operation, step, source, target, temporary, aside, info, bytes,
          digest, mark, made, file)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      pass, position, act.kind.rawValue, act.operation, act.step, act.source, act.target, act.temporary,
      act.aside, act.info, act.bytes.map { Data($0) }, act.digest.data, try act.mark.map(JSONColumn.text),
      try act.made.map(JSONColumn.text), act.file,
    ])
  }

  /// Commits what the new bytes are known by, before any of them gets its name.
  func prepared(_ pass: Pass) throws {
    try write { db in
      try db.cachedStatement(sql: "UPDATE passes SET state = 'prepared' WHERE id = ?").execute(
        arguments: [pass.id])
      for (position, act) in pass.acts.enumerated() where act.needsPreparation {
        try db.cachedStatement(
          sql: "UPDATE acts SET made = ?, digest = ? WHERE pass = ? AND position = ?"
        ).execute(arguments: [try act.made.map(JSONColumn.text), act.digest.data, pass.id, position])
      }
    }
  }

  /// The pass was turned back: as if it had never begun. Files that it registered stay known.
  /// - Parameter statuses: what the system says of the acts' sources, by the acts' positions; renames left a trace there.
  /// - Parameter lost: files that were given up: they count as missing from now on.
  func drop(_ pass: Pass, statuses: [Int: FileStatus], lost: [Int64] = []) throws {
    try write { db in
      for file in lost { try FileRegistry(db: db).setPlace(file, .missing, status: nil) }
      for (position, status) in statuses {
        guard let file = pass.acts[position].file else { continue }
        try FileRegistry(db: db).setStatus(file, status)
      }
      switch pass.direction {
      case .perform:
        try db.execute(sql: "DELETE FROM orders WHERE sequence = ?", arguments: [pass.sequence])
      case .undo:
        try db.execute(sql: "DELETE FROM passes WHERE id = ?", arguments: [pass.id])
        try db.execute(sql: "UPDATE orders SET state = 'done' WHERE sequence = ?", arguments: [pass.sequence])
      }
    }
  }

  /// Commits the receipt together with the files' new places.
  /// - Parameter statuses: what the system says of the files where they are now, by the acts' positions.
  func finish(_ pass: Pass, statuses: [Int: FileStatus], at time: Int64) throws {
    try write { db in
      let (registry, acceptances) = (FileRegistry(db: db), AcceptanceTable(db: db))
      for (position, act) in pass.acts.enumerated() {
        let status = statuses[position]
        // It was there to be moved, whatever somebody said of it before.
        if let file = act.file, let path = act.target ?? act.source {
          try acceptances.returned(file, to: pass.order.relative(path) ?? RelativePath(path), at: time)
        }
        // A companion may have been edited since it was seen; its new status must not vouch for the old digest.
        if let file = act.file { try registry.setDigest(file, act.digest) }
        switch act.kind {
        case .remove:
          if let file = act.file { try registry.setPlace(file, .removed, status: nil) }
        case .trash:
          if let file = act.file { try registry.setPlace(file, .trash(act.target ?? ""), status: status) }
        case .rename, .place, .crossing, .make, .restore:
          guard let place = pass.order.relative(act.target ?? "") else { break }
          if let file = act.file {
            try registry.setPlace(file, .inProject(place), status: status)
          } else if let status {
            let seen = SeenFile(
              origin: place, kind: pass.order.kind(of: place, operation: act.operation), digest: act.digest,
              status: status)
            let file = try registry.insert(seen, project: pass.order.project, at: time)
            try db.cachedStatement(sql: "UPDATE acts SET file = ? WHERE pass = ? AND position = ?").execute(
              arguments: [file, pass.id, position])
          }
        }
      }
      if pass.direction == .perform {
        for folder in pass.folders {
          try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO made_folders (path, order_sequence) VALUES (?, ?)"
          ).execute(arguments: [folder.path, pass.sequence])
        }
      }
      try db.cachedStatement(sql: "UPDATE passes SET state = 'done' WHERE id = ?").execute(
        arguments: [pass.id])
      let change =
        pass.direction == .perform ? "state = 'done', done_at = ?" : "state = 'undone', undone_at = ?"
      try db.cachedStatement(sql: "UPDATE orders SET \(change) WHERE sequence = ?").execute(arguments: [
        time, pass.sequence,
      ])
    }
  }

  /// The folders that an order made, and those of others that custody made.
  func madeFolders(by sequence: Int64, among others: Set<RelativePath>) throws -> Set<RelativePath> {
    try read { db in
      let own = try String.fetchAll(
        db, sql: "SELECT path FROM made_folders WHERE order_sequence = ?", arguments: [sequence])
      let statement = try db.cachedStatement(sql: "SELECT 1 FROM made_folders WHERE path = ?")
      return try others.filter { try Int.fetchOne(statement, arguments: [$0.rawValue]) != nil }.union(
        own.map { RelativePath($0) })
    }
  }
}

extension CustodyOrder {
  /// A path relative to the project's root; `nil` for one that is not below it.
  func relative(_ path: String) -> RelativePath? {
    let prefix = root + "/"
    guard path.utf8.starts(with: prefix.utf8), path.utf8.count > prefix.utf8.count else { return nil }
    return RelativePath(String(decoding: path.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
  }

  /// What a file of an operation is: the operation names the images.
  func kind(of path: RelativePath, operation: Int) -> FileKind {
    guard operations.indices.contains(operation) else { return .companion }
    let name = RelativePath(path.name)
    return operations[operation].images.contains { RelativePath($0) == name } ? .image : .companion
  }
}
