import FileSystem
public import PipelineCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Thumbnails by the digest of the image that they are of, so that a moved image keeps its thumbnail.
///
/// Any number of threads and programs may use one folder at the same time: a file appears whole or not at all. It is a
/// cache: the folder may be deleted at any time. What a power failure left incomplete is made anew.
public struct ThumbnailCache: Sendable {
  private let folder: String
  private let limits: ImageLimits

  /// - Parameter folder: where the thumbnails are, made when needed.
  public init(folder: String, limits: ImageLimits = ImageLimits()) {
    self.folder = folder
    self.limits = limits
  }

  /// The thumbnail of an image, made when it is not there yet: JPEG, or PNG when the image has alpha.
  /// - Parameters:
  ///   - path: the image.
  ///   - digest: of the image's file, as the caller knows it. A file with another one is an error
  ///     (`image-changed`): its thumbnail would be found under a false name for ever.
  ///   - longestSide: the most pixels across and down, at least 1.
  /// - Returns: the path of the thumbnail: `FOLDER/xx/DIGEST-SIDE.jpg`, where `xx` is how the digest begins.
  public func thumbnail(of path: String, digest: Digest, longestSide: Int = 512) throws -> String {
    let place = "\(folder)/\(digest.hex.prefix(2))"
    let stem = "\(place)/\(digest.hex)-\(longestSide)"
    for format in [ImageFormat.jpeg, .png] {
      let name = "\(stem).\(format.fileExtension)"
      if try Self.isComplete(name) { return name }
    }
    let image = try ReducedImage(path, longestSide: longestSide, limits: limits)
    guard image.sourceDigest == digest else {
      throw Diagnostic(
        code: "image-changed",
        "the image \(path) has the digest \(image.sourceDigest.short), not \(digest.short) as recorded; it was left as it "
          + "is, and no thumbnail was made",
        help: "find out who changed it, then scan it again")
    }
    try FileSystem.makeDirectories(place)
    let name = "\(stem).\(Thumbnail.format(of: image.facts).fileExtension)"
    let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    let begun = "\(stem).\(getpid())-\(number).part"
    // What a program with our process number left behind when it was killed.
    try FileSystem.removeFile(begun)
    try Thumbnail(image: image).write(to: begun, source: path)
    try FileSystem.rename(begun, to: name)
    return name
  }

  /// Tells the temporary files of one process apart.
  private static let counter = Atomic<UInt64>(0)

  /// Whether a thumbnail is there to its last bytes: after a power failure a new file may be empty or end in zeros.
  private static func isComplete(_ name: String) throws -> Bool {
    guard let status = try FileStatus(name), status.kind == .file, status.size >= 4 else { return false }
    return try FileSystem.withDescriptor(name, O_RDONLY, operation: "read") { descriptor in
      var ending = [UInt8](repeating: 0, count: 4)
      let count = try ending.withUnsafeMutableBytes {
        try FileSystem.read(descriptor, name, at: status.size - 4, into: $0)
      }
      guard count == 4 else { return false }
      // The end of a JPEG, and the checksum of a PNG's end.
      return ending[2...] == [0xff, 0xd9] || ending == [0xae, 0x42, 0x60, 0x82]
    }
  }
}
