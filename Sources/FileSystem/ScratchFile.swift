#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file without a name, for what does not fit into memory. Its room is free again when the value goes, also when the
/// process is killed. For one thread at a time.
public struct ScratchFile: ~Copyable {
  private let descriptor: Int32
  private let folder: String
  /// How many bytes it holds.
  public private(set) var count: Int64 = 0

  /// - Parameter folder: where the bytes go; it is there and may be written.
  public init(in folder: String) throws {
    self.folder = folder
    var name = Array("\(folder)/.scratch-XXXXXX".utf8CString)
    descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw FileError("make a scratch file in", folder) }
    guard unlink(name) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
      let error = FileError("make a scratch file in", folder)
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// Writes behind what is there.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try FileSystem.write(descriptor, folder, bytes)
    count += Int64(bytes.count)
  }

  /// Reads from an offset in bytes until `buffer` is full or the file ends.
  /// - Returns: how many bytes were read.
  public func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    try FileSystem.read(descriptor, folder, at: offset, into: buffer)
  }
}
