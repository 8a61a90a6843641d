import OperationLog
import Projects

/// Which project an event belongs to and what its destination means.
struct EventPlace: Hashable {
  /// The project's number in ``EventPlacer/projects``.
  var project: UInt32
  var category: DestinationCategory
}

/// Finds the places of a day's events. Each folder is looked up once.
struct EventPlacer {
  /// The ids of the projects met so far.
  private(set) var projects = NameTable()
  private let catalog: ProjectCatalog
  private let folders: DestinationFolders
  private var foldersOfProject: [String: DestinationFolders] = [:]

  /// - Parameter folders: the table for events outside all projects; a project's manifest goes before it.
  init(catalog: ProjectCatalog, folders: DestinationFolders) {
    self.catalog = catalog
    self.folders = folders
    for project in catalog.projects {
      foldersOfProject[project.id] = folders.overridden(by: project.folders)
    }
  }

  mutating func place(operation: String, source: String, destination: String) -> EventPlace {
    let project = projects.insert(owner(of: source) ?? owner(of: destination) ?? ProjectCatalog.unassigned)
    return EventPlace(
      project: project,
      category: DestinationFolders.category(
        operation: operation, folder: meaning(of: destination, in: project)))
  }

  /// The place of every row, in the order of the rows.
  mutating func places(of events: DayEvents) -> [EventPlace] {
    let none = projects.insert(ProjectCatalog.unassigned)
    /// For each string: the number of the project that owns it as a folder; the second says that it was looked up.
    var owners = [(project: UInt32?, isKnown: Bool)](repeating: (nil, false), count: events.strings.count)
    func owner(_ string: UInt32, _ placer: inout EventPlacer) -> UInt32? {
      let index = Int(string)
      if !owners[index].isKnown {
        owners[index] = (placer.owner(of: events.strings[index]).map { placer.projects.insert($0) }, true)
      }
      return owners[index].project
    }
    /// By destination (upper half) and project.
    var meanings: [UInt64: DestinationCategory?] = [:]
    var places: [EventPlace] = []
    places.reserveCapacity(events.rows.count)
    for row in events.rows {
      let project = owner(row.sourceDirectory, &self) ?? owner(row.destinationDirectory, &self) ?? none
      let key = UInt64(row.destinationDirectory) << 32 | UInt64(project)
      let folder: DestinationCategory?
      if let known = meanings[key] {
        folder = known
      } else {
        folder = meaning(of: events.strings[Int(row.destinationDirectory)], in: project)
        meanings[key] = .some(folder)
      }
      places.append(
        EventPlace(
          project: project,
          category: DestinationFolders.category(operation: events.strings[Int(row.operation)], folder: folder)
        ))
    }
    return places
  }

  private func owner(of path: String) -> String? {
    path.isEmpty ? nil : catalog.project(of: PathComponents(path))?.id
  }

  private func meaning(of destination: String, in project: UInt32) -> DestinationCategory? {
    (foldersOfProject[projects.names[Int(project)]] ?? folders).meaning(of: PathComponents(destination))
  }
}
