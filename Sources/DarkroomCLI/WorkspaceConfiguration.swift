import FileSystem
import PipelineCore
import PipelineSpec

/// The rules of `configs/darkroom.json`: an object with `version` 1, and `$schema` for editors if somebody wants it.
enum WorkspaceConfiguration {
  /// Reads the file and throws everything that is wrong with it, so that a later version's workspace is left alone.
  static func check(_ workspace: Workspace) throws {
    let path = Workspace.marker
    let (tree, problems) = JSONDocument.parse(try FileSystem.read("\(workspace.root)/\(path)"), path: path)
    var findings = problems
    if problems.isEmpty, let tree { findings += self.findings(in: tree) }
    if !findings.isEmpty { throw CommandFailure(.invalidDefinition, findings) }
  }

  private static func findings(in tree: LocatedValue) -> [Diagnostic] {
    guard let members = tree.members else {
      return [
        Diagnostic(
          code: "wrong-type", "the configuration is an object, not \(tree.value.typeName)", at: tree.location)
      ]
    }
    return members.compactMap { member in
      switch member.key.value.stringValue {
      case "$schema": return nil
      case "version":
        if member.value.value == .integer(1) { return nil }
        return Diagnostic(
          code: "unsupported-version", "this program reads configurations of version 1; nothing was touched",
          at: member.value.location, help: "install the Darkroom that wrote it")
      default:
        return Diagnostic(
          code: "unknown-key", "there is no setting \(member.key.value.canonical)", at: member.key.location,
          help: "the settings are \"version\" and \"$schema\"")
      }
    }
  }
}
