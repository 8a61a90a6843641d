#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension FileSystem {
  /// Appends one line to a file of lines and makes it durable; the file is made when there is none.
  ///
  /// The line and its newline go into one `write`, so that lines of several writers do not mix. Where the file ends
  /// without a newline, because a writer was cut short, that torn line is ended first. When two writers see the same
  /// torn line, an empty line may stand between theirs.
  /// - Parameters:
  ///   - path: the file; its folder exists.
  ///   - line: without a newline.
  /// - Throws: ``FileError``. Part of the line may be in the file then; appending it again is right.
  public static func appendLine(_ path: String, _ line: [UInt8]) throws {
    let newline = UInt8(ascii: "\n")
    try withDescriptor(path, O_RDWR | O_CREAT | O_APPEND, operation: "append to") { descriptor in
      let size = try FileStatus(descriptor: descriptor, path: path).size
      var last = newline
      if size > 0 {
        guard retrying({ pread(descriptor, &last, 1, off_t(size - 1)) }) >= 0 else {
          throw FileError("read", path)
        }
      }
      try write(descriptor, path, (last == newline ? [] : [newline]) + line + [newline])
      try sync(path)
    }
  }
}
