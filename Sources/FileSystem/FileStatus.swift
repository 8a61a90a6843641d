#if canImport(Glibc)
  public import Glibc
#else
  public import Darwin
#endif

/// What the system says of a file without opening it. Equal values mean that nothing has touched the file,
/// as far as the clock's grain can tell.
public struct FileStatus: Hashable, Sendable {
  /// The kinds of file that matter here.
  public enum Kind: Sendable { case file, directory, link, other }
  /// The number of the file system.
  public let device: UInt64
  /// The number of the file in its file system.
  public let inode: UInt64
  /// The size in bytes.
  public let size: Int64
  /// Nanoseconds since 1970, of the content's last change.
  public let modified: Int64
  /// Nanoseconds since 1970, of the inode's last change; cannot be set by programs.
  public let changed: Int64
  /// Type and permissions as the system keeps them.
  public let mode: UInt32

  /// The status of `path` itself, without following a symbolic link; `nil` when nothing is there.
  public init?(_ path: String) throws(FileError) {
    var buffer = stat()
    guard lstat(path, &buffer) == 0 else {
      let code = errno
      if code == ENOENT || code == ENOTDIR { return nil }
      throw FileError("look at", path, code: code)
    }
    self.init(buffer)
  }

  /// The status of what `path` leads to through symbolic links; `nil` when nothing is there.
  public init?(following path: String) throws(FileError) {
    var buffer = stat()
    guard stat(path, &buffer) == 0 else {
      let code = errno
      if code == ENOENT || code == ENOTDIR { return nil }
      throw FileError("look at", path, code: code)
    }
    self.init(buffer)
  }

  /// The status of an open file.
  public init(descriptor: Int32, path: String) throws(FileError) {
    var buffer = stat()
    guard fstat(descriptor, &buffer) == 0 else { throw FileError("look at", path) }
    self.init(buffer)
  }

  /// A status put together from stored columns.
  public init(
    device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64,
    mode: UInt32 = UInt32(S_IFREG)
  ) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
    self.mode = mode
  }

  /// What a system call filled in.
  init(_ buffer: stat) {
    device = UInt64(truncatingIfNeeded: buffer.st_dev)
    inode = UInt64(buffer.st_ino)
    size = Int64(buffer.st_size)
    #if canImport(Glibc)
      modified = Int64(buffer.st_mtim.tv_sec) * 1_000_000_000 + Int64(buffer.st_mtim.tv_nsec)
      changed = Int64(buffer.st_ctim.tv_sec) * 1_000_000_000 + Int64(buffer.st_ctim.tv_nsec)
    #else
      modified = Int64(buffer.st_mtimespec.tv_sec) * 1_000_000_000 + Int64(buffer.st_mtimespec.tv_nsec)
      changed = Int64(buffer.st_ctimespec.tv_sec) * 1_000_000_000 + Int64(buffer.st_ctimespec.tv_nsec)
    #endif
    mode = UInt32(buffer.st_mode)
  }

  /// What lies there.
  public var kind: Kind {
    switch mode & UInt32(S_IFMT) {
    case UInt32(S_IFREG): .file
    case UInt32(S_IFDIR): .directory
    case UInt32(S_IFLNK): .link
    default: .other
    }
  }

  /// Whether two looks show the same unchanged content. The mode is left out: it has no part in the bytes.
  public func sameContent(as other: FileStatus) -> Bool {
    device == other.device && inode == other.inode && size == other.size && modified == other.modified
      && changed == other.changed
  }
}

/// Which file it is, whatever its name: device and inode.
public struct FileIdentity: Hashable, Sendable {
  /// The number of the file system.
  public let device: UInt64
  /// The number of the file in its file system.
  public let inode: UInt64
}

extension FileStatus {
  /// Which file it is, whatever its name.
  public var identity: FileIdentity { FileIdentity(device: device, inode: inode) }
}
