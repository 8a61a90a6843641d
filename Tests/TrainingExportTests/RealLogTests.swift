import DarkroomTesting
import FileSystem
import Testing
import TrainingData
import TrainingExport

@Suite(
  "Exports of the real crop log",
  .enabled(
    if: SharedData.cropLog != nil,
    "there is no shared/data/real_crop_log.csv: set DARKROOM_SHARED_DATA to its folder"))
struct RealLogTests {
  /// The log's records as rows: the file has no quotes.
  private func rows() throws -> (crops: [CropRow], selections: [SelectionRow]) {
    let log = try #require(SharedData.cropLog)
    let text = String(decoding: try FileSystem.read(log), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let header = try #require(lines.first)
    var occurrences: [String: Int] = [:]
    var crops: [CropRow] = []
    var selections: [SelectionRow] = []
    for cells in lines.dropFirst() {
      let record = Dictionary(zip(header, cells)) { first, _ in first }
      func number(_ column: String) throws -> Double {
        let cell = try #require(record[column])
        return try #require(Double(cell))
      }
      let group = try #require(record["set_id"])
      let path = try #require(record["chosen_path"])
      let image = RelativePath(path).name
      let size = (width: try number("width_0"), height: try number("height_0"))
      let lineage = Lineage.name(project: "real", group: group)
      let occurrence = occurrences[group, default: 0]
      occurrences[group] = occurrence + 1
      var crop = CropRow(
        project: "real", group: group, lineage: lineage, crop: "\(group)#\(occurrence)",
        occurrence: occurrence, schemaVersion: 3, image: image,
        rectangle: [
          try number("crop_x1") / size.width, try number("crop_y1") / size.height,
          try number("crop_x2") / size.width, try number("crop_y2") / size.height,
        ], decidedAt: try #require(record["timestamp"]), exposure: .unknown)
      crop.imageWidth = Int(size.width)
      crop.imageHeight = Int(size.height)
      crops.append(crop)
      guard occurrence == 0 else { continue }
      var selection = SelectionRow(
        project: "real", group: group, lineage: lineage, decision: nil, schemaVersion: 3, images: [image],
        action: .crop, exposure: .unknown, decidedAt: crop.decidedAt)
      selection.pickedIndex = 0
      selections.append(selection)
    }
    func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
    crops.sort { $0.group == $1.group ? $0.occurrence < $1.occurrence : precedes($0.group, $1.group) }
    selections.sort { precedes($0.group, $1.group) }
    return (crops, selections)
  }

  @Test("All 3,978 rectangles come back from CSV, JSON lines and COCO within half a pixel")
  func rectangles() throws {
    let workspace = try TemporaryWorkspace()
    let dataset = DatasetFiles(path: "\(workspace.path)/dataset")
    try FileSystem.makeDirectory(dataset.path)
    func write<Row: TrainingRow>(_ rows: [Row]) throws {
      var text = ""
      for row in rows { row.append(to: &text) }
      try FileSystem.create("\(dataset.path)/\(Row.fileName)", text.utf8)
    }
    let (crops, selections) = try rows()
    try write(crops)
    try write(selections)
    try write([ImageRow]())
    for format in [ExportFormat.csv, .jsonl, .coco] {
      let path = "\(workspace.path)/export/\(format.rawValue)"
      try FileSystem.makeDirectories(path)
      let export = try DatasetExport(
        dataset: dataset, project: "real", format: format, images: .none, source: NoImages())
      let contents = try export.write(to: path)
      #expect(contents.accounts["crops"]?.leftOut == [:])
    }
    let log = try #require(SharedData.cropLog)
    #expect(try Readers.check("real", "\(workspace.path)/export", log) == "3978")
  }

  @Test("Imported, joined and exported by the program: all 3,978, and a second run does nothing")
  func joined() throws {
    let workspace = try TemporaryWorkspace()
    try workspace.write("configs/darkroom.json", "{ \"version\": 1 }\n")
    try workspace.write(
      "data/projects/mojo3.project.json", #"{ "schema": "project_v1", "id": "mojo3", "root": "mojo3" }"#)
    try workspace.write(
      "pipelines/p.json",
      """
      { "version": 1, "name": "p", "stages": {
          "join": { "uses": "training.join" },
          "export": { "uses": "training.export", "needs": ["join"],
            "with": { "formats": ["csv", "jsonl", "coco"] } } } }
      """)
    let log = try #require(SharedData.cropLog)
    for arguments in [["import", log, "--project", "mojo3", "--apply"], ["run", "p"]] {
      let result = try DarkroomProgram.run(arguments, in: workspace.path)
      #expect(result.status == 0, "\(result.output) \(result.errors)")
    }
    try FileSystem.makeDirectory("\(workspace.path)/all")
    for format in ["csv", "jsonl", "coco"] {
      let place = "\(workspace.path)/data/training/exports/mojo3/\(format)"
      try FileSystem.makeLink("\(workspace.path)/all/\(format)", to: "\(place)/current")
    }
    #expect(try Readers.check("real", "\(workspace.path)/all", log) == "3978")
    let before = try FileSystem.filesBelow("\(workspace.path)/data/training")
    let again = try DarkroomProgram.run(["run", "p"], in: workspace.path)
    #expect(again.status == 0)
    #expect(again.output.contains("up to date"), "\(again.output)")
    #expect(try FileSystem.filesBelow("\(workspace.path)/data/training") == before)
  }
}
