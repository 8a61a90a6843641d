import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore

/// Where an image of a group is now, as far as custody and the disk tell.
enum ImagePlace {
  /// There, absolute.
  case at(String)
  /// In the Trash, of which this folder, absolute, is not there: that of a volume that is not mounted, or one that was
  /// removed.
  case unreachable(String)
  /// At none of the places that custody knows.
  case gone
}

extension ImageProject {
  /// Where custody knows an image of a group to be, the Trash included. Another file that has come to the image's old
  /// place is not it.
  func knownPlace(
    of image: String, _ digest: Digest, in record: GroupRecord, custody: FileCustody
  ) throws -> ImagePlace {
    let origin = record.origin(of: image)
    let known = try custody.history(ofName: image).filter {
      $0.project == id && $0.file.origin == origin && $0.file.digest == digest
    }
    var place = ImagePlace.gone
    for file in known.map(\.file) {
      switch file.place {
      case .inProject(let place): if try FileStatus(path(place)) != nil { return .at(path(place)) }
      case .trash(let path):
        if try FileStatus(path) != nil { return .at(path) }
        let folder = RelativePath(path).folder.rawValue
        if try FileStatus(following: folder) == nil { place = .unreachable(folder) }
      case .removed, .missing: break
      }
    }
    return place
  }
}
