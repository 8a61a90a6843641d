/// A format that people's tools load.
public enum ExportFormat: String, Sendable, CaseIterable {
  /// The dataset's three files of JSON lines, byte for byte.
  case jsonl
  /// The same three tables as RFC 4180 has them.
  case csv
  /// Pairs of a chosen and a rejected image, as JSON lines.
  case preferences
  /// Hugging Face `imagefolder`: a folder of images for each split with its `metadata.jsonl`.
  case imagefolder
  /// COCO object detection: one JSON file for each split, the crops as boxes.
  case coco
  /// YOLO detection: images, and a text file with boxes beside each.
  case yolo
  /// WebDataset: tar files of samples.
  case webdataset

  /// What a format has to do with the images' files.
  public enum Pixels: Sendable {
    /// It is of rows alone.
    case never
    /// It may name images that are elsewhere, or bring them along.
    case optional
    /// It is nothing without them.
    case required
  }

  /// Whether it holds the images.
  public var pixels: Pixels {
    switch self {
    case .jsonl, .csv: .never
    case .preferences, .coco: .optional
    case .imagefolder, .yolo, .webdataset: .required
    }
  }

  /// What happens to the images when nobody says it: they are copied where the format needs them.
  public var usualImages: ExportImages { pixels == .required ? .copy : .none }
}

/// How images get into an export. Originals are never moved and never written.
public enum ExportImages: String, Sendable, CaseIterable {
  /// They do not: rows name them, with their digests.
  case none
  /// As new files, whose digests are checked while they are copied.
  case copy
  /// As hard links: no space is taken, but whoever edits such a file in place edits the original.
  case link
}
