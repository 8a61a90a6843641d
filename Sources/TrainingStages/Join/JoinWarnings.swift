import PipelineCore
import TrainingData

/// The findings of a join for people: one warning of each kind.
enum JoinWarnings {
  /// How many groups or files a warning names.
  private static let most = 5

  static func diagnostics(_ findings: [JoinFinding], project: String) -> [Diagnostic] {
    JoinFinding.Kind.allCases.compactMap { kind -> Diagnostic? in
      let subjects = findings.filter { $0.kind == kind }.map(\.subject)
      if subjects.isEmpty { return nil }
      var names = subjects.prefix(most).joined(separator: ", ")
      if subjects.count > most { names += " and \(subjects.count - most) more" }
      let (message, help) = words(kind)
      return Diagnostic(
        .warning, code: kind.rawValue, "project \(project): \(message): \(names)", help: help)
    }
  }

  private static func words(_ kind: JoinFinding.Kind) -> (message: String, help: String) {
    switch kind {
    case .digestsChanged:
      (
        "images were decided that were not what custody saw first, so these groups are left out",
        "`darkroom where IMAGE` tells what is known of an image"
      )
    case .sizeDisagrees:
      (
        "crops whose rows have another size than their images, so they are left out",
        "compare image_width and image_height of the row with the image"
      )
    case .unlikeRecords:
      (
        "crops in the decision's row are none of the group's crops in the older system's logs, so only those of the logs are rows",
        "compare final_crop_coords of the row with the group's older_crops"
      )
    case .cropWithoutDecision:
      (
        "custody made crops of groups that have no row",
        "an unfinished undo leaves them: run the pipeline again"
      )
    case .sidecarWithoutRow:
      (
        ".decision files wait beside images of which no row tells",
        "`darkroom import` reads sidecars of the older system"
      )
    case .splitMoved:
      (
        "groups went to another split, because they were connected with older ones, or because decisions were taken back or entered late",
        "models fitted before may have seen what is held back now: their scores on it are too good"
      )
    case .shownAfterDecided:
      ("decided before they were shown, by their times: their latency is null", "check that computer's clock")
    case .cropTimeUnreadable:
      (
        "crops of the older system whose crop_timestamp is no time: their cropped_at is null",
        "correct crop_timestamp in the rows of these groups: 2025-10-08T18:47:32Z"
      )
    }
  }
}
