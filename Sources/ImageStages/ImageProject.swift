public import FileCustody
public import FileSystem
public import ImageCatalog
public import PipelineCore
public import Projects

/// A project with images: its manifest and where its root is on this machine.
public struct ImageProject: Sendable, Equatable {
  /// The project as its manifest describes it.
  public let manifest: ProjectManifest
  /// The absolute path of its folder, without a final slash.
  public let root: String

  /// The manifest's id: the name of the project everywhere.
  public var id: String { manifest.id }
  /// Its stages of production.
  public var stages: ProductionStages { ProductionStages(manifest) }
  /// What stages of production add to a unit's fingerprint: nothing where they are the usual ones.
  var stageValues: [String: String] { manifest.stages.isEmpty ? [:] : ["stages": stages.text] }
  /// The names of its production folders.
  public var production: ProductionFolders { manifest.production }

  init(_ manifest: ProjectManifest, workspace: String) {
    self.manifest = manifest
    let path = manifest.root.components.joined(separator: "/")
    root = manifest.root.isAbsolute ? "/" + path : path.isEmpty ? workspace : "\(workspace)/\(path)"
  }

  /// Whether there is, or ever was, anything to look at: a project whose folder is not there and of which no file was
  /// ever seen is one that this workspace only has logs of.
  public func hasImages(_ custody: FileCustody?) throws -> Bool {
    if try FileStatus(following: root) != nil { return true }
    return try !(custody?.files(project: id).isEmpty ?? true)
  }

  /// The absolute path of a path below the root.
  public func path(_ relative: RelativePath) -> String {
    relative.rawValue.isEmpty ? root : "\(root)/\(relative)"
  }

  /// The path below the root, or `nil` for one outside.
  public func relative(_ path: String) -> RelativePath? {
    guard path.utf8.starts(with: (root + "/").utf8) else { return nil }
    return RelativePath(String(path.dropFirst(root.count + 1)))
  }

  /// A path as the operation log shows it: relative to the workspace where it is below it.
  public static func logged(_ path: String, workspace: String) -> String {
    path.utf8.starts(with: (workspace + "/").utf8) ? String(path.dropFirst(workspace.count + 1)) : path
  }
}

/// The projects of a workspace that have images to work on.
public struct ImageProjects: Sendable {
  /// Active projects, sorted by id.
  public let projects: [ImageProject]
  /// What is wrong with manifests that were left out, as warnings.
  public let warnings: [Diagnostic]

  /// Reads the manifests.
  /// - Parameters:
  ///   - only: the id of the one project that is meant; all active ones without it.
  ///   - observe: hears what was looked at, for stages.
  /// - Throws: `unknown-project` when `only` names none.
  public init(workspace: String, only: String? = nil, observe: (Observation) -> Void = { _ in }) throws {
    observe(.path(ProjectCatalog.folder))
    let paths = try ProjectCatalog.manifestPaths(workspace: workspace)
    for path in paths { observe(.path(path)) }
    let catalog = ProjectCatalog.read(paths, workspace: workspace)
    warnings = catalog.problems.map { problem in
      var warning = problem
      warning.severity = .warning
      warning.notes.append(.init("the images of that project were left alone"))
      return warning
    }
    guard let only else {
      projects = catalog.projects.filter { $0.status == .active }.map {
        ImageProject($0, workspace: workspace)
      }
      return
    }
    guard let manifest = catalog.projects.first(where: { $0.id == only }) else {
      let known = catalog.projects.map(\.id).joined(separator: ", ")
      throw Diagnostic(
        code: "unknown-project", "there is no project \(only); nothing was done",
        help: known.isEmpty
          ? "describe it in \(ProjectCatalog.folder)/\(only)\(ProjectCatalog.suffix)"
          : "the projects are \(known)")
    }
    projects = [ImageProject(manifest, workspace: workspace)]
  }

  /// The project with this id, whatever its status.
  public static func project(_ id: String, workspace: String) throws -> ImageProject {
    let found = try ImageProjects(workspace: workspace, only: id).projects
    guard let project = found.first else {
      throw Diagnostic(code: "unknown-project", "there is no project \(id); nothing was done")
    }
    return project
  }
}

/// The setting `project` that all image stages have.
enum ProjectSetting {
  static let setting = Setting(
    "project", .string, "The id of the one project to work on; without it, all active projects.")

  static func value(_ settings: [String: JSONValue]) -> String? {
    settings["project"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
  }
}
