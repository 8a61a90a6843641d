import FileSystem
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An image file, read whole: what is decoded is exactly what the digest is of, whatever happens to the file meanwhile.
struct SourceImage {
  let path: String
  let format: ImageFormat
  let memory: ImageMemory
  let digest: Digest
  /// What the caller should tell.
  var warnings: [Diagnostic]

  /// Reads a file of at most `limits.fileBytes`; refuses what is no file or no image by its first bytes.
  init(_ path: String, limits: ImageLimits) throws {
    let (memory, digest) = try Self.withImage(path, limits: limits) { descriptor, size in
      let memory = try ImageMemory(count: size, for: path)
      var hasher = DigestHasher()
      var done = 0
      // In pieces that stay in the processor's cache between reading and hashing.
      while done < size {
        let piece = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[done..<min(size, done + 256 << 10)])
        let count = try FileSystem.read(descriptor, path, into: piece)
        guard count == piece.count else {
          throw ImageProblem.truncated.error(path, "became shorter while it was read")
        }
        hasher.update(UnsafeRawBufferPointer(piece))
        done += count
      }
      return (memory, hasher.finalize())
    }
    guard let format = ImageFormat(signature: memory.readable) else { throw Self.unknown(path) }
    self.path = path
    self.format = format
    self.memory = memory
    self.digest = digest
    warnings = Self.mismatch(path, format).map { [$0] } ?? []
  }

  /// Opens the file of an image: a regular file that is not empty and not larger than allowed.
  static func withImage<Result>(
    _ path: String, limits: ImageLimits, _ body: (_ descriptor: Int32, _ size: Int) throws -> Result
  ) throws -> Result {
    // A pipe must not block.
    try FileSystem.withDescriptor(path, O_RDONLY | O_NONBLOCK, operation: "read") { descriptor in
      let status = try FileStatus(descriptor: descriptor, path: path)
      guard status.kind == .file else { throw FileError("read", path, code: EISDIR) }
      guard status.size > 0 else { throw ImageProblem.truncated.error(path, "is empty (0 bytes)") }
      guard status.size <= limits.fileBytes else {
        throw ImageProblem.tooLarge.error(
          path, "has \(status.size) bytes, more than the \(limits.fileBytes) that are allowed")
      }
      return try body(descriptor, Int(status.size))
    }
  }

  /// The finding for a file whose first bytes are no image's.
  static func unknown(_ path: String) -> Diagnostic {
    ImageProblem.unsupported.error(
      path, "is none of PNG, JPEG, WebP and TIFF by its first bytes",
      help: "look at what it is: file \(path)")
  }

  /// The warning for a name that promises another format; `nil` when it does not.
  static func mismatch(_ path: String, _ format: ImageFormat) -> Diagnostic? {
    let ending = RelativePath(path).lowercasedExtension
    guard let promised = ImageFormat(fileExtension: ending), promised != format else { return nil }
    return ImageProblem.formatMismatch.warning(
      path, "is a \(format.title) by its content, whatever its name says; it was read as that",
      help: "rename it to .\(format.fileExtension)")
  }

  /// Refuses sizes beyond the limit.
  static func check(width: Int, height: Int, _ path: String, _ limits: ImageLimits) throws(Diagnostic) {
    let (pixels, overflow) = Int64(width).multipliedReportingOverflow(by: Int64(height))
    guard !overflow, pixels <= limits.pixels else {
      throw ImageProblem.tooLarge.error(
        path, "claims \(width) × \(height) pixels, more than the \(limits.pixels) that are allowed")
    }
  }
}
