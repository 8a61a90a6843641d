import PipelineCore
import TrainingData

/// A folder for each split with its images and `metadata.jsonl`, as Hugging Face's `imagefolder` reads it.
///
/// That reader finds out the columns' types from each split for itself and wants the same ones: only columns that are
/// never null are there. The others are in the table `images`, by `group_id` and `index`. The reader calls the picture
/// itself `image`, so the file's old name is `image_name`.
struct ImageFolderExport: ExportWriter {
  private let folder: ExportFolder
  private let source: any ImageSource
  private var lines: SplitFiles
  private var images = ExportAccount()

  init(_ folder: ExportFolder, _ source: any ImageSource) {
    self.folder = folder
    self.source = source
    lines = SplitFiles(folder) { "\($0.rawValue)/metadata.jsonl" }
  }

  var accounts: [String: ExportAccount] { ["images": images] }

  mutating func add(_ group: DatasetGroup) throws {
    for row in group.images {
      switch try source.image(digest: row.digest, name: row.image) {
      case .failure(let missing): images.leaveOut(missing.reason)
      case .success(let image):
        let name = ExportName.key(group: row.group, index: row.index) + ExportName.suffix(row.image)
        if let reason = try folder.add(image, as: "\(row.split.rawValue)/\(name)") {
          images.leaveOut(reason)
          continue
        }
        var line = SampleText.members(row, group)
        line["file_name"] = .string(name)
        line["text"] = .string(try SampleText.caption(row, image, source))
        line["image_digest"] = .string(image.digest.hex)
        try lines.append(.object(line), to: row.split)
        images.export(row.split)
      }
    }
  }

  mutating func finish() throws { try lines.finish() }
}

/// What is said of an image where it lies itself beside it.
enum SampleText {
  /// Columns that are never null.
  static func members(_ row: ImageRow, _ group: DatasetGroup) -> [String: JSONValue] {
    [
      "group_id": .string(row.group), "lineage_id": .string(row.lineage), "project_id": .string(row.project),
      "index": .integer(Int64(row.index)), "image_name": .string(row.image), "picked": .bool(row.isPicked),
      "stage": .number(row.stage), "action": .string(group.selection?.action.rawValue ?? ""),
    ]
  }

  /// The caption beside the image, else its prompt, else nothing.
  static func caption(_ row: ImageRow, _ image: FoundImage, _ source: any ImageSource) throws -> String {
    try source.caption(of: image) ?? row.prompt ?? ""
  }
}
