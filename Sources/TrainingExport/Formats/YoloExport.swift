import PipelineCore
import TrainingData

/// YOLO detection: `images/SPLIT` and beside it `labels/SPLIT`, where each line of a text file is a crop of the image with
/// the same name: `0` and centre and size as fractions of the displayed image.
struct YoloExport: ExportWriter {
  private let folder: ExportFolder
  private let source: any ImageSource
  private var crops = ExportAccount()

  init(_ folder: ExportFolder, _ source: any ImageSource) {
    self.folder = folder
    self.source = source
  }

  var accounts: [String: ExportAccount] { ["crops": crops] }

  mutating func add(_ group: DatasetGroup) throws {
    for rows in group.cropsByImage {
      var boxes: [CropBox] = []
      for row in rows {
        switch CropBox.make(row) {
        // The fractions are all that is needed here.
        case .failure(let missing) where missing.reason == .noSize:
          boxes.append(CropBox(row: row, width: 1, height: 1))
        case .failure(let missing): crops.leaveOut(missing.reason)
        case .success(let box): boxes.append(box)
        }
      }
      guard let first = boxes.first?.row else { continue }
      let key = group.key(of: first)
      switch try source.image(digest: first.imageDigest, name: first.image) {
      case .failure(let missing): for _ in boxes { crops.leaveOut(missing.reason) }
      case .success(let image):
        let split = first.split.rawValue
        if let reason = try folder.add(image, as: "images/\(split)/\(key)\(ExportName.suffix(first.image))") {
          for _ in boxes { crops.leaveOut(reason) }
          continue
        }
        let file = try folder.begin("labels/\(split)/\(key).txt")
        for box in boxes {
          try file.append("0 " + box.centred.map { "\($0)" }.joined(separator: " ") + "\n")
          crops.export(first.split)
        }
        try folder.end(file, rows: boxes.count)
      }
    }
  }

  /// Paths are relative to the file: without `path`, readers take the folder that it lies in.
  mutating func finish() throws {
    let file = try folder.begin("data.yaml")
    try file.append("train: images/train\nval: images/validation\ntest: images/test\nnames:\n  0: crop\n")
    try folder.end(file, rows: nil)
  }
}
