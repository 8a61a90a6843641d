import FileSystem
public import PipelineCore

/// The lines of a project's inbox.
public struct InboxContent: Sendable {
  /// A decision with its place.
  public struct Entry: Sendable, Equatable {
    public let decision: Decision
    /// The line's number, from 1.
    public let line: Int

    public init(decision: Decision, line: Int) {
      self.decision = decision
      self.line = line
    }
  }

  /// The inbox, workspace-relative.
  public let path: String
  /// In the order of the lines.
  public let entries: [Entry]
  /// Lines that do not count, each error with its place.
  public let findings: [Diagnostic]

  public init(path: String, entries: [Entry], findings: [Diagnostic] = []) {
    self.path = path
    self.entries = entries
    self.findings = findings
  }

  func location(_ entry: Entry) -> SourceLocation { SourceLocation(path: path, line: entry.line) }
}

/// The file into which decisions come: JSON lines, only ever appended to.
public enum DecisionInbox {
  /// Where inboxes lie in a workspace.
  public static let folder = "data/review/inbox"
  /// A longer line is an error.
  static let maximumLineBytes = 1 << 20

  /// A project's inbox, workspace-relative.
  public static func path(project: String) -> String { "\(folder)/\(project).jsonl" }

  /// Appends one decision; it is durable when this returns. Any number of processes may append at the same time.
  ///
  /// After an error part of the line may be there. Appending the same decision again is right: one id counts once.
  /// - Parameter workspace: absolute.
  /// - Throws: `FileError`.
  public static func append(_ decision: Decision, workspace: String) throws {
    let path = "\(workspace)/\(path(project: decision.project))"
    if try FileStatus(path) == nil {
      try FileSystem.makeDirectories("\(workspace)/\(folder)")
      try FileSystem.appendLine(path, Array(decision.json.canonical.utf8))
      // The new names, from the file's up to the workspace's.
      for place in [folder, "data/review", "data", "."] { try FileSystem.sync("\(workspace)/\(place)") }
    } else {
      try FileSystem.appendLine(path, Array(decision.json.canonical.utf8))
    }
  }

  /// Reads a project's inbox; one that is not there is empty. A line that is wrong is a finding and stops no other.
  /// Empty lines are nothing.
  /// - Throws: `FileError` when the file cannot be read.
  public static func read(workspace: String, project: String) throws -> InboxContent {
    guard Decision.isProjectID(project) else {
      throw Diagnostic(code: "project-id", "\(FileSystem.shown(project)) cannot be a project's id")
    }
    let relative = path(project: project)
    guard try FileStatus("\(workspace)/\(relative)") != nil else {
      return InboxContent(path: relative, entries: [])
    }
    return content(try FileSystem.read("\(workspace)/\(relative)"), path: relative, project: project)
  }

  /// The lines in the bytes of an inbox.
  static func content(_ bytes: [UInt8], path: String, project: String) -> InboxContent {
    var entries: [InboxContent.Entry] = []
    var findings: [Diagnostic] = []
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      if line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { continue }
      let place = SourceLocation(path: path, line: number)
      guard line.count <= maximumLineBytes else {
        findings.append(
          Diagnostic(
            code: "decision-too-long",
            "this line has \(line.count) bytes, more than \(maximumLineBytes); it does not count", at: place))
        continue
      }
      do {
        let decision = try Decision(line: line, path: path, number: number)
        if decision.project == project {
          entries.append(.init(decision: decision, line: number))
        } else {
          findings.append(
            Diagnostic(
              code: "decision-project",
              "this decision is of project \(decision.project), not \(project); it does not count", at: place)
          )
        }
      } catch let error as Diagnostics {
        findings += error.items
      } catch {
        findings.append(Diagnostic(code: "decision-unreadable", "\(error)", at: place))
      }
    }
    return InboxContent(path: path, entries: entries, findings: findings)
  }
}
