import PipelineCore

/// Projects: images, work time and speed beside the usual speed.
struct ProjectsSection {
  let figures: Figures
  private static let limit = 40
  /// Seconds of work, a bin: a speed of less says nothing.
  private static let leastWork = 900.0

  var fields: Fields {
    guard let metrics = figures.projects, let projects = metrics.projects else {
      return ["hasProjects": .flag(false)]
    }
    // Those that people work on now come first.
    let order = projects.indices.sorted { a, b in
      let (left, right) = (projects[a].lastDay?.number ?? .min, projects[b].lastDay?.number ?? .min)
      return left == right ? a < b : left > right
    }
    let shown = order.prefix(Self.limit)
    return [
      "hasProjects": .flag(true), "isEmpty": .flag(projects.isEmpty),
      "projects": .list(shown.map { row($0, projects[$0], metrics.baseline) }),
      "baseline": .optionalMarkup(
        metrics.baseline.map { speed in
          FigureMarkup.figure(
            "/projects/baseline_images_per_hour", PartialSum.json(speed), Format.decimal(speed, 1))
        }),
      "baselineCount": .text(
        Format.plural(metrics.baselineProjects.count, "finished project", "finished projects")),
      "leftOut": .optional(
        projects.count > shown.count
          ? "The \(shown.count) projects touched last, of \(projects.count). All are in data/snapshot/current/\(ProjectFigures.path)."
          : nil),
    ]
  }

  private func row(_ index: Int, _ project: ProjectFigure, _ baseline: Double?) -> Fields {
    let pointer = "/projects/list/\(index)"
    let title = project.title.map { Format.name($0) }
    let id = project.id.map { Format.name($0) } ?? FigureMarkup.absent
    return [
      "name": .text(title ?? id), "id": .optional(title == nil || title == id ? nil : id),
      "status": .text(project.status.map { Format.name($0, 30) } ?? "–"),
      "images": .markup(FigureMarkup.count("\(pointer)/images", project.images)),
      "work": .markup(FigureMarkup.workTime("\(pointer)/work_seconds", project.workSeconds)),
      "speed": .markup(speed(pointer, project)),
      "versus": .text(versus(hasWork(project) ? project.imagesPerHour : nil, baseline)),
      "last": .text(project.lastDay.map(Format.plainDay) ?? "–"),
    ]
  }

  private func hasWork(_ project: ProjectFigure) -> Bool {
    project.workSeconds.map { $0 >= Self.leastWork } ?? true
  }

  private func speed(_ pointer: String, _ project: ProjectFigure) -> String {
    guard hasWork(project) else {
      return "<span class=\"quiet\">\(project.workSeconds == 0 ? "no" : "too little") work time</span>"
    }
    return FigureMarkup.figure(
      "\(pointer)/images_per_hour", PartialSum.json(project.imagesPerHour),
      project.imagesPerHour.map { Format.decimal($0, 1) })
  }

  private func versus(_ speed: Double?, _ baseline: Double?) -> String {
    guard let speed, let baseline, baseline > 0 else { return "–" }
    let percent = ((speed / baseline - 1) * 100).rounded()
    return (percent > 0 ? "+" : percent < 0 ? "−" : "±") + Format.decimal(percent.magnitude, 0) + " %"
  }
}
