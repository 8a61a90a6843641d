import PipelineCore

/// What can be wrong with an image, as the finding that a person reads. The codes are stable.
enum ImageProblem: String {
  /// The file ends before the image does.
  case truncated = "image-truncated"
  /// The bytes contradict the format, or a checksum.
  case corrupt = "image-corrupt"
  /// More pixels or bytes than the limits allow.
  case tooLarge = "image-too-large"
  /// Several frames or pages.
  case animated = "image-animated"
  /// A format, or a kind of it, that cannot be cropped without loss.
  case unsupported = "image-unsupported"
  /// The name promises another format than the content is.
  case formatMismatch = "image-format-mismatch"
  /// The rectangle is not inside the image.
  case rectangle = "image-rectangle"
  /// Something the source carries was left out.
  case metadataDropped = "image-metadata-dropped"
  /// The library for this format is not installed.
  case libraryMissing = "image-library-missing"
  /// There are bytes after the image's end.
  case trailingData = "image-trailing-data"

  /// The problem of the image at `path`.
  /// - Parameter what: goes on after "the image PATH", such as `ends after 20 bytes`.
  func error(_ path: String, _ what: String, help: String? = nil) -> Diagnostic {
    Diagnostic(
      code: rawValue, "the image \(path) \(what); it was left as it is, and nothing was written",
      help: help ?? standardHelp)
  }

  /// The same as a warning: the work goes on.
  func warning(_ path: String, _ what: String, help: String? = nil) -> Diagnostic {
    Diagnostic(.warning, code: rawValue, "the image \(path) \(what)", help: help)
  }

  private var standardHelp: String? {
    switch self {
    case .truncated, .corrupt: "open it in a viewer; restore it from a backup or generate it again"
    case .tooLarge: "raise the limits if the image is meant to be that large"
    case .animated: "take the frame that is meant out of it and store that as an image of its own"
    default: nil
    }
  }
}
