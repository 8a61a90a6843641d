import PipelineCore
import Projects

/// What was done for one project, over all days.
struct ProjectActivity: Equatable {
  var tally = Tally()
  /// The first and the last UTC day with a file operation.
  var firstDay: Day?
  var lastDay: Day?
  /// Different images that people touched, and that anybody touched, of those that records name.
  var namedByPeople: Int64 = 0
  var named: Int64 = 0
  var unnamedByPeople: Int64 = 0
  var unnamedByMachines: Int64 = 0

  /// Images by people and machines: named ones once each, and those that records only count.
  var images: Int64 { named + unnamedByPeople + unnamedByMachines }
  var imagesByPeople: Int64 { namedByPeople + unnamedByPeople }

  /// Images that people processed in an hour of work; `nil` without work time.
  var imagesPerHour: Double? {
    tally.workMicroseconds > 0
      ? Double(imagesByPeople) * 3_600_000_000 / Double(tally.workMicroseconds) : nil
  }

  mutating func add(_ bins: Tally, day: Day) {
    tally += bins
    guard bins.events > 0 else { return }
    firstDay = min(firstDay ?? day, day)
    lastDay = max(lastDay ?? day, day)
  }
}

/// The metrics of all projects (`project_metrics_v1`).
struct ProjectMetrics {
  let manifests: [ProjectManifest]
  /// By project id; projects without an event may be absent.
  let activities: [String: ProjectActivity]

  /// The usual speed: the trimmed mean of the images per hour of the last five finished projects.
  struct Baseline: Equatable {
    /// The projects it comes from, latest first.
    let projects: [String]
    let imagesPerHour: Double?
  }

  /// Finished and archived projects that have work time count, latest first by their `finishedAt`, or by their
  /// last day with events where the manifest does not say.
  var baseline: Baseline {
    var finished: [(id: String, end: String, speed: Double)] = []
    for manifest in manifests where manifest.status != .active {
      guard let activity = activities[manifest.id], let speed = activity.imagesPerHour else { continue }
      finished.append((manifest.id, manifest.finishedAt ?? activity.lastDay?.description ?? "", speed))
    }
    finished.sort { $0.end == $1.end ? $0.id.precedes($1.id) : $1.end.precedes($0.end) }
    let latest = finished.prefix(5)
    return Baseline(projects: latest.map(\.id), imagesPerHour: Self.trimmedMean(latest.map(\.speed)))
  }

  /// The mean without the smallest and the largest value, of which there must be three or more; of fewer values
  /// the plain mean; `nil` of none. Values are added in ascending order, so that any order gives the same result.
  static func trimmedMean(_ values: [Double]) -> Double? {
    var kept = values.sorted()[...]
    if kept.count >= 3 { kept = kept.dropFirst().dropLast() }
    return kept.isEmpty ? nil : kept.reduce(0, +) / Double(kept.count)
  }

  /// The content of `projects.json`: the manifests' projects by id, then what belongs to none, when there is any.
  var json: JSONValue {
    let baseline = baseline
    var projects = manifests.map { manifest in
      Self.entry(
        manifest.id, activities[manifest.id] ?? ProjectActivity(),
        [
          "title": .string(manifest.title), "status": .string(manifest.status.rawValue),
          "started_at": manifest.startedAt.map { .string($0) } ?? .null,
          "finished_at": manifest.finishedAt.map { .string($0) } ?? .null,
        ])
    }
    if let rest = activities[ProjectCatalog.unassigned] {
      projects.append(
        Self.entry(
          ProjectCatalog.unassigned, rest,
          ["title": .null, "status": .null, "started_at": .null, "finished_at": .null]))
    }
    return .object([
      "schema": "project_metrics_v1", "projects": .array(projects),
      "baseline": .object([
        "images_per_hour": baseline.imagesPerHour.map { .number($0) } ?? .null,
        "projects": .array(baseline.projects.map { .string($0) }),
      ]),
    ])
  }

  private static func entry(
    _ id: String, _ activity: ProjectActivity, _ more: [String: JSONValue]
  ) -> JSONValue {
    var members = activity.tally.members.merging(more) { _, new in new }
    members["project_id"] = .string(id)
    members["images"] = .integer(activity.images)
    members["images_by_people"] = .integer(activity.imagesByPeople)
    members["unnamed_images"] = .integer(activity.unnamedByPeople + activity.unnamedByMachines)
    members["images_per_hour"] = activity.imagesPerHour.map { .number($0) } ?? .null
    members["first_day"] = activity.firstDay.map { .string($0.description) } ?? .null
    members["last_day"] = activity.lastDay.map { .string($0.description) } ?? .null
    return .object(members)
  }
}
