public import FileCustody
import FileSystem
public import ImageStages
import PipelineCore
public import TrainingExport

/// Where a project's images are now, as custody knows it. A file in the Trash counts as gone.
public struct CustodyImages: ImageSource {
  private let project: ImageProject
  /// By present digest, those in the project first, then in the order of their origins.
  private let present: [Digest: [KnownFile]]
  /// Those that have another digest now, by their first one.
  private let changed: [Digest: KnownFile]
  /// A caption is a text of a few lines; a longer file beside an image is something else.
  static let longestCaption: Int64 = 1 << 20

  /// Reads the registry once: what is moved later is not noticed.
  /// - Parameter custody: `nil` when no file was ever seen.
  public init(_ custody: FileCustody?, project: ImageProject) throws {
    self.project = project
    var present: [Digest: [KnownFile]] = [:]
    var changed: [Digest: KnownFile] = [:]
    for file in try custody?.files(project: project.id) ?? [] where file.kind == .image {
      present[file.digest, default: []].append(file)
      if file.firstDigest != file.digest { changed[file.firstDigest] = file }
    }
    self.present = present
    self.changed = changed
  }

  public func image(digest: String?, name: String) throws -> Result<FoundImage, MissingImage> {
    guard let digest = digest.flatMap({ Digest(hex: $0) }) else {
      return .failure(MissingImage(.noDigest))
    }
    guard let files = present[digest] else {
      return .failure(MissingImage(changed[digest] == nil ? .unknownImage : .changed))
    }
    let name = RelativePath(name)
    var isInTrash = false
    let named = files.filter { RelativePath($0.origin.name) == name }
    let others = files.filter { RelativePath($0.origin.name) != name }
    for file in named + others {
      switch file.place {
      case .inProject(let place):
        let path = project.path(place)
        guard let status = try FileStatus(path), status.kind == .file else { continue }
        return .success(FoundImage(path: path, digest: digest, bytes: status.size))
      case .trash: isInTrash = true
      case .removed, .missing: continue
      }
    }
    return .failure(MissingImage(isInTrash ? .inTrash : .gone))
  }

  /// The text of `STEM.caption`, or of `STEM.txt`, beside the image, without the line ends at its end. An empty file is
  /// no caption. Bytes that are not UTF-8 become U+FFFD.
  public func caption(of image: FoundImage) throws -> String? {
    let place = RelativePath(image.path)
    for suffix in ["caption", "txt"] {
      let path = "\(place.folder)/\(place.stem).\(suffix)"
      guard let status = try FileStatus(path), status.kind == .file, status.size <= Self.longestCaption else {
        continue
      }
      var bytes = try FileSystem.read(path)
      while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
        bytes.removeLast()
      }
      if !bytes.isEmpty { return String(decoding: bytes, as: UTF8.self) }
    }
    return nil
  }
}
