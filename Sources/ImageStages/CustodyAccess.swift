import FileCustody
import FileSystem
import PipelineCore
import PipelineEngine
import Synchronization

/// A stage's way to custody: the journal is opened when the first unit needs it and shared by all units of a run.
///
/// Stages are values without memory. This holds no result, only an open database, whose opening would otherwise cost
/// each of 100,000 units more than its work.
final class CustodyAccess: Sendable {
  private let opened = Mutex<(workspace: String, run: RunID?, custody: FileCustody)?>(nil)
  private let trash: any TrashCan
  private let clock: @Sendable () -> Int64

  init(
    trash: any TrashCan = SystemTrash(),
    clock: @escaping @Sendable () -> Int64 = { SystemClock().wallMicroseconds }
  ) {
    self.trash = trash
    self.clock = clock
  }

  /// Microseconds since 1970.
  var now: Int64 { clock() }

  /// The custody of the workspace for a unit that acts. Call it from running units only: they hold the workspace.
  func custody(_ context: UnitContext) throws -> FileCustody {
    try opened.withLock { opened in
      if let opened, opened.workspace == context.workspace, opened.run == context.run {
        return opened.custody
      }
      let custody = try FileCustody(
        workspace: context.workspace, trash: trash, clock: clock, run: context.run)
      opened = (context.workspace, context.run, custody)
      return custody
    }
  }
}
