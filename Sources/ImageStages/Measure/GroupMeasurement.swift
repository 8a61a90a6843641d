import FileCustody
import FileSystem
import ImageCatalog
import ImageMeasurement
import PipelineCore

/// Measures the images of one group wherever they are now.
struct GroupMeasurement {
  let record: GroupRecord
  let project: ImageProject
  let custody: FileCustody
  let context: UnitContext

  /// What came of a group.
  struct Outcome {
    var measured: [MeasuredImage] = []
    /// One warning for each image that cannot be measured.
    var findings: [Diagnostic] = []
    /// Why the group has to be looked at again: the run stops, or something other than an image is out of order.
    var error: (any Error)?
  }

  /// Measures each image whose content is not in `known`, until the run stops.
  func measure(known: Set<Digest>) -> Outcome {
    var outcome = Outcome()
    var known = known
    for (image, digest) in zip(record.group.images, record.digests) {
      guard let digest, known.insert(digest).inserted else { continue }
      do {
        try context.checkCancellation()
        outcome.measured.append(try measure(image, digest))
      } catch let error as CancellationError {
        outcome.error = error
        break
      } catch let error as Diagnostic where Self.isOfTheImage(error) {
        outcome.findings.append(warning(error, image))
      } catch {
        outcome.error = outcome.error ?? error
      }
    }
    return outcome
  }

  private func measure(_ image: String, _ digest: Digest) throws -> MeasuredImage {
    guard let path = try place(of: image, digest) else {
      throw Diagnostic(
        code: "image-gone", "\(record.origin(of: image)) is not there any more",
        help: "`darkroom where \(image)` tells what is known of it")
    }
    let measured = try MeasuredImage.measure(path)
    guard measured.digest == digest else {
      throw Diagnostic(
        code: "image-changed", "the content of \(path) is not what the catalog saw",
        help: "the next run looks at it again; nobody but Darkroom should write in the project")
    }
    return measured
  }

  /// Where an image is: where the catalog saw it, or where custody has put it.
  private func place(of image: String, _ digest: Digest) throws -> String? {
    let path = project.path(record.origin(of: image))
    if try FileStatus(path) != nil { return path }
    let known = try project.knownPlace(of: image, digest, in: record, custody: custody)
    return if case .at(let path) = known { path } else { nil }
  }

  /// Whether a finding is about the image, so that trying again would find the same.
  static func isOfTheImage(_ error: Diagnostic) -> Bool {
    error.code.hasPrefix("image-") && error.code != "image-library-missing"
  }

  private func warning(_ error: Diagnostic, _ image: String) -> Diagnostic {
    var finding = error
    finding.severity = .warning
    finding.notes.append(
      .init("\(image) of group \(record.group.id) was not measured; the others of its group were"))
    return finding
  }
}
