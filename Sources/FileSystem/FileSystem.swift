public import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import CSystem

/// The system's file calls, with errors that name operation and path. Paths are absolute or relative to the
/// process's working folder; nothing here follows a rule of its own.
public enum FileSystem {
  /// Opens a file with close-on-exec and hands its descriptor to `body`, closing it afterwards.
  public static func withDescriptor<Result>(
    _ path: String, _ flags: Int32, mode: UInt32 = 0o644, operation: String,
    _ body: (Int32) throws -> Result
  ) throws -> Result {
    let descriptor = retrying { open(path, flags | O_CLOEXEC, mode_t(mode)) }
    guard descriptor >= 0 else { throw FileError(operation, path) }
    defer { close(descriptor) }
    return try body(descriptor)
  }

  /// Repeats a call that a signal interrupted.
  static func retrying<Number: SignedInteger>(_ call: () -> Number) -> Number {
    while true {
      let result = call()
      if result != -1 || errno != EINTR { return result }
    }
  }

  // MARK: Reading

  /// The whole content of a file.
  public static func read(_ path: String) throws -> [UInt8] {
    try withDescriptor(path, O_RDONLY, operation: "read") { descriptor in
      let size = Int(try FileStatus(descriptor: descriptor, path: path).size)
      var bytes: [UInt8] = []
      bytes.reserveCapacity(size + 1)
      try readBlocks(descriptor, path, limit: nil) { bytes.append(contentsOf: $0) }
      return bytes
    }
  }

  /// The first bytes of a file, `count` at the most.
  public static func read(_ path: String, first count: Int) throws -> [UInt8] {
    try withDescriptor(path, O_RDONLY, operation: "read") { descriptor in
      var bytes: [UInt8] = []
      try readBlocks(descriptor, path, limit: Int64(count)) { bytes.append(contentsOf: $0) }
      return bytes
    }
  }

  /// The SHA-256 of a file's first `length` bytes, or of all of it. A file shorter than `length` gives the digest
  /// of what is there. `status` is what the open descriptor said before the first byte was read.
  ///
  /// A pipe is an error, not a wait for its writer. A symbolic link is one, too, unless `followingLink`.
  public static func digest(_ path: String, length: Int64? = nil, followingLink: Bool = false) throws -> (
    digest: Digest, status: FileStatus
  ) {
    let flags = O_RDONLY | O_NONBLOCK | (followingLink ? 0 : O_NOFOLLOW)
    return try withDescriptor(path, flags, operation: "read") { descriptor in
      let status = try FileStatus(descriptor: descriptor, path: path)
      guard status.kind == .file else { throw FileError("read", path, code: EISDIR) }
      var hasher = DigestHasher()
      try readBlocks(descriptor, path, limit: length) { hasher.update($0) }
      return (hasher.finalize(), status)
    }
  }

  /// Reads a regular file block by block, to its end.
  static func forEachBlock(_ path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try withDescriptor(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, operation: "read") { descriptor in
      guard try FileStatus(descriptor: descriptor, path: path).kind == .file else {
        throw FileError("read", path, code: EISDIR)
      }
      try readBlocks(descriptor, path, limit: nil, body)
    }
  }

  static func readBlocks(
    _ descriptor: Int32, _ path: String, limit: Int64?, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try withUnsafeTemporaryAllocation(byteCount: 256 << 10, alignment: 64) { buffer in
      var left = limit ?? .max
      while left > 0 {
        let count = retrying { Self.readCall(descriptor, buffer.baseAddress, min(buffer.count, Int(left))) }
        guard count >= 0 else { throw FileError("read", path) }
        if count == 0 { return }
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        left -= Int64(count)
      }
    }
  }

  private static func readCall(_ descriptor: Int32, _ base: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, base, count)
    #else
      Darwin.read(descriptor, base, count)
    #endif
  }

  /// The names in a directory, sorted by their bytes, without `.` and `..`; bytes that are not UTF-8 are replaced.
  public static func list(_ path: String) throws -> [String] {
    guard let stream = opendir(path) else { throw FileError("list", path) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw FileError("list", path) }
        break
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The target text of a symbolic link.
  public static func linkTarget(_ path: String) throws -> String {
    try withUnsafeTemporaryAllocation(byteCount: 4097, alignment: 1) { buffer in
      guard let base = buffer.bindMemory(to: CChar.self).baseAddress else { return "" }
      let count = readlink(path, base, 4096)
      guard count >= 0 else { throw FileError("read the link", path) }
      return String(decoding: UnsafeRawBufferPointer(buffer)[..<count], as: UTF8.self)
    }
  }

  // MARK: Writing

  /// Writes a new file; an existing one is an error. Not durable until ``sync(_:)``.
  public static func create(_ path: String, _ bytes: some Sequence<UInt8>, mode: UInt32 = 0o644) throws {
    try withDescriptor(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode, operation: "create") { descriptor in
      try write(descriptor, path, Array(bytes))
    }
  }

  /// Writes all bytes to an open file, going on after short writes.
  public static func write(_ descriptor: Int32, _ path: String, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write(descriptor, path, $0) }
  }

  /// Appends bytes to a file, creating it: for log files, where a torn last line is harmless.
  public static func append(_ path: String, _ bytes: [UInt8]) throws {
    try withDescriptor(path, O_WRONLY | O_CREAT | O_APPEND, operation: "append to") {
      try write($0, path, bytes)
    }
  }

  /// Makes a directory and its missing parents; an existing directory is fine.
  public static func makeDirectories(_ path: String) throws {
    if mkdir(path, 0o755) == 0 { return }
    switch errno {
    case EEXIST:
      guard let status = try FileStatus(path), status.kind == .directory || status.kind == .link else {
        throw FileError("make the folder", path, code: ENOTDIR)
      }
    case ENOENT:
      guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
        throw FileError("make the folder", path, code: ENOENT)
      }
      try makeDirectories(String(path[..<slash]))
      if mkdir(path, 0o755) != 0, errno != EEXIST { throw FileError("make the folder", path) }
    default: throw FileError("make the folder", path)
    }
  }

  /// Makes one directory; an existing one is an error.
  public static func makeDirectory(_ path: String) throws {
    if mkdir(path, 0o755) != 0 { throw FileError("make the folder", path) }
  }

  /// Makes a file's bytes, or a directory's entries, durable.
  public static func sync(_ path: String) throws {
    try withDescriptor(path, O_RDONLY, operation: "make durable") { try sync($0, path) }
  }

  /// Makes everything written to the file system of `path` durable in one call; `false` where the platform has
  /// no such call.
  public static func syncWholeFileSystem(of path: String) throws -> Bool {
    try withDescriptor(path, O_RDONLY, operation: "make durable") { descriptor in
      if cs_sync_file_system(descriptor) == 0 { return true }
      if errno == ENOTSUP { return false }
      throw FileError("make durable", path)
    }
  }

  // MARK: Names

  /// Renames, replacing a file that is there; atomic within a file system.
  public static func rename(_ from: String, to target: String) throws {
    #if canImport(Glibc)
      let result = Glibc.rename(from, target)
    #else
      let result = Darwin.rename(from, target)
    #endif
    guard result == 0 else { throw FileError("rename to \(target)", from) }
  }

  /// Renames without replacing: a taken name is ``FileError`` with `EEXIST`.
  public static func renameExclusively(_ from: String, to target: String) throws {
    guard cs_rename_exclusive(from, target) == 0 else { throw FileError("rename to \(target)", from) }
  }

  /// Gives the bytes of `existing` a second name.
  public static func hardLink(_ existing: String, to name: String) throws {
    guard link(existing, name) == 0 else { throw FileError("link as \(name)", existing) }
  }

  /// Makes a symbolic link.
  public static func makeLink(_ path: String, to target: String) throws {
    guard symlink(target, path) == 0 else { throw FileError("make the link", path) }
  }

  /// Removes a file or link; one that is not there is fine.
  public static func removeFile(_ path: String) throws {
    if unlink(path) != 0, errno != ENOENT { throw FileError("remove", path) }
  }

  /// Removes an empty directory; one that is not there is fine.
  public static func removeDirectory(_ path: String) throws {
    if rmdir(path) != 0, errno != ENOENT { throw FileError("remove the folder", path) }
  }

  /// Removes a directory with all below it, following no link. Only for Darkroom's own staging and artifacts.
  ///
  /// Names need not be UTF-8, and folders in it need not allow writing: programs leave such things in staging.
  public static func removeTree(_ path: String) throws {
    guard let status = try FileStatus(path) else { return }
    guard status.kind == .directory else { return try removeFile(path) }
    try removeTree(Array(path.utf8CString))
  }

  /// - Parameter path: the bytes of a directory's path, with the final zero.
  private static func removeTree(_ path: [CChar]) throws {
    func failure(_ operation: String) -> FileError {
      let code = errno
      return FileError(
        operation, String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self), code: code)
    }
    // One that is not ours to change shows as an error below.
    chmod(path, 0o700)
    guard let stream = opendir(path) else { throw failure("list") }
    var children: [[CChar]] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) {
          Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
        }
      }
      if name == [46, 0] || name == [46, 46, 0] { continue }
      children.append(path.dropLast() + [CChar(UInt8(ascii: "/"))] + name)
    }
    closedir(stream)
    for child in children where unlink(child) != 0 && errno != ENOENT {
      // Linux says EISDIR for a directory, macOS EPERM.
      guard errno == EISDIR || errno == EPERM else { throw failure("remove what is in") }
      try removeTree(child)
    }
    if rmdir(path) != 0, errno != ENOENT { throw failure("remove the folder") }
  }

  /// Every file and link below a directory, as relative paths in byte order; directories themselves are left out.
  public static func filesBelow(_ root: String) throws -> [String] {
    var files: [String] = []
    func walk(_ relative: String) throws {
      for name in try list(relative.isEmpty ? root : "\(root)/\(relative)") {
        let path = relative.isEmpty ? name : "\(relative)/\(name)"
        if try FileStatus("\(root)/\(path)")?.kind == .directory {
          try walk(path)
        } else {
          files.append(path)
        }
      }
    }
    try walk("")
    return files
  }
}
