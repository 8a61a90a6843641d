import FileSystem
public import PipelineCore

/// The projects of a workspace, and which of them a path belongs to.
public struct ProjectCatalog: Sendable {
  /// The project of events that no manifest claims.
  public static let unassigned = "unassigned"
  /// Where manifests lie, relative to the workspace, and how their names end.
  public static let folder = "data/projects"
  public static let suffix = ".project.json"

  /// Sorted by id.
  public let projects: [ProjectManifest]
  /// What is wrong with manifests that were left out: located errors.
  public let problems: [Diagnostic]
  private let owners: [PathComponents: Int]

  /// Takes the manifests in the order of their paths. A second project with the same id or the same prefix as an
  /// earlier one is left out, with an error that names both.
  public init(_ manifests: [(path: String, manifest: ProjectManifest)], problems: [Diagnostic] = []) {
    var problems = problems
    var taken: [PathComponents: String] = [:]
    var ids: [String: String] = [:]
    var kept: [ProjectManifest] = []
    for (path, manifest) in manifests.sorted(by: { $0.path.precedes($1.path) }) {
      let prefixes = [manifest.root] + manifest.paths
      if let other = ids[manifest.id] ?? prefixes.lazy.compactMap({ taken[$0] }).first {
        problems.append(
          Diagnostic(
            code: "manifest-conflict", "\(path) has the id or a path of another project; it was left out",
            at: SourceLocation(path: path, line: 1),
            notes: [.init("the other project", at: SourceLocation(path: other, line: 1))],
            help: "give every project an id, a root and paths of its own"))
        continue
      }
      ids[manifest.id] = path
      for prefix in prefixes { taken[prefix] = path }
      kept.append(manifest)
    }
    projects = kept.sorted { $0.id.precedes($1.id) }
    var owners: [PathComponents: Int] = [:]
    for (index, project) in projects.enumerated() {
      for prefix in [project.root] + project.paths { owners[prefix] = index }
    }
    self.owners = owners
    self.problems = problems
  }

  /// Reads the manifests at workspace-relative `paths`. One that cannot be read or is wrong becomes a located
  /// error in ``problems``; the others count.
  public static func read(_ paths: [String], workspace: String) -> ProjectCatalog {
    var manifests: [(path: String, manifest: ProjectManifest)] = []
    var problems: [Diagnostic] = []
    for path in paths {
      do {
        manifests.append((path, try ProjectManifest(try FileSystem.read(workspace + "/" + path), path: path)))
      } catch let error as Diagnostics {
        problems += error.items
      } catch {
        problems.append(
          Diagnostic(
            code: "manifest-unreadable", "cannot read \(path): \(error)",
            at: SourceLocation(path: path, line: 1)))
      }
    }
    return ProjectCatalog(manifests, problems: problems)
  }

  /// The workspace-relative paths of all manifests, in the order of their bytes.
  public static func manifestPaths(workspace: String) throws -> [String] {
    guard try FileStatus(following: "\(workspace)/\(folder)") != nil else { return [] }
    return try FileSystem.list("\(workspace)/\(folder)").filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
      .map { "\(folder)/\($0)" }
  }

  /// The project with the longest prefix of whole components of `path`; `nil` when there is none. Relative
  /// paths match relative prefixes and absolute ones absolute prefixes.
  public func project(of path: PathComponents) -> ProjectManifest? {
    for count in stride(from: path.components.count, through: 0, by: -1) {
      if let index = owners[path.prefix(count)] { return projects[index] }
    }
    return nil
  }

  /// The project of an operation: its source's, or its destination's when the source has none.
  public func project(source: PathComponents?, destination: PathComponents?) -> ProjectManifest? {
    source.flatMap { project(of: $0) } ?? destination.flatMap { project(of: $0) }
  }

  /// ``problems`` as warnings for a unit that went on without the manifests.
  public var warnings: [Diagnostic] {
    problems.map { problem in
      var warning = problem
      warning.severity = .warning
      warning.notes.append(.init("events of that project count as \(Self.unassigned) until it is repaired"))
      return warning
    }
  }
}

extension String {
  /// The order of the UTF-8 bytes.
  func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
