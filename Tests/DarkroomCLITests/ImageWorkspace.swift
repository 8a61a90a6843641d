import FileSystem
import Foundation
import ImageFiles
import Testing

/// A workspace of the program with a project of four small images in three groups, and a Trash of its own.
struct ImageWorkspace {
  static let pair = ["20250701_080000_stage1_generated.png", "20250701_080000_stage2_upscaled.png"]
  static let single = "20250701_090000_stage1_generated.png"
  static let odd = "odd name \"é\"\n.png"
  let program: ProgramWorkspace

  var root: String { "\(program.root)/images" }

  /// - Parameter stages: members of the stage definitions, such as settings, by their names.
  init(with settings: [String: String] = [:]) throws {
    func with(_ stage: String) -> String { settings[stage].map { ", \"with\": \($0)" } ?? "" }
    program = try ProgramWorkspace(pipelines: [
      "nightly": """
      { "version": 1, "name": "nightly", "stages": {
        "catalog": { "uses": "images.catalog", "continueOnError": true },
        "recommend": { "uses": "images.recommend", "needs": ["catalog"]\(with("recommend")) },
        "review": { "uses": "images.review", "needs": ["catalog"], "after": ["recommend"], "continueOnError": true },
        "crop": { "uses": "images.crop", "needs": ["catalog", "review"]\(with("crop")) },
        "trash": { "uses": "images.trash", "after": ["crop"]\(with("trash")) },
        "audit": { "uses": "audit.safety", "after": ["catalog", "recommend", "review", "crop", "trash"] } } }
      """
    ])
    try FileSystem.makeDirectories("\(program.root)/data/projects")
    try FileSystem.makeDirectories("\(program.root)/home")
    try program.write(
      "data/projects/p1.project.json", #"{ "schema": "project_v1", "id": "p1", "root": "images" }"#)
    for (folder, name) in [("a", Self.pair[0]), ("a", Self.pair[1]), ("b", Self.single), ("c", Self.odd)] {
      try image("\(folder)/\(name)")
    }
    try program.write("images/a/20250701_080000_stage2_upscaled.yaml", "seed: 1\n")
  }

  func image(_ path: String, width: Int = 80, height: Int = 70) throws {
    var seed = path.utf8.reduce(UInt32(7)) { ($0 &* 31) &+ UInt32($1) }
    let bytes = (0..<width * height * 3).map { _ -> UInt8 in
      seed = seed &* 1_664_525 &+ 1_013_904_223
      return UInt8(seed >> 24)
    }
    let pixels = try #require(RGBRaster(width: width, height: height, bytes: bytes))
    try FileSystem.makeDirectories("\(root)/\(RelativePath(path).folder)")
    try ImageFiles.create("\(root)/\(path)", pixels: pixels)
  }

  func exists(_ path: String) throws -> Bool { try FileStatus("\(root)/\(path)") != nil }

  /// The paths of the project's files.
  func paths() throws -> [String] { try FileSystem.filesBelow(root) }

  @discardableResult func run(_ arguments: String...) throws -> ProgramWorkspace.Result { try run(arguments) }

  func run(_ arguments: [String]) throws -> ProgramWorkspace.Result {
    try program.finish(program.process(arguments, environment: ["XDG_DATA_HOME": "\(program.root)/home"]))
  }

  /// Runs a night that has to end with this code.
  @discardableResult func night(
    _ status: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> ProgramWorkspace.Result {
    let result = try run("run", "nightly")
    #expect(result.status == status, "\(result.output)\(result.errors)", sourceLocation: sourceLocation)
    return result
  }

  /// The id of the group of an image.
  func group(_ image: String) throws -> String {
    let result = try run("groups", "--all", "--json")
    let value = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let groups = try #require(value["groups"] as? [[String: Any]])
    let found = groups.first { ($0["images"] as? [String])?.contains(image) == true }
    return try #require(found?["group"] as? String, "\(image)")
  }

  /// A text without what differs between runs and machines: times, digests and names made of them, the workspace.
  func masked(_ text: String) throws -> String {
    let path = try #require(realpath(program.root, nil).map { String(cString: $0) })
    return text.replacing(path, with: "WORKSPACE").replacing(program.root, with: "WORKSPACE")
      .replacing(/\b[0-9a-f]{64}\b/, with: "DIGEST").replacing(/\b[0-9a-f]{32}\b/, with: "ID")
      .replacing(/\b[0-9a-f]{12}…/, with: "DIGEST…")
      .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/, with: "TIME")
      .replacing(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?/, with: "TIME")
      .replacing(/"first_seen_us": \d+/, with: "\"first_seen_us\": TIME")
  }
}
