import PipelineCore

/// A project as its manifest `data/projects/ID.project.json` describes it (`project_v1`).
public struct ProjectManifest: Sendable, Equatable {
  public enum Status: String, Sendable, CaseIterable { case active, finished, archived }
  public let id: String
  public let title: String
  /// The project's folder, relative to the workspace or absolute.
  public let root: PathComponents
  public let status: Status
  /// Dates `YYYY-MM-DD`, perhaps with a time of day, as the manifest says them.
  public let startedAt: String?
  public let finishedAt: String?
  /// The production folders' names and what they mean.
  public let folders: [String: DestinationCategory]
  /// The production folders below ``root``, those that the manifest does not name with their usual names.
  public let production: ProductionFolders
  /// The stages of production, in the order in which names are searched for them; empty for the usual ones.
  public let stages: [ManifestStage]
  /// Further path prefixes that logs use for the project.
  public let paths: [PathComponents]

  /// The folders a manifest can name, with their meaning.
  static let folderKeys: [String: DestinationCategory] = [
    "selected": .selected, "crop": .crop, "cropAuto": .crop, "cropped": .cropped, "deleteStaging": .delete,
  ]

  /// The members that a manifest may have; `$schema` is for editors.
  static let memberNames: Set<String> = [
    "$schema", "schema", "id", "title", "root", "status", "startedAt", "finishedAt", "folders", "stages",
    "paths",
  ]

  /// Reads one manifest.
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - path: the workspace-relative path, for messages.
  /// - Throws: `Diagnostics` with every error, each with its place.
  public init(_ bytes: [UInt8], path: String) throws {
    let tree: LocatedJSON
    do {
      tree = try LocatedJSON.parse(bytes, path: path)
    } catch let error as Diagnostic {
      throw Diagnostics([error])
    }
    var members = ManifestMembers(tree)
    let schema = members.text("schema", required: true)
    if let schema, schema.text != "project_v1" {
      members.report(
        "manifest-schema", "schema is \(schema.text), only project_v1 is known", at: schema.location)
    }
    let id = members.text("id", required: true)
    if let id,
      id.text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]*/) == nil || id.text == ProjectCatalog.unassigned
    {
      members.report(
        "manifest-id", "\(id.text) cannot be a project's id",
        at: id.location, help: "use letters, digits, . _ and -; \(ProjectCatalog.unassigned) is taken")
    }
    let title = members.text("title", required: false)
    let root = members.text("root", required: true)
    let status = members.status()
    startedAt = members.date("startedAt")
    finishedAt = members.date("finishedAt")
    folders = members.folders()
    production = members.production()
    stages = members.stages()
    paths = members.paths()
    members.reportUnknown(besides: Self.memberNames)
    guard members.problems.isEmpty, let id, let root else { throw Diagnostics(members.problems) }
    self.id = id.text
    self.title = title?.text ?? id.text
    self.root = PathComponents(root.text)
    self.status = status
  }
}

/// The members of a manifest while it is read; collects what is wrong with them.
private struct ManifestMembers {
  private let tree: LocatedJSON
  private var members: [String: LocatedJSON.Member] = [:]
  private var order: [LocatedJSON.Member] = []
  private(set) var problems: [Diagnostic] = []

  init(_ tree: LocatedJSON) {
    self.tree = tree
    guard case .object(let list) = tree.content else {
      report("manifest-type", "a project manifest is an object, not \(tree.typeName)", at: tree.location)
      return
    }
    order = list
    for member in list {
      if let first = members[member.name] {
        problems.append(
          Diagnostic(
            code: "duplicate-key", "\(member.name) occurs twice", at: member.location,
            notes: [.init("it stands here first", at: first.location)]))
      } else {
        members[member.name] = member
      }
    }
  }

  mutating func report(_ code: String, _ message: String, at location: SourceLocation, help: String? = nil) {
    problems.append(Diagnostic(code: code, message, at: location, help: help))
  }

  mutating func reportUnknown(besides known: Set<String>) {
    for member in order where !known.contains(member.name) {
      report("unknown-key", "\(member.name) is not a member of project_v1", at: member.location)
    }
  }

  mutating func text(_ name: String, required: Bool) -> (text: String, location: SourceLocation)? {
    guard let member = members[name] else {
      if required, !order.isEmpty || problems.isEmpty {
        report("manifest-missing", "\(name) is missing", at: tree.location)
      }
      return nil
    }
    guard let text = member.value.stringValue, !text.isEmpty else {
      report("manifest-type", "\(name) must be a text that is not empty", at: member.value.location)
      return nil
    }
    return (text, member.value.location)
  }

  mutating func status() -> ProjectManifest.Status {
    guard let status = text("status", required: false) else { return .active }
    if let known = ProjectManifest.Status(rawValue: status.text) { return known }
    report("manifest-status", "status must be active, finished or archived", at: status.location)
    return .active
  }

  mutating func date(_ name: String) -> String? {
    if let member = members[name], case .scalar(.null) = member.value.content { return nil }
    guard let date = text(name, required: false) else { return nil }
    guard Day(date.text.prefix(10)) != nil, date.text.utf8.count == 10 || date.text.dropFirst(10).first == "T"
    else {
      report("manifest-date", "\(name) must start with a date YYYY-MM-DD", at: date.location)
      return nil
    }
    return date.text
  }

  mutating func folders() -> [String: DestinationCategory] {
    guard let member = members["folders"] else { return [:] }
    guard case .object(let list) = member.value.content else {
      report("manifest-type", "folders must be an object", at: member.value.location)
      return [:]
    }
    var folders: [String: DestinationCategory] = [:]
    for folder in list {
      guard let category = ProjectManifest.folderKeys[folder.name] else {
        report("unknown-key", "\(folder.name) is not a production folder", at: folder.location)
        continue
      }
      guard let name = folder.value.stringValue, !name.isEmpty, !name.contains("/") else {
        report(
          "manifest-type", "\(folder.name) must be the name of a folder, without /", at: folder.value.location
        )
        continue
      }
      if let other = folders[name], other != category {
        report("manifest-folder", "\(name) is named for two purposes", at: folder.value.location)
      }
      folders[name] = category
    }
    return folders
  }

  /// The names of the production folders; what is wrong with them ``folders()`` has said.
  func production() -> ProductionFolders {
    var names = ProductionFolders()
    guard case .object(let list)? = members["folders"]?.value.content else { return names }
    for folder in list {
      guard let name = folder.value.stringValue, !name.isEmpty else { continue }
      switch folder.name {
      case "selected": names.selected = name
      case "crop": names.crop = name
      case "cropAuto": names.cropAuto = name
      case "cropped": names.cropped = name
      case "deleteStaging": names.deleteStaging = name
      default: break
      }
    }
    return names
  }

  mutating func stages() -> [ManifestStage] {
    guard let (stages, problems) = members["stages"]?.value.manifestStages else { return [] }
    for problem in problems { report("manifest-stages", problem.message, at: problem.place.location) }
    return stages
  }

  mutating func paths() -> [PathComponents] {
    guard let member = members["paths"] else { return [] }
    guard case .array(let items) = member.value.content else {
      report("manifest-type", "paths must be an array of texts", at: member.value.location)
      return []
    }
    var paths: [PathComponents] = []
    for item in items {
      guard let text = item.stringValue, !text.isEmpty else {
        report("manifest-type", "a path must be a text that is not empty", at: item.location)
        continue
      }
      paths.append(PathComponents(text))
    }
    return paths
  }
}
