import FileSystem
public import PipelineCore
public import TrainingData

/// How large a tar file of samples gets.
public struct ShardLimits: Sendable, Equatable {
  /// At most so many bytes, if more than one sample is in it.
  public var bytes: Int64
  /// At most so many samples, at least 1.
  public var samples: Int

  public init(bytes: Int64 = 1_000_000_000, samples: Int = 10_000) {
    self.bytes = bytes
    self.samples = samples
  }
}

/// One dataset in one format. The same dataset and the same images give the same bytes.
public struct DatasetExport {
  /// What is exported.
  public let dataset: DatasetFiles
  /// The id of its project.
  public let project: String
  public let format: ExportFormat
  /// What becomes of the images: none for formats of rows alone.
  public let images: ExportImages
  /// Where images are.
  public let source: any ImageSource
  public let limits: ShardLimits
  /// Called now and then with the number of groups or rows so far; what it throws ends the export.
  public let check: (Int) throws -> Void

  /// - Parameter images: not used for formats of rows alone.
  /// - Throws: `Diagnostic` `export-images` for a format that needs images when there are to be none.
  public init(
    dataset: DatasetFiles, project: String, format: ExportFormat, images: ExportImages,
    source: any ImageSource, limits: ShardLimits = ShardLimits(),
    check: @escaping (Int) throws -> Void = { _ in }
  ) throws {
    if format.pixels == .required, images == .none { throw Self.needsImages(format) }
    self.dataset = dataset
    self.project = project
    self.format = format
    self.images = format.pixels == .never ? .none : images
    self.source = source
    self.limits = limits
    self.check = check
  }

  /// What is said of a format that is nothing without images.
  public static func needsImages(_ format: ExportFormat) -> Diagnostic {
    Diagnostic(
      code: "export-images", "an export as \(format.rawValue) is nothing without the images' files",
      help: "let them be copied, which takes their space, or linked")
  }

  /// Counts what ``write(to:)`` would write. Of images, the presence and the size are looked at, not the content.
  public func measure() throws -> Contents {
    try contents(ExportFolder(path: nil, images: images))
  }

  /// Writes everything, `manifest.json` last. Nothing is durable then.
  /// - Parameter path: absolute, of an empty folder of our own.
  /// - Throws: `FileError`, what the dataset's files throw. The folder has a part of the export then.
  public func write(to path: String) throws -> Contents {
    let contents = try contents(ExportFolder(path: path, images: images))
    try FileSystem.create("\(path)/\(DatasetFiles.manifestName)", contents.manifest.utf8)
    return contents
  }

  private func contents(_ folder: ExportFolder) throws -> Contents {
    let accounts: [String: ExportAccount]
    switch format {
    case .jsonl:
      accounts = try TableExport(dataset: dataset, folder: folder, check: check).writeLines()
    case .csv: accounts = try TableExport(dataset: dataset, folder: folder, check: check).writeCSV()
    case .preferences: accounts = try write(PreferenceExport(folder, source))
    case .imagefolder: accounts = try write(ImageFolderExport(folder, source))
    case .coco: accounts = try write(CocoExport(folder, source))
    case .yolo: accounts = try write(YoloExport(folder, source))
    case .webdataset: accounts = try write(WebDatasetExport(folder, source, limits))
    }
    return Contents(
      project: project, format: format, images: images, accounts: accounts,
      files: folder.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) })
  }

  private func write(_ writer: some ExportWriter) throws -> [String: ExportAccount] {
    var writer = writer
    var count = 0
    try dataset.forEachGroup { group in
      try writer.add(group)
      count += 1
      try check(count)
    }
    try writer.finish()
    return writer.accounts
  }

  /// What an export has, or would have.
  public struct Contents: Sendable {
    public let project: String
    public let format: ExportFormat
    public let images: ExportImages
    /// What became of the rows, by their kind: `selections`, `crops`, `images`, `groups`, `pairs`.
    public let accounts: [String: ExportAccount]
    /// All files but the manifest, in the order of the bytes of their paths.
    public let files: [ExportFolder.File]

    /// The size of all files; with hard links, more than what they take on the disk.
    public var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }

    /// The text of `manifest.json`.
    public var manifest: String {
      let files = files.map { file -> JSONValue in
        [
          "path": .string(file.path), "bytes": .integer(file.bytes),
          "sha256": file.digest.map { .string($0.hex) } ?? .null,
          "rows": file.rows.map { .integer(Int64($0)) } ?? .null,
        ]
      }
      let value: JSONValue = [
        "schema": "training_export_manifest_v1", "project": .string(project),
        "format": .string(format.rawValue), "images": .string(images.rawValue),
        "rows": .object(accounts.mapValues(Self.json)), "files": .array(files),
      ]
      return value.pretty
    }

    private static func json(_ account: ExportAccount) -> JSONValue {
      [
        "seen": .integer(Int64(account.seen)),
        "exported": .object(
          Dictionary(
            uniqueKeysWithValues: account.exported.map { ($0.key.rawValue, .integer(Int64($0.value))) })),
        "left_out": .object(
          Dictionary(
            uniqueKeysWithValues: account.leftOut.map { ($0.key.rawValue, .integer(Int64($0.value))) })),
      ]
    }
  }
}
