import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore

extension ImageProject {
  /// Where custody knows an image of a group to be, absolute, the Trash included; `nil` when it is not there. Another file
  /// that has come to the image's old place is not it.
  func knownPlace(
    of image: String, _ digest: Digest, in record: GroupRecord, custody: FileCustody
  ) throws -> String? {
    let origin = record.origin(of: image)
    let known = try custody.history(ofName: image).filter {
      $0.project == id && $0.file.origin == origin && $0.file.digest == digest
    }
    for file in known.map(\.file) {
      switch file.place {
      case .inProject(let place): if try FileStatus(path(place)) != nil { return path(place) }
      case .trash(let place): if try FileStatus(place) != nil { return place }
      case .removed, .missing: break
      }
    }
    return nil
  }
}
