import CSystem
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An open file descriptor that closes itself.
struct OpenFile: ~Copyable {
  let descriptor: Int32
  /// What messages call the file.
  let name: String

  /// Opens a file for reading. A symbolic link in the last place is an error.
  init(reading path: String, name: String) throws {
    let opened = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard opened >= 0 else {
      throw errno == ELOOP ? LogFailure.symbolicLink(name) : LogFailure.system("read", name)
    }
    self.name = name
    descriptor = opened
  }

  /// Makes a file, or opens it to append when it exists.
  init(appendingTo path: String) throws {
    let opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard opened >= 0 else { throw LogFailure.system("write", path) }
    name = path
    descriptor = opened
  }

  deinit { close(descriptor) }

  /// The size in bytes, and whether it is a regular file.
  func status() throws -> (size: Int64, isRegular: Bool) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw LogFailure.system("read", name) }
    return (Int64(status.st_size), status.st_mode & S_IFMT == S_IFREG)
  }

  /// Reads up to `count` bytes at the current place; 0 at the end.
  func read(into buffer: UnsafeMutableRawPointer, count: Int) throws -> Int {
    while true {
      #if canImport(Glibc)
        let got = Glibc.read(descriptor, buffer, count)
      #else
        let got = Darwin.read(descriptor, buffer, count)
      #endif
      if got >= 0 { return got }
      if errno != EINTR { throw LogFailure.system("read", name) }
    }
  }

  /// Reads up to `count` bytes at `offset` without moving the current place; 0 at the end.
  func read(at offset: Int64, into buffer: UnsafeMutableRawPointer, count: Int) throws -> Int {
    while true {
      let got = pread(descriptor, buffer, count, off_t(offset))
      if got >= 0 { return got }
      if errno != EINTR { throw LogFailure.system("read", name) }
    }
  }

  func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
    guard var start = bytes.baseAddress else { return }
    var left = bytes.count
    while left > 0 {
      let written = write(descriptor, start, left)
      if written < 0 {
        if errno == EINTR { continue }
        throw LogFailure.system("write", name)
      }
      start += written
      left -= written
    }
  }

  /// Lets the kernel begin to write the given bytes to disk, so that the later fsync has little left to do.
  func beginWriteback(offset: Int64, count: Int64) {
    cs_begin_writeback(descriptor, offset, count)
  }
}

/// The bytes of a file read at once, followed by zeros that a parser may read.
struct WholeFile: ~Copyable {
  private let base: UnsafeMutablePointer<UInt8>
  private let count: Int

  init(_ path: String, name: String) throws {
    let file = try OpenFile(reading: path, name: name)
    let size = Int(try file.status().size)
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: size + LineParser.padding)
    var done = 0
    do {
      while done < size {
        let got = try file.read(into: memory + done, count: size - done)
        if got == 0 { throw LogFailure.damagedSegment(name, "it became shorter while it was read") }
        done += got
      }
    } catch {
      memory.deallocate()
      throw error
    }
    (memory + size).update(repeating: 0, count: LineParser.padding)
    base = memory
    count = size
  }

  deinit { base.deallocate() }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }
}

/// A file of an artifact that is digested while it is written. It is open only during each write, so that any
/// number of them can be under way.
struct DigestedFile {
  let path: String
  private var hasher = DigestHasher()
  private(set) var byteCount: Int64 = 0

  /// A file that does not exist yet; its folder must exist at the first write.
  init(_ path: String) { self.path = path }

  mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
    let file = try OpenFile(appendingTo: path)
    hasher.update(bytes)
    try file.writeAll(bytes)
    file.beginWriteback(offset: byteCount, count: Int64(bytes.count))
    byteCount += Int64(bytes.count)
  }

  /// Appends the bytes `range` of another file. Throws when that file is shorter.
  mutating func append(
    _ range: Range<Int64>, of source: borrowing OpenFile, buffer: UnsafeMutableRawBufferPointer
  )
    throws
  {
    var offset = range.lowerBound
    while offset < range.upperBound {
      let wanted = min(Int64(buffer.count), range.upperBound - offset)
      guard let start = buffer.baseAddress else { return }
      let got = try source.read(at: offset, into: start, count: Int(wanted))
      if got == 0 { throw LogFailure.damagedSegment(source.name, "it ends early") }
      try append(UnsafeRawBufferPointer(start: start, count: got))
      offset += Int64(got)
    }
  }

  /// The digest of what was written so far.
  var digest: Digest { hasher.finalize() }

  /// Writes all of `bytes` as the file at `path` and returns their digest.
  static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws -> Digest {
    var file = DigestedFile(path)
    try file.append(bytes)
    return file.digest
  }

  /// Writes `text` as the file at `path` and returns its digest.
  static func write(_ text: String, to path: String) throws -> Digest {
    var text = text
    return try text.withUTF8 { try write(UnsafeRawBufferPointer($0), to: path) }
  }
}

/// Makes the folder at `path` inside an existing folder; fine when it exists.
func makeFolder(_ path: String) throws {
  if mkdir(path, 0o777) != 0, errno != EEXIST { throw LogFailure.system("make", path) }
}

/// Makes `path` another name of the file at `existing`.
func makeHardLink(_ path: String, to existing: String) throws {
  if link(existing, path) != 0 { throw LogFailure.system("link \(existing) as", path) }
}
