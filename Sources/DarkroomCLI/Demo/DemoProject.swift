import FileSystem
import ImageCatalog
import PipelineCore
import Projects

/// The project `atelier1`: painted images with companions, some faults, and what an invented person decided of them.
///
/// Pixels, names, texts and times are the same on every machine. The bytes of an image are, too, with the same versions
/// of the libraries that compress it; the decisions carry the digests of the images that were really written.
struct DemoProject {
  static let id = "atelier1"
  static let manifestPath = "\(ProjectCatalog.folder)/\(id)\(ProjectCatalog.suffix)"
  /// Workspace-relative.
  static let root = id

  let calendar: DemoCalendar
  var groups: [DemoGroup]

  init(_ calendar: DemoCalendar) {
    self.calendar = calendar
    groups = DemoGroup.all(calendar)
  }

  /// Writes the project into a workspace, the manifest last. Where the manifest is, nothing is written: images may have
  /// been moved since, and must not come back.
  func write(to writer: inout WorkspaceWriter) throws {
    guard try FileStatus("\(writer.root)/\(Self.manifestPath)") == nil else {
      return try writer.write(Self.manifestPath, manifest)
    }
    try FileSystem.makeDirectories("\(writer.root)/\(DecisionInbox.folder)")
    var digests: [RelativePath: Digest] = [:]
    for group in groups {
      try FileSystem.makeDirectories("\(writer.root)/\(Self.root)/\(group.folder.rawValue)")
      for image in group.paint() {
        let path = "\(Self.root)/\(image.path.rawValue)"
        digests[image.path] = try writer.write(path, making: image.create)
        for file in image.companions { try writer.write("\(Self.root)/\(file.path)", file.bytes) }
      }
    }
    try writer.write("\(Self.root)/\(orphan.path)", orphan.bytes)
    let lines = try DemoReview(calendar: calendar, groups: groups, digests: digests).decisions().map {
      $0.json.canonical + "\n"
    }
    try writer.write(DecisionInbox.path(project: Self.id), Array(lines.joined().utf8))
    try writer.write(Self.manifestPath, manifest)
  }

  /// Refuses a workspace that has images or decisions of its own where the demo's would be.
  func refuseToMix(_ workspace: String) throws {
    guard try FileStatus("\(workspace)/\(Self.manifestPath)") == nil,
      try FileStatus(following: "\(workspace)/\(Self.root)") != nil
    else { return }
    let stems = Set(groups.flatMap { group in group.stems.map { group.folder.appending($0) } })
    let other = try FileSystem.filesBelow("\(workspace)/\(Self.root)").map { RelativePath($0) }.first {
      path in
      // What an interrupted `init` left has a further ending.
      let name = path.rawValue
      return path.rawValue != orphan.path
        && !stems.contains { name.hasPrefix($0.rawValue + ".") }
    }
    guard let other else { return }
    throw CommandFailure(
      .usage,
      Diagnostic(
        code: "demo-mix",
        "\(workspace) has files of its own in \(Self.root) (\(FileSystem.shown(other.rawValue))); the demo's images would mix with them; nothing was written",
        help: "make the demo in a new folder: `darkroom init --demo DIR`"))
  }

  /// A sidecar whose image is gone.
  var orphan: DemoLogs.File {
    let moment = "\(calendar.day(2).description.filter { $0 != "-" })_164210"
    let stem = "\(moment)_stage2_upscaled"
    let members = JSONValue.object([
      "group_id": .string("\(Self.id)_\(moment)"), "project_id": .string(Self.id),
      "image": .string("\(stem).png"),
      "needs_crop": .bool(true), "ai_route": .string("manual"), "ai_crop_coords": .null,
      "schema_version": .integer(1),
    ])
    return DemoLogs.File(path: "character_02/\(stem).decision", bytes: Array((members.canonical + "\n").utf8))
  }

  private var manifest: [UInt8] {
    Array(
      """
      {
        "$schema": "../schema/project_v1.schema.json",
        "schema": "project_v1",
        "id": "\(Self.id)",
        "title": "Atelier, first series",
        "root": "\(Self.root)",
        "status": "active",
        "startedAt": "\(calendar.day(9))",
        "folders": {
          "selected": "__selected",
          "crop": "__crop",
          "cropAuto": "__crop_auto",
          "cropped": "__cropped",
          "deleteStaging": "__delete_staging"
        }
      }

      """.utf8)
  }
}
