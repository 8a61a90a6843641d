import CSystem
public import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension FileSystem {
  /// Copies a regular file to a new name, durably: bytes, permissions, times and extended attributes. The copy is
  /// read back; its folder's entry is not durable until ``sync(_:)``.
  ///
  /// A taken name is an error, and so is a source that is a link. After an error a part of the copy may be left.
  /// - Returns: the digest of the bytes, and the status of the copy.
  public static func copyDurably(_ source: String, to target: String) throws -> (
    digest: Digest, status: FileStatus
  ) {
    let digest = try withDescriptor(source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, operation: "read") { from in
      guard try FileStatus(descriptor: from, path: source).kind == .file else {
        throw FileError("read", source, code: EISDIR)
      }
      return try withDescriptor(target, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, operation: "create") { to in
        var hasher = DigestHasher()
        try readBlocks(from, source, limit: nil) { block in
          hasher.update(block)
          try write(to, target, block)
        }
        if cs_copy_attributes(from, to) != 0 {
          throw FileError("copy the attributes of \(source) to", target)
        }
        return hasher.finalize()
      }
    }
    try sync(target)
    let copy = try Self.digest(target)
    // The disk gave back other bytes than it was given.
    guard copy.digest == digest else { throw FileError("read back the copy", target, code: EIO) }
    return copy
  }

  /// Whether a rename from one folder to the other can work: both are folders of one mounted file system.
  public static func isSameMount(_ folder: String, _ other: String) throws -> Bool {
    guard let a = try FileStatus(following: folder), let b = try FileStatus(following: other) else {
      return false
    }
    guard a.device == b.device else { return false }
    var mounts: (UInt64, UInt64) = (0, 0)
    guard cs_mount_id(folder, &mounts.0) == 0, cs_mount_id(other, &mounts.1) == 0 else {
      // A kernel that does not tell: the device decides.
      return true
    }
    return mounts.0 == mounts.1
  }

  /// The path with all links resolved; it has to exist.
  public static func resolved(_ path: String) throws -> String {
    guard let resolved = realpath(path, nil) else { throw FileError("resolve", path) }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Makes one directory with these permissions, whatever the process's mask; an existing one is an error.
  public static func makeDirectory(_ path: String, mode: UInt32) throws {
    if mkdir(path, mode_t(mode)) != 0 { throw FileError("make the folder", path) }
    if chmod(path, mode_t(mode)) != 0 { throw FileError("set the permissions of", path) }
  }

  /// The bytes of a file from `offset` on; none when it is shorter.
  public static func read(_ path: String, from offset: Int64) throws -> [UInt8] {
    try withDescriptor(path, O_RDONLY, operation: "read") { descriptor in
      guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw FileError("read", path) }
      var bytes: [UInt8] = []
      try readBlocks(descriptor, path, limit: nil) { bytes.append(contentsOf: $0) }
      return bytes
    }
  }

  /// Whether a directory holds nothing; it is read up to its first entry.
  public static func isEmptyDirectory(_ path: String) throws -> Bool {
    guard let stream = opendir(path) else { throw FileError("list", path) }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw FileError("list", path) }
        return true
      }
      let isItself = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { strcmp($0, ".") == 0 || strcmp($0, "..") == 0 }
      }
      if !isItself { return false }
    }
  }
}
