#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Calls on files that are open already, for those who keep the bytes in memory of their own.
extension FileSystem {
  /// Reads from where the descriptor stands until `buffer` is full or the file ends.
  /// - Parameters:
  ///   - descriptor: open for reading.
  ///   - path: for the error only.
  ///   - buffer: where the bytes go.
  /// - Returns: how many bytes were read; fewer than `buffer.count` only at the end of the file.
  public static func read(
    _ descriptor: Int32, _ path: String, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> Int {
    try fill(buffer, path) { rest, _ in
      #if canImport(Glibc)
        Glibc.read(descriptor, rest.baseAddress, rest.count)
      #else
        Darwin.read(descriptor, rest.baseAddress, rest.count)
      #endif
    }
  }

  /// Reads from an offset of the file, leaving alone where the descriptor stands.
  /// - Parameters:
  ///   - descriptor: open for reading, of a regular file.
  ///   - path: for the error only.
  ///   - offset: in bytes from the file's start.
  ///   - buffer: where the bytes go.
  /// - Returns: how many bytes were read; fewer than `buffer.count` only at the end of the file.
  public static func read(
    _ descriptor: Int32, _ path: String, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> Int {
    try fill(buffer, path) { rest, done in
      pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
    }
  }

  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, _ path: String,
    _ call: (UnsafeMutableRawBufferPointer, Int) -> Int
  ) throws(FileError) -> Int {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = retrying { call(rest, done) }
      guard count >= 0 else { throw FileError("read", path) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Writes all bytes to an open file, going on after short writes.
  /// - Parameters:
  ///   - descriptor: open for writing.
  ///   - path: for the error only.
  ///   - bytes: what is written, at where the descriptor stands.
  public static func write(
    _ descriptor: Int32, _ path: String, _ bytes: UnsafeRawBufferPointer
  ) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      #if canImport(Glibc)
        let count = retrying { Glibc.write(descriptor, rest.baseAddress, rest.count) }
      #else
        let count = retrying { Darwin.write(descriptor, rest.baseAddress, rest.count) }
      #endif
      guard count >= 0 else { throw FileError("write", path) }
      done += count
    }
  }

  /// Makes the bytes of an open file durable.
  /// - Parameters:
  ///   - descriptor: open, of a file or a folder.
  ///   - path: for the error only.
  public static func sync(_ descriptor: Int32, _ path: String) throws(FileError) {
    #if canImport(Glibc)
      let result = retrying { fsync(descriptor) }
    #else
      // fsync on macOS stops at the drive's cache.
      let result = retrying { fcntl(descriptor, F_FULLFSYNC) }
    #endif
    guard result == 0 else { throw FileError("make durable", path) }
  }
}
