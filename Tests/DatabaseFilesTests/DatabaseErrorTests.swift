import DarkroomTesting
import DatabaseFiles
import Foundation
import GRDB
import PipelineCore
import Testing

/// What people read when SQLite reports an error.
@Suite struct DatabaseErrorTests {
  private let workspace: TemporaryWorkspace
  private let path: String

  private static let ofProjects = ProjectDatabaseFile(
    folder: "data", noun: "test database", code: "test-database", rowCode: "row-invalid",
    whenDamaged: { "put \($0) back from a copy" })
  private static let ofState = StateDatabaseFile(
    relativePath: "data/test.db", noun: "test database", code: "test-database", applicationID: 7,
    migrations: [], untouched: "it was not touched", whenDamaged: "put it back from a copy", prepare: { _ in }
  )

  init() throws {
    workspace = try TemporaryWorkspace()
    path = "\(workspace.path)/test.db"
    try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE t (a INTEGER CHECK (a < 10))") }
  }

  /// The finding of a statement, for the database of a project and for one in the workspace's state.
  private func findings(_ sql: String, readOnly: Bool = false) throws -> [Diagnostic] {
    var configuration = Configuration()
    configuration.readonly = readOnly
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    let work = { try queue.writeWithoutTransaction { try $0.execute(sql: sql) } }
    let project = #expect(throws: Diagnostic.self) { try Self.ofProjects.reporting(path, work) }
    let state = #expect(throws: Diagnostics.self) { try Self.ofState.reporting(path, work) }
    return [project].compactMap { $0 } + (state?.items ?? [])
  }

  /// SQLite opens for reading what it cannot open for writing, a failing disk included: neither the words "readonly
  /// database" nor the permissions alone are the whole truth.
  @Test func whatIsOpenForReadingOnlySaysSo() throws {
    let findings = try findings("INSERT INTO t VALUES (1)", readOnly: true)
    #expect(findings.map(\.code) == ["test-database", "test-database"])
    for finding in findings {
      #expect(finding.message.hasSuffix("test.db cannot be used: it could be opened for reading only"))
      #expect(finding.help?.contains("permissions") == true && finding.help?.contains("disk") == true)
    }
  }

  /// Of a file that is another one now, the permissions say nothing.
  @Test(arguments: [false, true]) func whatWasMovedWhileItWasOpenSaysSo(isReplaced: Bool) throws {
    let queue = try DatabaseQueue(path: path)
    try FileManager.default.moveItem(atPath: path, toPath: "\(workspace.path)/aside.db")
    if isReplaced {
      try FileManager.default.copyItem(atPath: "\(workspace.path)/aside.db", toPath: path)
    }
    let work = { try queue.writeWithoutTransaction { try $0.execute(sql: "INSERT INTO t VALUES (1)") } }
    let project = #expect(throws: Diagnostic.self) { try Self.ofProjects.reporting(path, work) }
    let state = #expect(throws: Diagnostics.self) { try Self.ofState.reporting(path, work) }
    let findings = [project].compactMap { $0 } + (state?.items ?? [])
    #expect(findings.count == 2)
    for finding in findings {
      #expect(
        finding.message.hasSuffix("test.db cannot be used: it was moved or replaced while it was open"))
      #expect(finding.help?.contains("permissions") == false)
    }
  }

  @Test func aRowThatTheConstraintsDoNotAdmitIsNamed() throws {
    let findings = try findings("INSERT INTO t VALUES (11)")
    #expect(findings.map(\.code) == ["row-invalid", "test-database"])
    for finding in findings { #expect(finding.message.contains("CHECK constraint failed")) }
  }
}
