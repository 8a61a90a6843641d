import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The file calls that the stages of this target need: whole files, and parts of them.
enum StageFile {
  /// The whole content of a file.
  static func read(_ path: String) throws -> [UInt8] {
    try withDescriptor(path, O_RDONLY, verb: "read") { descriptor in
      let size = Int(lseek(descriptor, 0, SEEK_END))
      guard size >= 0 else { throw failure("read", path) }
      return try read(descriptor, path, offset: 0, length: size)
    }
  }

  /// Exactly `length` bytes from `offset`; a file that ends before is an error.
  static func read(_ path: String, offset: Int, length: Int) throws -> [UInt8] {
    try withDescriptor(path, O_RDONLY, verb: "read") { try read($0, path, offset: offset, length: length) }
  }

  /// Writes a new file `name` below the directory `root`, making its folders.
  /// - Returns: the entry for the unit's result, with the digest of the bytes.
  static func create(_ name: String, below root: String, _ bytes: [UInt8], rows: Int? = nil) throws
    -> UnitResult.Artifact
  {
    var writer = try StageFileWriter(name, below: root)
    try writer.write(bytes)
    return try writer.finish(rows: rows)
  }

  /// The names in a directory in the order of their bytes; none when there is no such directory.
  static func list(_ path: String) throws -> [String] {
    guard let stream = opendir(path) else {
      if errno == ENOENT { return [] }
      throw failure("list", path)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.precedes($1) }
  }

  static func makeParents(of name: String, below root: String) throws {
    var path = root
    for folder in name.split(separator: "/").dropLast() {
      path += "/" + folder
      if mkdir(path, 0o755) != 0, errno != EEXIST { throw failure("make the folder", path) }
    }
  }

  static func failure(_ verb: String, _ path: String) -> Diagnostic {
    Diagnostic(code: "file-error", "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
  }

  private static func withDescriptor<Result>(
    _ path: String, _ flags: Int32, verb: String, _ body: (Int32) throws -> Result
  ) throws -> Result {
    let descriptor = open(path, flags | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(verb, path) }
    defer { close(descriptor) }
    return try body(descriptor)
  }

  private static func read(_ descriptor: Int32, _ path: String, offset: Int, length: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      while count < length {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + count }, length - count, off_t(offset + count))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else {
          throw got < 0
            ? failure("read", path)
            : Diagnostic(
              code: "file-changed", "\(path) ends before byte \(offset + length), it was cut short")
        }
        count += got
      }
    }
  }
}

/// A new file that is written from front to back and digested on the way.
struct StageFileWriter: ~Copyable {
  private let name: String
  private let path: String
  private let descriptor: Int32
  private var hasher = DigestHasher()

  init(_ name: String, below root: String) throws {
    try StageFile.makeParents(of: name, below: root)
    let path = root + "/" + name
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw StageFile.failure("create", path) }
    self.name = name
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  mutating func write(_ bytes: [UInt8]) throws {
    bytes.withUnsafeBytes { hasher.update($0) }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        #if canImport(Glibc)
          Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
        #else
          Darwin.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
        #endif
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw StageFile.failure("write", path) }
      done += count
    }
  }

  consuming func finish(rows: Int? = nil) throws -> UnitResult.Artifact {
    UnitResult.Artifact(name: name, digest: hasher.finalize(), rows: rows.map(Int64.init))
  }
}
