import PipelineCore

/// Every figure of the page that comes from the snapshot; a part that is not in the snapshot is `nil`.
struct Figures {
  /// SHA-256 of the snapshot's manifest; `nil` when no snapshot is published or it cannot be opened.
  var snapshot: Digest?
  var days: DaySeries?
  var sessions: SessionFigures?
  var projects: ProjectFigures?
  var reconciliation: Reconciliation?
  /// By project, the one decided on last first; empty when the snapshot has no report.
  var recommendations: [RecommendationFigures] = []
  /// By project, in the order of the snapshot.
  var dataChecks: [DataCheckFigures] = []
  /// What the last fit decided; `nil` before there was one.
  var model: ModelFigures?
  /// What was wrong with the snapshot, for the page and for the run.
  var findings: [Diagnostic] = []

  /// Reads the published snapshot of `workspace`. Never throws for what the snapshot lacks: that becomes findings.
  init(workspace: String, isCancelled: () throws -> Void = {}) throws {
    let modelFindings: [Diagnostic]
    (model, modelFindings) = ModelFigures.read(workspace: workspace)
    findings = modelFindings
    let snapshot: Snapshot
    do {
      guard let opened = try Snapshot.open(workspace: workspace) else { return }
      snapshot = opened
    } catch let finding as Diagnostic {
      var warning = finding
      warning.severity = .warning
      findings.append(warning)
      return
    }
    self.snapshot = snapshot.manifestDigest
    let log = FindingLog()
    var read: Set<String> = []
    days = try Self.days(snapshot, log, &read, isCancelled)
    sessions = Self.sessions(snapshot, log, &read)
    try isCancelled()
    projects = Self.projects(snapshot, log, &read)
    reconciliation = Self.reconciliation(snapshot, log, &read)
    try isCancelled()
    recommendations = Self.recommendations(snapshot, log, &read)
    dataChecks = Self.objects(below: DataCheckFigures.folder, snapshot, log, &read) { DataCheckFigures($0) }
    log.append(snapshot.checkSizes(except: read))
    findings = log.findings + modelFindings + consistencyFindings
  }

  private static func days(
    _ snapshot: Snapshot, _ log: FindingLog, _ read: inout Set<String>, _ isCancelled: () throws -> Void
  ) throws -> DaySeries? {
    var aggregates: [Day: DailyAggregate] = [:]
    for entry in snapshot.entries(below: DailyAggregate.folder) {
      try isCancelled()
      guard let day = DailyAggregate.day(ofPath: entry.path) else { continue }
      read.insert(entry.path)
      guard aggregates[day] == nil else {
        log.note("snapshot-day-twice", entry.path, line: nil, "is a second aggregate of \(day); left out")
        continue
      }
      guard let record = snapshot.readObject(entry, log: log) else {
        aggregates[day] = DailyAggregate(unreadable: day)
        continue
      }
      guard record.day("day") == day else {
        log.note(
          "snapshot-day-differs", entry.path, line: nil, "says another day inside than in its name; not shown"
        )
        aggregates[day] = DailyAggregate(unreadable: day)
        continue
      }
      aggregates[day] = DailyAggregate(day: day, record)
    }
    return DaySeries(Array(aggregates.values))
  }

  private static func sessions(
    _ snapshot: Snapshot, _ log: FindingLog, _ read: inout Set<String>
  ) -> SessionFigures? {
    guard let entry = snapshot.entry(SessionFigures.path) else { return nil }
    read.insert(entry.path)
    var sessions = SessionFigures()
    return snapshot.forEachLine(entry, log: log) { sessions.add(SessionFigure($0)) } ? sessions : nil
  }

  private static func projects(
    _ snapshot: Snapshot, _ log: FindingLog, _ read: inout Set<String>
  ) -> ProjectFigures? {
    guard let entry = snapshot.entry(ProjectFigures.path) else { return nil }
    read.insert(entry.path)
    return snapshot.readObject(entry, log: log).map { ProjectFigures($0) }
  }

  private static func reconciliation(
    _ snapshot: Snapshot, _ log: FindingLog, _ read: inout Set<String>
  ) -> Reconciliation? {
    var files: [LineAccount]?
    if let entry = snapshot.entry(Reconciliation.filesPath) {
      read.insert(entry.path)
      var accounts: [LineAccount] = []
      if snapshot.forEachLine(entry, log: log, { accounts.append(LineAccount($0)) }) { files = accounts }
    }
    var stated: LineAccount?
    if let entry = snapshot.entry(Reconciliation.totalPath) {
      read.insert(entry.path)
      stated = snapshot.readObject(entry, log: log).map { LineAccount($0) }
    }
    return files == nil && stated == nil ? nil : Reconciliation(files: files, stated: stated)
  }

  private static func recommendations(
    _ snapshot: Snapshot, _ log: FindingLog, _ read: inout Set<String>
  ) -> [RecommendationFigures] {
    let reports = objects(below: RecommendationFigures.folder, snapshot, log, &read) {
      RecommendationFigures($0)
    }
    return reports.enumerated().sorted { a, b in
      let (left, right) = (a.element.lastDay?.number ?? .min, b.element.lastDay?.number ?? .min)
      return left == right ? a.offset < b.offset : left > right
    }.map(\.element)
  }

  /// The files below `folder` that hold an object each, in the order of the snapshot.
  private static func objects<Figure>(
    below folder: String, _ snapshot: Snapshot, _ log: FindingLog, _ read: inout Set<String>,
    _ make: (SourceRecord) -> Figure
  ) -> [Figure] {
    snapshot.entries(below: folder).compactMap { entry in
      read.insert(entry.path)
      return snapshot.readObject(entry, log: log).map(make)
    }
  }

  /// Findings about figures that contradict each other.
  private var consistencyFindings: [Diagnostic] {
    var findings: [Diagnostic] = []
    if let outlying = days?.outlying, !outlying.isEmpty {
      let list = outlying.prefix(5).map(\.description).joined(separator: ", ")
      let more = outlying.count > 5 ? " and \(outlying.count - 5) more" : ""
      findings.append(
        Diagnostic(
          .warning, code: "outlying-days",
          "Days more than \(DaySeries.isolation) days away from all others are not shown: \(list)\(more)",
          help: "look for records with a wrong clock on these days"))
    }
    guard let reconciliation else { return findings }
    for account in reconciliation.files ?? [] where account.isBalanced == false {
      findings.append(
        Diagnostic(
          .warning, code: "lines-unaccounted",
          "\(account.file ?? "An input file") has \(account.lines ?? 0) lines, but \(account.accounted ?? 0) are accounted for",
          help: "run darkroom run nightly --only extract --force, and keep the file"))
    }
    for account in reconciliation.files ?? [] {
      guard let damage = account.damage else { continue }
      findings.append(
        Diagnostic(
          .warning, code: "input-damaged",
          "\(account.file ?? "An input file") is damaged, only the lines before the damage are counted: \(damage)",
          help: "copy the file again from where it was made; the next run reads it anew"))
    }
    if reconciliation.total.isBalanced == false || reconciliation.totalMatchesFiles == false {
      findings.append(
        Diagnostic(
          .warning, code: "lines-unaccounted",
          "The total of input lines does not add up: see “Input lines”",
          help: "run darkroom run nightly --only extract --force, and keep the files"))
    }
    return findings
  }
}
