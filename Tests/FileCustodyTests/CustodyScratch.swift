import DarkroomTesting
import FileSystem
import PipelineCore
import Synchronization

@testable import FileCustody

/// A temporary workspace with one project at `mojo`, a Trash of its own, and a clock that ticks a second at each look.
final class CustodyScratch: Sendable {
  let workspace: TemporaryWorkspace
  private let ticks = Mutex<Int64>(1_760_000_000_000_000)

  init() throws {
    workspace = try TemporaryWorkspace()
    try FileSystem.makeDirectories("\(workspace.path)/mojo")
    try FileSystem.makeDirectories("\(workspace.path)/home")
  }

  var root: String { "\(workspace.path)/mojo" }
  var dataHome: String { "\(workspace.path)/home" }
  var trashFiles: String { "\(dataHome)/Trash/files" }

  func path(_ name: String) -> String { "\(root)/\(name)" }

  func write(_ name: String, _ text: String) throws { try workspace.write("mojo/\(name)", text) }

  func write(_ names: [String]) throws { for name in names { try write(name, "content of \(name)") } }

  func exists(_ name: String) throws -> Bool { try FileStatus(path(name)) != nil }

  /// The project's files with their texts, links left out.
  func tree() throws -> [RelativePath: String] {
    Dictionary(
      try FileSystem.filesBelow(root).filter { try FileStatus(path($0))?.kind == .file }.map {
        (RelativePath($0), text(try FileSystem.read(path($0))))
      }
    ) { first, _ in first }
  }

  /// Every folder below the project's root.
  func folders() throws -> Set<RelativePath> {
    var found: Set<RelativePath> = []
    func walk(_ folder: RelativePath) throws {
      for name in try FileSystem.list("\(root)/\(folder)") {
        let path = folder.appending(name)
        if try FileStatus("\(root)/\(path)")?.kind == .directory {
          found.insert(path)
          try walk(path)
        }
      }
    }
    try walk("")
    return found
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  func custody(
    run: RunID? = RunID(7), before: @escaping @Sendable (String) throws -> Void = { _ in }
  ) throws -> FileCustody {
    try FileCustody(
      workspace: workspace.path, trash: SystemTrash(dataHome: dataHome), clock: { self.tick() }, run: run,
      disk: Disk(before: before))
  }

  private func tick() -> Int64 {
    ticks.withLock {
      $0 += 1_000_000
      return $0
    }
  }

  /// An order of one operation.
  func order(
    _ steps: [CustodyStep], verb: CustodyOperation.Verb = .move, group: String = "g1",
    decision: String = "d1",
    cause: OrderCause = .review
  ) -> CustodyOrder {
    let images = steps.map(\.fileName).filter { $0.hasSuffix(".png") }
    return order(
      [
        CustodyOperation(
          verb: verb, sourceFolder: "mojo", targetFolder: "mojo/__selected", images: images, notes: "test",
          steps: steps)
      ], group: group, decision: decision, cause: cause)
  }

  func order(
    _ operations: [CustodyOperation], group: String = "g1", decision: String = "d1",
    cause: OrderCause = .review
  ) -> CustodyOrder {
    CustodyOrder(
      id: OrderID(cause: cause, project: "mojo", group: group, decision: decision), cause: cause,
      project: "mojo",
      root: root, group: group, decision: decision, actor: "human", operations: operations)
  }

  func move(_ from: String, _ to: String) -> CustodyStep {
    .move(from: path(from), to: path(to), digest: nil)
  }

  /// The lines of all operation logs.
  func logLines() throws -> [String] {
    try workspace.contents("data/file_operations_logs").sorted { $0.key < $1.key }.flatMap {
      $0.value.split(separator: "\n").map(String.init)
    }
  }

  /// Where the registry says that every file is, checked against the disk.
  func places() throws -> [RelativePath: Place] {
    let files = try FileCustody.openForReading(workspace: workspace.path)?.files(project: "mojo") ?? []
    return Dictionary(files.map { ($0.origin, $0.place) }) { $1 }
  }
}

/// The codes of the findings in an error.
func codes(_ error: (any Error)?) -> [String] {
  switch error {
  case let error as Diagnostics: error.items.map(\.code)
  case let error as Diagnostic: [error.code]
  case let error as any DiagnosticConvertible: [error.diagnostic.code]
  default: []
  }
}
