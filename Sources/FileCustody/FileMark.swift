import FileSystem
import PipelineCore

/// By what the journal knows a file again, whatever its name: a rename keeps all of it.
struct FileMark: Hashable, Sendable, Codable {
  var device: UInt64
  var inode: UInt64
  var size: Int64
  /// Nanoseconds since 1970.
  var modified: Int64
}

extension FileMark {
  init(_ status: FileStatus) {
    self.init(device: status.device, inode: status.inode, size: status.size, modified: status.modified)
  }

  /// Whether the file at `path`, whose status is at hand, is the marked one.
  ///
  /// The device is not compared: its number may change when the machine starts again. On file systems that also
  /// number their files anew, or keep times coarsely, the content decides.
  func isOf(_ path: String, _ status: FileStatus, digest: Digest) throws -> Bool {
    guard status.kind == .file, status.size == size else { return false }
    if status.inode == inode, status.modified == modified { return true }
    return try FileSystem.digest(path).digest == digest
  }
}
