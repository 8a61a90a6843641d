import DarkroomTesting
import FileCustody
import FileSystem
import Foundation
import ImageFiles
import ImageStages
import PipelineCore
import Testing
import TrainingData
import TrainingExport
import TrainingStages

/// A workspace with one project of painted images, known to custody, and a dataset of decisions on them.
final class ExportBench {
  static let project = "p1"
  let workspace = try? TemporaryWorkspace()
  let root: String
  private(set) var selections: [SelectionRow] = []
  private(set) var crops: [CropRow] = []
  private(set) var images: [ImageRow] = []
  /// The place of each image below the project's root, by digest.
  private(set) var places: [String: String] = [:]
  private var random: SeededRandom

  var imageFolder: String { "\(root)/images" }
  var dataset: DatasetFiles { DatasetFiles(path: "\(root)/data/training/datasets/p1/versions/v1") }

  /// File names that break what is careless: spaces, quotes, line feeds, dots, letters beyond ASCII.
  private static let names = [
    "20250705_230713_stage1_generated", "a b'\"c", "line\nfeed", "v1.5.final", "日本 é", "=1+1", "-rf",
    "#x%41?",
  ]
  private static let groupNames = ["g_%", "Older Group/1.2 ü %", "CASE%", "case%", "x%\n"]

  init(groups: Int, seed: UInt64) throws {
    root = try #require(workspace?.path)
    random = SeededRandom(seed: seed)
    try workspace?.write(
      "data/projects/p1.project.json", #"{"schema":"project_v1","id":"p1","root":"images"}"#)
    try workspace?.write("configs/darkroom.json", "{ \"version\": 1 }\n")
    for number in 0..<groups { try makeGroup(number) }
    selections.sort { $0.group.utf8.lexicographicallyPrecedes($1.group.utf8) }
    crops.sort { ($0.group, $0.occurrence) < ($1.group, $1.occurrence) }
    crops.sort { $0.group.utf8.lexicographicallyPrecedes($1.group.utf8) }
    images.sort { $0.index < $1.index }
    images.sort { $0.group.utf8.lexicographicallyPrecedes($1.group.utf8) }
    try publish()
    try register()
  }

  private func makeGroup(_ number: Int) throws {
    let id = Self.groupNames[number % Self.groupNames.count].replacing("%", with: "\(number)")
    let count = 1 + random.next(below: 4)
    let lineage = Lineage.name(project: Self.project, group: id)
    // Folders hold files of the same names.
    let folder = "batch \(number / Self.names.count)"
    let names = (0..<count).map { "\(Self.names[(number + $0) % Self.names.count])_\($0).png" }
    let sizes = names.map { _ in (width: 8 + random.next(below: 24), height: 8 + random.next(below: 24)) }
    let digests = try zip(names, sizes).map { name, size in
      try paint("\(folder)/\(number)/\(name)", size.width, size.height)
    }
    let action = SelectionRow.Action.allCases[random.next(below: 3)]
    let picked = action == .reject ? nil : random.next(below: count)
    var row = SelectionRow(
      project: Self.project, group: id, lineage: lineage, decision: nil, schemaVersion: 4, images: names,
      action: action, exposure: .shown, decidedAt: "2026-01-02T03:04:05.000000Z")
    row.directory = "\(folder)/\(number)"
    row.digests = digests
    row.pickedIndex = picked
    row.pickedImage = picked.map { names[$0] }
    row.confidence = random.chance(0.5) ? Double(random.next(below: 1000)) / 999 : nil
    row.recommender = random.chance(0.3) ? "=cmd|'/c calc'!A0" : nil
    selections.append(row)
    for index in names.indices {
      images.append(
        ImageRow(
          project: Self.project, group: id, lineage: lineage, index: index, image: names[index],
          digest: digests[index], stage: [0, 1, 1.5, 2][index], isPicked: index == picked, isRecommended: nil,
          prompt: random.chance(0.5) ? "a \"prompt\", of \(number)\nwith lines, é" : nil, measurement: nil))
    }
    guard let picked, action == .crop else { return }
    for occurrence in 0..<(1 + random.next(below: 2)) {
      let x = Double(random.next(below: 400)) / 1000
      let y = Double(random.next(below: 400)) / 1000
      var crop = CropRow(
        project: Self.project, group: id, lineage: lineage, crop: "c_\(number)_\(occurrence)",
        occurrence: occurrence, schemaVersion: 4, image: names[picked],
        rectangle: [x, y, x + 0.5, y + 1.0 / 3],
        decidedAt: "2026-01-02T03:04:05.000000Z", exposure: .none)
      crop.imageDigest = digests[picked]
      crop.imageWidth = sizes[picked].width
      crop.imageHeight = sizes[picked].height
      crops.append(crop)
    }
  }

  private func paint(_ path: String, _ width: Int, _ height: Int) throws -> String {
    let file = "\(imageFolder)/\(path)"
    try FileSystem.makeDirectories(RelativePath(file).folder.rawValue)
    let bytes = (0..<width * height * 3).map { _ in UInt8(random.next(below: 256)) }
    let pixels = try #require(RGBRaster(width: width, height: height, bytes: bytes))
    try ImageFiles.create(file, pixels: pixels)
    let stem = String(file.dropLast(4))
    if random.chance(0.3) { try FileSystem.create(stem + ".caption", "caption of \(path)\n".utf8) }
    if random.chance(0.2) { try FileSystem.create(stem + ".txt", "text of \(path)".utf8) }
    let digest = try FileSystem.digest(file).digest.hex
    places[digest] = path
    return digest
  }

  /// Writes the rows as `training.join` publishes them.
  func publish(version: String = "v1") throws {
    let folder = "\(root)/data/training/datasets/p1"
    try FileSystem.makeDirectories("\(folder)/versions/\(version)")
    func write<Row: TrainingRow>(_ rows: [Row]) throws {
      var text = ""
      for row in rows { row.append(to: &text) }
      try FileSystem.create("\(folder)/versions/\(version)/\(Row.fileName)", text.utf8)
    }
    try write(selections)
    try write(crops)
    try write(images)
    try FileSystem.removeFile("\(folder)/current")
    try FileSystem.makeLink("\(folder)/current", to: "versions/\(version)")
  }

  private func register() throws {
    let files = try FileSystem.filesBelow(imageFolder).filter { $0.hasSuffix(".png") }.map { name in
      let (digest, status) = try FileSystem.digest("\(imageFolder)/\(name)")
      return SeenFile(origin: RelativePath(name), kind: .image, digest: digest, status: status)
    }
    try custody().register(files, project: Self.project)
  }

  /// Takes the last decision back, as a later join would show it.
  func dropLastGroup() throws {
    let group = try #require(selections.last).group
    selections.removeLast()
    crops.removeAll { $0.group == group }
    images.removeAll { $0.group == group }
  }

  /// An image with nothing beside it, by digest and place.
  func imageWithoutCaption() throws -> (String, String)? {
    try places.sorted { $0.value < $1.value }.map { ($0.key, $0.value) }.first { _, place in
      let stem = "\(imageFolder)/\(RelativePath(place).folder)/\(RelativePath(place).stem)"
      return try FileStatus("\(stem).caption") == nil && FileStatus("\(stem).txt") == nil
    }
  }

  /// Lets custody move an image below the project's root, or into the Trash.
  func move(_ from: String, to target: String?, project: String) throws {
    let source = "\(imageFolder)/\(from)"
    let step = target.map { CustodyStep.move(from: source, to: "\(imageFolder)/\($0)", digest: nil) }
    try FileSystem.makeDirectories("\(root)/home")
    let custody = try FileCustody(
      workspace: root, trash: SystemTrash(dataHome: "\(root)/home"), clock: { 1_000_000 }, run: nil)
    _ = try custody.perform(
      CustodyOrder(
        id: OrderID(cause: .review, project: project, group: "g", decision: from), cause: .review,
        project: project, root: imageFolder, group: "g", decision: from, actor: "human",
        operations: [
          CustodyOperation(
            verb: target == nil ? .sendToTrash : .move, sourceFolder: "images", targetFolder: "images",
            images: [RelativePath(from).name], steps: [step ?? .trash(source)])
        ]))
  }

  func custody() throws -> FileCustody {
    try FileCustody(workspace: root, clock: { 1_000_000 }, run: nil)
  }

  /// An export of the bench's dataset.
  func export(
    _ format: ExportFormat, images: ExportImages? = nil, limits: ShardLimits = ShardLimits()
  ) throws -> DatasetExport {
    try ProjectExport.make(
      dataset, id: Self.project, format: format, images: images ?? format.usualImages,
      project: { try ImageProjects.project(Self.project, workspace: root) },
      custody: { try FileCustody.openForReading(workspace: root) }, limits: limits)
  }

  /// Writes an export to a new folder.
  func write(
    _ format: ExportFormat, images: ExportImages? = nil, limits: ShardLimits = ShardLimits(),
    to name: String = "export"
  ) throws -> (path: String, contents: DatasetExport.Contents) {
    let path = "\(root)/\(name)"
    try FileSystem.makeDirectory(path)
    return (path, try export(format, images: images, limits: limits).write(to: path))
  }
}

/// The readers that people use, as judges: `read_export.py`.
enum Readers {
  struct Failure: Error, CustomStringConvertible { var description: String }

  /// Lets the format's own reader load an export, and compares what it gives with the dataset's rows, as Python reads
  /// them. Throws what it finds wrong.
  /// - Parameter gone: digests of the images that cannot be there.
  /// - Returns: the line that it prints: how much it compared.
  @discardableResult static func check(
    _ format: String, _ export: String, _ dataset: String, gone: [String] = []
  ) throws -> String {
    let scratch = try TemporaryWorkspace()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "read_export.py")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-B", script.path, format, export, dataset, gone.joined(separator: ",")]
    process.environment = ProcessInfo.processInfo.environment.merging([
      "HF_HUB_OFFLINE": "1", "HF_HOME": scratch.path, "HF_DATASETS_CACHE": "\(scratch.path)/cache",
      "HF_DATASETS_DISABLE_PROGRESS_BARS": "1", "TMPDIR": scratch.path,
    ]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    let errors = "\(scratch.path)/errors"
    try FileSystem.create(errors, [])
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(
        description: "\(format): \(String(decoding: try FileSystem.read(errors).suffix(3000), as: UTF8.self))"
      )
    }
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
