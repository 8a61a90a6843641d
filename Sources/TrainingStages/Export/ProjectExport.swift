public import FileCustody
import FileSystem
public import ImageStages
public import PipelineCore
public import TrainingData
public import TrainingExport

/// The export of one project's published dataset, with the images where custody has them.
public enum ProjectExport {
  /// Opens it.
  /// - Parameters:
  ///   - project: whose root is needed to find images; `nil` when none are wanted.
  ///   - custody: `nil` when no file was ever seen.
  /// - Throws: as `DatasetExport.init`, and what reading the registry throws.
  public static func make(
    _ dataset: DatasetFiles, id: String, format: ExportFormat, images: ExportImages,
    project: () throws -> ImageProject, custody: () throws -> FileCustody?,
    limits: ShardLimits = ShardLimits(), check: @escaping (Int) throws -> Void = { _ in }
  ) throws -> DatasetExport {
    let hasImages = format.pixels != .never && images != .none
    let source: any ImageSource =
      hasImages ? try CustodyImages(try custody(), project: try project()) : NoImages()
    return try DatasetExport(
      dataset: dataset, project: id, format: format, images: images, source: source, limits: limits,
      check: check)
  }

  /// Refuses to begin what the disk has no room for. Space that others take meanwhile is an error of the write.
  /// - Parameters:
  ///   - contents: as measured.
  ///   - folder: on the disk that it would be written to.
  /// - Throws: `Diagnostic` `file-disk-full`.
  public static func checkSpace(_ contents: DatasetExport.Contents, in folder: String) throws {
    let free = try FileSystem.freeSpace(of: folder)
    let needed = spaceNeeded(contents)
    guard needed > free else { return }
    throw Diagnostic(
      code: "file-disk-full",
      "the export as \(contents.format.rawValue) takes \(needed) bytes and there are \(free) on the disk of \(folder); nothing was written",
      help: "free some space, export to another disk, or leave the images out")
  }

  /// The bytes that an export takes on the disk: hard links take none. The manifest, below 300 bytes for each file, counts.
  public static func spaceNeeded(_ contents: DatasetExport.Contents) -> Int64 {
    let own =
      contents.images == .link
      ? contents.files.filter { $0.rows != nil || $0.path == "data.yaml" } : contents.files
    return own.reduce(0) { $0 + $1.bytes } + Int64(contents.manifest.utf8.count) + 64
      * Int64(contents.files.count)
  }

  /// What was left out, for people; `nil` when nothing was that should have been there.
  public static func finding(_ contents: DatasetExport.Contents) -> Diagnostic? {
    var counts: [Omission: Int] = [:]
    for account in contents.accounts.values { counts.merge(account.leftOut) { $0 + $1 } }
    // These say nothing of the files' state: there was no preference to export.
    for reason in [Omission.reject, .oneImage] { counts[reason] = nil }
    if counts.isEmpty { return nil }
    let reasons = counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }
    return Diagnostic(
      .warning, code: "export-left-out",
      "\(contents.project) as \(contents.format.rawValue): left out \(reasons.joined(separator: ", "))",
      help: "`darkroom where NAME` and `darkroom audit` say what happened to an image")
  }
}
