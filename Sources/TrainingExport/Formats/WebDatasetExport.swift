import PipelineCore
import TrainingData

/// WebDataset: tar files in which files with the same key follow each other: the image, `json` with what is said of it,
/// `txt` with its caption. Keys have no dot: readers take what follows the first one for the extension.
struct WebDatasetExport: ExportWriter {
  private struct Shard {
    var file: ExportFile
    var samples = 0
  }

  private let folder: ExportFolder
  private let source: any ImageSource
  private let limits: ShardLimits
  private var open: [Split: Shard] = [:]
  private var begun: [Split: Int] = [:]
  private var images = ExportAccount()

  init(_ folder: ExportFolder, _ source: any ImageSource, _ limits: ShardLimits) {
    self.folder = folder
    self.source = source
    self.limits = limits
  }

  var accounts: [String: ExportAccount] { ["images": images] }

  mutating func add(_ group: DatasetGroup) throws {
    for row in group.images {
      switch try source.image(digest: row.digest, name: row.image) {
      case .failure(let missing): images.leaveOut(missing.reason)
      case .success(let image):
        switch try folder.read(image) {
        case .failure(let missing): images.leaveOut(missing.reason)
        case .success(let bytes):
          try add(row, group, image, bytes)
          images.export(row.split)
        }
      }
    }
  }

  private mutating func add(
    _ row: ImageRow, _ group: DatasetGroup, _ image: FoundImage, _ bytes: [UInt8]
  ) throws {
    var members = row.members.merging(SampleText.members(row, group)) { $1 }
    members["image_digest"] = .string(image.digest.hex)
    members["crops"] = .array(
      group.crops.filter { group.image(named: $0.image)?.index == row.index }.map {
        .array($0.rectangle.map { .number($0) })
      })
    let json = Array(JSONValue.object(members).canonical.utf8)
    let text = Array(try SampleText.caption(row, image, source).utf8)
    let size = [image.bytes, Int64(json.count), Int64(text.count)].reduce(0) { sum, bytes in
      sum + Int64(TarHeader.blockSize + TarHeader.padding(bytes)) + bytes
    }
    var shard = try shard(row.split, room: size)
    let key = ExportName.key(group: row.group, index: row.index)
    try append(key + ExportName.suffix(row.image), bytes, image.bytes, to: shard.file)
    try append(key + ".json", json, Int64(json.count), to: shard.file)
    try append(key + ".txt", text, Int64(text.count), to: shard.file)
    shard.samples += 1
    open[row.split] = shard
  }

  /// The shard that the next sample goes into. One sample always fits: there is no smaller shard.
  private mutating func shard(_ split: Split, room: Int64) throws -> Shard {
    if let shard = open[split] {
      if shard.samples < limits.samples, shard.file.bytes + room + Int64(TarHeader.end.count) <= limits.bytes
      {
        return shard
      }
      try close(shard)
    }
    let number = begun[split, default: 0]
    begun[split] = number + 1
    let digits = String(number)
    let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    return Shard(file: try folder.begin("\(split.rawValue)-\(name).tar"))
  }

  private func close(_ shard: Shard) throws {
    try shard.file.append(TarHeader.end)
    try folder.end(shard.file, rows: shard.samples)
  }

  private func append(_ name: String, _ bytes: [UInt8], _ size: Int64, to file: ExportFile) throws {
    try file.append(TarHeader.make(name: name, bytes: size))
    try file.append(bytes)
    // In a dry run the image's bytes are not at hand.
    file.count(size - Int64(bytes.count))
    try file.append([UInt8](repeating: 0, count: TarHeader.padding(size)))
  }

  mutating func finish() throws {
    for split in Split.allCases {
      if let shard = open[split] { try close(shard) }
    }
  }
}
