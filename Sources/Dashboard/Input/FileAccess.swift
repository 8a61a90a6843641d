#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The few file calls of the dashboard: whole files in, whole files out.
enum FileAccess {
  /// A call that failed, with the system's words for it.
  struct Problem: Error, Equatable {
    let code: Int32
    var isAbsent: Bool { code == ENOENT || code == ENOTDIR }
    var reason: String { String(cString: strerror(code)) }
  }

  /// All bytes of the regular file at `path`. A symbolic link as the last part is refused.
  static func read(_ path: String) throws(Problem) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else { throw Problem(code: errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw Problem(code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Problem(code: notRegular) }
    var bytes = [UInt8](repeating: 0, count: max(Int(status.st_size), 0))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        #if canImport(Glibc)
          Glibc.read(file, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
        #else
          Darwin.read(file, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
        #endif
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Problem(code: errno) }
      if count == 0 { break }
      filled += count
    }
    bytes.removeSubrange(filled...)
    return bytes
  }

  /// What `fstat` on something that is no regular file is reported as: there is no common error number for it.
  private static let notRegular = EINVAL

  /// The size in bytes of the regular file at `path`.
  static func size(_ path: String) throws(Problem) -> Int64 {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw Problem(code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Problem(code: notRegular) }
    return Int64(status.st_size)
  }

  /// The text of the symbolic link at `path`.
  static func linkTarget(_ path: String) throws(Problem) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        text.baseAddress.map { readlink(path, $0, text.count) } ?? -1
      }
    }
    guard count >= 0 else { throw Problem(code: errno) }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Makes the file at `path`, which must not exist, and the directories above it below `root`.
  static func write(_ bytes: [UInt8], to path: String, below root: String) throws(Problem) {
    for index in path.indices where path[index] == "/" && path.distance(from: path.startIndex, to: index) > 0
    {
      let directory = "\(root)/\(path[..<index])"
      guard mkdir(directory, 0o777) == 0 || errno == EEXIST else { throw Problem(code: errno) }
    }
    let file = open("\(root)/\(path)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw Problem(code: errno) }
    defer { close(file) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        #if canImport(Glibc)
          Glibc.write(file, buffer.baseAddress.map { $0 + written }, buffer.count - written)
        #else
          Darwin.write(file, buffer.baseAddress.map { $0 + written }, buffer.count - written)
        #endif
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Problem(code: count == 0 ? EIO : errno) }
      written += count
    }
  }
}
