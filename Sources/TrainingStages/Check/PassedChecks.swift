import DataQuality
import PipelineCore
import TrainingData

/// Which datasets may be used, by the checks among the stages that a stage needs. A result counts for the version of the
/// dataset that was checked and for no other: so rows that failed stay out also in the nights after, and when a stage is
/// run alone.
struct PassedChecks {
  /// Of each project, the datasets that were checked, with the names of the checks that failed.
  private let results: [String: [(dataset: String, failed: [String])]]
  /// Whether a check of datasets is needed at all.
  private let areNeeded: Bool

  /// - Throws: `Diagnostic` for results that cannot be read; `FileError`.
  init(_ context: ExpansionContext) throws {
    var results: [String: [(dataset: String, failed: [String])]] = [:]
    var areNeeded = false
    for stage in context.upstream where stage.kind == CheckStage.description.kind {
      var isOfOthers = false
      for unit in try stage.units() {
        for file in unit.outputs where file.name.hasPrefix("\(CheckFile.schema)/") {
          let check = try CheckFile.read("\(context.workspace)/\(file.path)", shownAs: file.path)
          guard let project = check.project else {
            isOfOthers = true
            continue
          }
          let failed = check.results.filter { $0.status == .fail }.map(\.name)
          results[project, default: []].append((check.dataset ?? "", failed))
        }
      }
      if !isOfOthers { areNeeded = true }
    }
    self.results = results
    self.areNeeded = areNeeded
  }

  /// Why a dataset is not to be used; `nil` when nothing speaks against it.
  /// - Parameter dataset: the version's folder, relative to the workspace.
  func objection(project: String, dataset: String) -> String? {
    guard areNeeded else { return nil }
    let own = (results[project] ?? []).filter { $0.dataset.utf8.elementsEqual(dataset.utf8) }
    if own.isEmpty { return "\(dataset) of project \(project) has not been checked" }
    let failed = own.flatMap(\.failed)
    return failed.isEmpty
      ? nil : "the check of project \(project) failed: \(failed.joined(separator: "; "))"
  }

  /// Tells people that a dataset was not used.
  /// - Parameter consequence: what was not done.
  static func finding(
    _ severity: Diagnostic.Severity, _ objection: String, _ consequence: String
  ) -> Diagnostic {
    Diagnostic(
      severity, code: "training-unchecked", "\(objection); \(consequence)",
      help: "it is used again as soon as its check passes: `darkroom show` has the rows that fail")
  }
}
