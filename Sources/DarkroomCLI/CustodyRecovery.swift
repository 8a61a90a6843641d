import FileCustody
import FileSystem
import PipelineCore
import PipelineEngine

/// Ends what a kill left half done with people's files, before anything looks at them.
enum CustodyRecovery {
  /// Finishes or rolls back every open order. Call it while the workspace's lock is held.
  /// - Returns: what was done, and which orders could not be ended.
  static func perform(_ workspace: Workspace) throws -> [Diagnostic] {
    guard try FileStatus("\(workspace.root)/\(path)") != nil else { return [] }
    let clock = SystemClock()
    return try FileCustody(workspace: workspace.root, clock: { clock.wallMicroseconds }, run: nil).recover()
  }

  private static let path = "data/state/custody.sqlite"
}
