#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import FileSystem
import PipelineCore

/// The one lock of a workspace: whoever holds it may write the state. The kernel releases it when the process ends,
/// however it ends; there is no unlock command.
public struct WorkspaceLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock at once.
  /// - Throws: `Diagnostics` when another process has it (with its process number), or the file cannot be made.
  public init(workspace: String) throws {
    let path = "\(workspace)/data/state/lock"
    try FileSystem.makeDirectories("\(workspace)/data/state")
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Diagnostics([FileError("open the lock", path).diagnostic]) }
    guard Self.take(descriptor) == 0 else {
      let code = errno
      close(descriptor)
      guard code == EWOULDBLOCK else {
        throw Diagnostics([FileError("lock", path, code: code).diagnostic])
      }
      // `try?`: the number is a courtesy; without it the message is still right.
      let holder = (try? FileSystem.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      let who = Int(holder.split(separator: "\n").first ?? "").map { " (process \($0))" } ?? ""
      throw Diagnostics([
        Diagnostic(
          code: "workspace-busy", "another Darkroom is at work in this workspace\(who); nothing was changed",
          help: "wait until it ends, or look at what it does with `darkroom status`")
      ])
    }
    // The number is for the message above. A failure to write it harms nobody, the lock is held.
    ftruncate(descriptor, 0)
    try? FileSystem.write(descriptor, path, Array("\(getpid())\n".utf8))
    self.descriptor = descriptor
  }

  /// Takes the lock, waiting up to a second for those who only ask for it: ``isHeld(workspace:)`` has it for a
  /// moment, shared.
  private static func take(_ descriptor: Int32) -> Int32 {
    for _ in 0..<1_000 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return 0 }
      let code = errno
      guard code == EWOULDBLOCK, flock(descriptor, LOCK_SH | LOCK_NB) == 0 else {
        errno = code
        return -1
      }
      flock(descriptor, LOCK_UN)
      usleep(1_000)
    }
    errno = EWOULDBLOCK
    return -1
  }

  /// Whether some process holds the lock now.
  public static func isHeld(workspace: String) -> Bool {
    let descriptor = open("\(workspace)/data/state/lock", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_SH | LOCK_NB) == 0 {
      flock(descriptor, LOCK_UN)
      return false
    }
    return errno == EWOULDBLOCK
  }

  deinit {
    // Closing alone would leave the lock with a child process that is just between fork and exec.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
