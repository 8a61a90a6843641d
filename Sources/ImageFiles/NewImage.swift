import FileSystem
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writes an image file under a new name. On any failure the file that was begun is removed; nothing else ever is.
enum NewImage {
  /// A part of a file.
  enum Piece {
    case bytes([UInt8])
    /// Memory of somebody else, alive as long as the call.
    case memory(UnsafeRawBufferPointer)

    fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
      switch self {
      case .bytes(let bytes): try bytes.withUnsafeBytes(body)
      case .memory(let memory): try body(memory)
      }
    }
  }

  /// Makes `target`, which must not exist, of some pieces of memory.
  /// - Parameter isDurable: whether the bytes are on disk on return; the name is when the caller syncs the folder.
  /// - Returns: the digest and size of the file.
  static func write(
    _ pieces: [Piece], to target: String, isDurable: Bool = true
  ) throws -> (digest: Digest, bytes: Int64) {
    var hasher = DigestHasher()
    var count: Int64 = 0
    try FileSystem.withDescriptor(target, O_WRONLY | O_CREAT | O_EXCL, operation: "create") { descriptor in
      do {
        for piece in pieces {
          try piece.withBytes { bytes in
            try FileSystem.write(descriptor, target, bytes)
            hasher.update(bytes)
            count += Int64(bytes.count)
          }
        }
        if isDurable { try FileSystem.sync(descriptor, target) }
      } catch {
        // `try?`: the first error is the one to tell; a part that stays behind is under a name of its own.
        try? FileSystem.removeFile(target)
        throw error
      }
    }
    return (hasher.finalize(), count)
  }
}
