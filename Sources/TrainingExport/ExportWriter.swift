import FileSystem
import PipelineCore
import TrainingData

/// Writes one format, group by group.
protocol ExportWriter {
  mutating func add(_ group: DatasetGroup) throws
  /// Called once, after the last group.
  mutating func finish() throws
  /// What became of the rows, by their kind.
  var accounts: [String: ExportAccount] { get }
}

extension ExportAccount {
  mutating func export(_ split: Split) { exported[split, default: 0] += 1 }
  mutating func leaveOut(_ reason: Omission) { leftOut[reason, default: 0] += 1 }
}

/// One file for each split that has something, begun when the first thing of it comes.
struct SplitFiles {
  private let folder: ExportFolder
  private let name: (Split) -> String
  private var files: [Split: (file: ExportFile, rows: Int)] = [:]

  init(_ folder: ExportFolder, name: @escaping (Split) -> String) {
    self.folder = folder
    self.name = name
  }

  /// Appends one line.
  mutating func append(_ line: JSONValue, to split: Split) throws {
    let entry = try files[split] ?? (folder.begin(name(split)), 0)
    files[split] = (entry.file, entry.rows + 1)
    try entry.file.append(line.canonical + "\n")
  }

  func finish() throws {
    for split in Split.allCases {
      if let entry = files[split] { try folder.end(entry.file, rows: entry.rows) }
    }
  }
}

extension TrainingRow {
  /// The row as an object with all columns.
  var members: [String: JSONValue] {
    Dictionary(uniqueKeysWithValues: zip(Self.columns, cells).map { ($0.name, $1.json) })
  }
}

extension DatasetGroup {
  /// The image of the group with this name: its only one, for names are unique in a folder.
  func image(named name: String) -> ImageRow? {
    images.first { RelativePath($0.image) == RelativePath(name) }
  }

  /// How an image that is not brought along is named: by its place when it was decided on, as far as that is known.
  func reference(_ name: String) -> String {
    guard let directory = selection?.directory, !directory.isEmpty else { return name }
    return "\(directory)/\(name)"
  }
}
