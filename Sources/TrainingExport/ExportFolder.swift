import FileSystem
public import PipelineCore

/// The folder that an export is written into, or, for a dry run, one that is only counted.
///
/// Used by one thread. Nothing in it is durable before the caller makes it so.
public final class ExportFolder {
  /// A file of an export.
  public struct File: Sendable, Equatable {
    /// Relative to the folder.
    public var path: String
    public var bytes: Int64
    /// `nil` in a dry run.
    public var digest: Digest?
    /// How many records it has; `nil` for images and other files without.
    public var rows: Int?
  }

  /// Absolute; `nil` in a dry run.
  let path: String?
  let images: ExportImages
  /// Every file that is complete.
  public private(set) var files: [File] = []
  private var folders: Set<String> = []

  /// - Parameters:
  ///   - path: absolute, of an empty folder of our own; `nil` writes nothing and only counts.
  ///   - images: how images get there.
  public init(path: String?, images: ExportImages) {
    self.path = path
    self.images = images
  }

  /// Begins a file of text or records. Its name is free: names are made here and are unique.
  func begin(_ name: String) throws -> ExportFile {
    ExportFile(name: name, path: try absolute(name))
  }

  /// Ends a file.
  func end(_ file: ExportFile, rows: Int?) throws {
    let (bytes, digest) = try file.end()
    files.append(File(path: file.name, bytes: bytes, digest: path == nil ? nil : digest, rows: rows))
  }

  private func absolute(_ name: String) throws -> String? {
    guard let path else { return nil }
    let folder = RelativePath(name).folder.rawValue
    if !folder.isEmpty, folders.insert(folder).inserted {
      try FileSystem.makeDirectories("\(path)/\(folder)")
    }
    return "\(path)/\(name)"
  }

  // MARK: Images

  /// Brings an image in as a file of its own.
  /// - Returns: why not, when the file is not what it was.
  func add(_ image: FoundImage, as name: String) throws -> Omission? {
    guard let status = try FileStatus(image.path), status.kind == .file else { return .gone }
    guard status.size == image.bytes else { return .changed }
    if let target = try absolute(name) {
      let isRight = images == .link ? try shareBytes(image, with: target) : try copy(image, to: target)
      guard isRight else { return .changed }
    }
    files.append(
      File(path: name, bytes: image.bytes, digest: path == nil ? nil : image.digest, rows: nil))
    return nil
  }

  private func copy(_ image: FoundImage, to target: String) throws -> Bool {
    let copy = try FileSystem.copyDurably(image.path, to: target)
    if copy.digest == image.digest { return true }
    try FileSystem.removeFile(target)
    return false
  }

  private func shareBytes(_ image: FoundImage, with target: String) throws -> Bool {
    let (digest, status) = try FileSystem.digest(image.path)
    guard digest == image.digest else { return false }
    do {
      try FileSystem.hardLink(image.path, to: target)
    } catch let error as FileError {
      var finding = error.diagnostic
      finding.help = "hard links need one file system for both: use --images copy, or export to that disk"
      throw finding
    }
    // The link itself moves only the time of the inode's change.
    let linked = try FileStatus(target)
    if linked?.identity == status.identity, linked?.size == status.size, linked?.modified == status.modified {
      return true
    }
    try FileSystem.removeFile(target)
    return false
  }

  /// The bytes of an image for a container, checked; in a dry run none, only their number counts.
  func read(_ image: FoundImage) throws -> Result<[UInt8], MissingImage> {
    guard let status = try FileStatus(image.path), status.kind == .file else {
      return .failure(MissingImage(.gone))
    }
    guard status.size == image.bytes else { return .failure(MissingImage(.changed)) }
    guard path != nil else { return .success([]) }
    let bytes = try FileSystem.read(image.path)
    let digest = bytes.withUnsafeBytes { Digest(of: $0) }
    return digest == image.digest ? .success(bytes) : .failure(MissingImage(.changed))
  }
}

/// A file that is being written from its beginning to its end.
final class ExportFile {
  let name: String
  /// Absolute; `nil` where bytes are only counted.
  private let path: String?
  private var buffer: [UInt8] = []
  private var hasher = DigestHasher()
  private(set) var bytes: Int64 = 0
  private var isMade = false
  /// How much is kept back before it is written.
  private static let block = 1 << 20

  init(name: String, path: String?) {
    self.name = name
    self.path = path
  }

  func append(_ text: String) throws {
    bytes += Int64(text.utf8.count)
    guard path != nil else { return }
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.block { try flush() }
  }

  func append(_ more: [UInt8]) throws {
    bytes += Int64(more.count)
    guard path != nil else { return }
    buffer.append(contentsOf: more)
    if buffer.count >= Self.block { try flush() }
  }

  /// Counts bytes that a dry run does not have.
  func count(_ more: Int64) { bytes += more }

  private func flush() throws {
    guard let path else { return }
    buffer.withUnsafeBytes { hasher.update($0) }
    if isMade { try FileSystem.append(path, buffer) } else { try FileSystem.create(path, buffer) }
    isMade = true
    buffer.removeAll(keepingCapacity: true)
  }

  fileprivate func end() throws -> (bytes: Int64, digest: Digest) {
    if !buffer.isEmpty || !isMade { try flush() }
    return (bytes, hasher.finalize())
  }
}
