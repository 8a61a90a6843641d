import FileSystem
import TrainingData

/// A crop of an image whose size is known.
struct CropBox {
  let row: CropRow
  let width: Int
  let height: Int

  /// - Returns: a reason when the row has no size, or no rectangle.
  static func make(_ row: CropRow) -> Result<CropBox, MissingImage> {
    let (x1, y1, x2, y2) = (row.rectangle[0], row.rectangle[1], row.rectangle[2], row.rectangle[3])
    guard 0 <= x1, x1 < x2, x2 <= 1, 0 <= y1, y1 < y2, y2 <= 1 else {
      return .failure(MissingImage(.badRectangle))
    }
    guard let width = row.imageWidth, let height = row.imageHeight, width > 0, height > 0 else {
      return .failure(MissingImage(.noSize))
    }
    return .success(CropBox(row: row, width: width, height: height))
  }

  /// Left, top, width and height in pixels of the displayed image, not rounded.
  var pixels: [Double] {
    let (width, height) = (Double(width), Double(height))
    return [
      row.rectangle[0] * width, row.rectangle[1] * height, (row.rectangle[2] - row.rectangle[0]) * width,
      (row.rectangle[3] - row.rectangle[1]) * height,
    ]
  }

  /// Centre and size as fractions of the displayed image.
  var centred: [Double] {
    let box = row.rectangle
    return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]]
  }
}

extension DatasetGroup {
  /// The key of a cropped image.
  func key(of crop: CropRow) -> String {
    guard let image = image(named: crop.image) else { return ExportName.key(group: id, name: crop.image) }
    return ExportName.key(group: id, index: image.index)
  }

  /// The crops by image, in the order of the rows.
  var cropsByImage: [[CropRow]] {
    var order: [RelativePath] = []
    var found: [RelativePath: [CropRow]] = [:]
    for crop in crops {
      let name = RelativePath(crop.image)
      if found[name] == nil { order.append(name) }
      found[name, default: []].append(crop)
    }
    return order.compactMap { found[$0] }
  }
}
