import PipelineCore
import TrainingData

/// COCO object detection: for each split one file with the images that were cropped, and each crop as a box of the one
/// category `crop`.
struct CocoExport: ExportWriter {
  private struct Part {
    var file: ExportFile
    var images: [String] = []
    var annotations = 0
  }

  private let folder: ExportFolder
  private let source: any ImageSource
  private var parts: [Split: Part] = [:]
  private var crops = ExportAccount()

  init(_ folder: ExportFolder, _ source: any ImageSource) throws {
    self.folder = folder
    self.source = source
    for split in Split.allCases {
      let file = try folder.begin("\(split.rawValue).json")
      try file.append(#"{"annotations":["#)
      parts[split] = Part(file: file)
    }
  }

  var accounts: [String: ExportAccount] { ["crops": crops] }

  mutating func add(_ group: DatasetGroup) throws {
    for rows in group.cropsByImage {
      var boxes: [CropBox] = []
      for row in rows {
        switch CropBox.make(row) {
        case .failure(let missing): crops.leaveOut(missing.reason)
        case .success(let box): boxes.append(box)
        }
      }
      guard let first = boxes.first, var part = parts[first.row.split] else { continue }
      switch try place(group, first.row) {
      case .failure(let missing): for _ in boxes { crops.leaveOut(missing.reason) }
      case .success(let name):
        part.images.append(image(first, name, number: part.images.count + 1).canonical)
        for box in boxes {
          part.annotations += 1
          let text = annotation(box, number: part.annotations, image: part.images.count).canonical
          try part.file.append((part.annotations > 1 ? "," : "") + text)
          crops.export(first.row.split)
        }
        parts[first.row.split] = part
      }
    }
  }

  private func place(_ group: DatasetGroup, _ row: CropRow) throws -> Result<String, MissingImage> {
    if folder.images == .none { return .success(group.reference(row.image)) }
    switch try source.image(digest: row.imageDigest, name: row.image) {
    case .failure(let missing): return .failure(missing)
    case .success(let image):
      let name = "images/\(row.split.rawValue)/\(group.key(of: row))\(ExportName.suffix(row.image))"
      if let reason = try folder.add(image, as: name) { return .failure(MissingImage(reason)) }
      return .success(name)
    }
  }

  private func image(_ box: CropBox, _ name: String, number: Int) -> JSONValue {
    [
      "id": .integer(Int64(number)), "file_name": .string(name), "width": .integer(Int64(box.width)),
      "height": .integer(Int64(box.height)), "group_id": .string(box.row.group),
      "lineage_id": .string(box.row.lineage), "image_name": .string(box.row.image),
      "image_digest": box.row.imageDigest.map { .string($0) } ?? .null,
    ]
  }

  private func annotation(_ box: CropBox, number: Int, image: Int) -> JSONValue {
    let pixels = box.pixels
    return [
      "id": .integer(Int64(number)), "image_id": .integer(Int64(image)), "category_id": 1, "iscrowd": 0,
      "bbox": .array(pixels.map { .number($0) }), "area": .number(pixels[2] * pixels[3]),
      "crop_id": .string(box.row.crop), "occurrence": .integer(Int64(box.row.occurrence)),
    ]
  }

  mutating func finish() throws {
    for split in Split.allCases {
      guard let part = parts[split] else { continue }
      try part.file.append(#"],"categories":[{"id":1,"name":"crop","supercategory":"crop"}],"images":["#)
      for (index, image) in part.images.enumerated() { try part.file.append((index > 0 ? "," : "") + image) }
      let info = #"],"info":{"description":"Darkroom: crops, split \#(split.rawValue)"},"licenses":[]}"#
      try part.file.append(info + "\n")
      try folder.end(part.file, rows: part.annotations)
    }
  }
}
