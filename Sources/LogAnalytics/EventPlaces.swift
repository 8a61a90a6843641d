import OperationLog

/// Which project an event belongs to and what its destination means.
struct EventPlace: Hashable {
  /// The project's number in ``EventPlacer/projects``.
  var project: UInt32
  var category: DestinationCategory
}

/// Finds the places of a day's events. Each combination of operation and folders is worked out once.
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
    let from = source.isEmpty ? nil : PathComponents(source)
    let to = destination.isEmpty ? nil : PathComponents(destination)
    let project = catalog.project(source: from, destination: to)?.id ?? ProjectCatalog.unassigned
    let table = foldersOfProject[project] ?? folders
    return EventPlace(
      project: projects.insert(project), category: table.category(operation: operation, path: to))
  }

  /// The place of every row, in the order of the rows.
  mutating func places(of events: DayEvents) -> [EventPlace] {
    struct Combination: Hashable {
      var operation: UInt32
      var source: UInt32
      var destination: UInt32
    }
    var known: [Combination: EventPlace] = [:]
    var places: [EventPlace] = []
    places.reserveCapacity(events.rows.count)
    var last: (combination: Combination, place: EventPlace)?
    for row in events.rows {
      let combination = Combination(
        operation: row.operation, source: row.sourceDirectory, destination: row.destinationDirectory)
      if let last, last.combination == combination {
        places.append(last.place)
        continue
      }
      let place =
        known[combination]
        ?? place(
          operation: events.strings[Int(row.operation)], source: events.strings[Int(row.sourceDirectory)],
          destination: events.strings[Int(row.destinationDirectory)])
      known[combination] = place
      last = (combination, place)
      places.append(place)
    }
    return places
  }
}
