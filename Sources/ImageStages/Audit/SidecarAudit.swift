import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore

/// Whether the `.decision` files in the production folders and the rows of the database tell the same.
struct SidecarAudit {
  let facts: AuditFacts
  /// Groups of which another finding says already that their row is missing or not theirs.
  let told: Set<GroupID>

  init(_ facts: AuditFacts) {
    self.facts = facts
    told = Set(
      facts.decisions.filter { group, decisions in
        facts.rows[group] == nil && decisions.standing != nil
      }.keys)
  }

  func findings() throws -> [Diagnostic] {
    try checkFiles() + checkRows()
  }

  /// Each sidecar has a row that waits for its crop.
  private func checkFiles() throws -> [Diagnostic] {
    var found: [Diagnostic] = []
    for entry in facts.listing.entries
    where entry.path.lowercasedExtension == "decision" && facts.isInProduction(entry.path) {
      do {
        let bytes = try FileSystem.read(facts.project.path(entry.path))
        guard case .image(let sidecar) = try DecisionSidecar.read(bytes, path: entry.path.rawValue) else {
          // One of a whole group travels with its image for ever and waits for nothing.
          continue
        }
        if let finding = check(sidecar, at: entry.path) { found.append(finding) }
      } catch let error as Diagnostics {
        found.append(unreadable(entry.path, error.items.first?.message ?? "it is none"))
      } catch let error as FileError {
        found.append(unreadable(entry.path, error.reason))
      }
    }
    return found
  }

  private func unreadable(_ path: RelativePath, _ reason: String) -> Diagnostic {
    facts.finding(
      .warning, "sidecar-unreadable", "\(facts.shown(path)) cannot be read as a sidecar: \(reason)",
      help: "put it back from a backup, or move it out of the project when it is none")
  }

  private func check(_ sidecar: ImageSidecar, at path: RelativePath) -> Diagnostic? {
    guard sidecar.needsCrop, !told.contains(sidecar.group) else { return nil }
    // Nobody holds the older system's files against it.
    let severity: Diagnostic.Severity = sidecar.version >= 2 ? .error : .warning
    guard let row = facts.rows[sidecar.group] else {
      return facts.finding(
        severity, "sidecar-without-row",
        "\(facts.shown(path)) waits for the crop of group \(sidecar.group), which has no row in the decision database",
        help: sidecar.version >= 2
          ? "`darkroom run` writes the row; if the database was lost, put it back from a backup"
          : "`darkroom import` takes the older system's sidecars over")
    }
    guard row.schemaVersion > 3, row.finalCrop != nil || !row.waitsForCrop else { return nil }
    return facts.finding(
      severity, "sidecar-mismatch",
      "\(facts.shown(path)) waits for a crop, and the row of group \(sidecar.group) says that "
        + (row.finalCrop == nil ? "none is wanted" : "it is made"),
      help: "`darkroom run` takes the sidecar away once the crop is done; otherwise compare both")
  }

  /// Each row that waits for a crop has the sidecar that the review wrote for it.
  private func checkRows() -> [Diagnostic] {
    let settled = Set(
      facts.known.filter { facts.accepted[$0.id] != nil }.compactMap(\.file.place.inProject))
    return facts.receipts.reversed().filter { $0.order.cause == .review && $0.state == .done }.flatMap {
      receipt in
      let group = GroupID(receipt.order.group)
      guard let row = facts.rows[group], row.decisionID == receipt.order.decision, row.waitsForCrop,
        row.finalCrop == nil
      else { return [Diagnostic]() }
      return receipt.order.operations.flatMap(\.steps).compactMap { step in
        guard case .create(let path, _) = step, let place = facts.project.relative(path),
          facts.empty.contains(place), !settled.contains(place)
        else { return nil }
        return facts.finding(
          .warning, "sidecar-missing",
          "group \(group) waits for its crop, and its sidecar \(facts.shown(place)) is not there",
          help:
            "Darkroom crops without it; other tools do not see that the image waits: put it back from a backup"
        )
      }
    }
  }
}

extension DecisionRow {
  /// Whether the decision asks for a crop, made or not.
  fileprivate var waitsForCrop: Bool { userAction == .crop || aiCropAccepted == true }
}
