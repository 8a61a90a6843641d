import ArgumentParser

/// The exit codes of every command: one table, printed in the help and in `Documents/exit-codes.md`.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  case stagesFailed = 1
  case invalidDefinition = 2
  case planOutdated = 3
  case workspaceBusy = 4
  case stateUnusable = 5
  case notFound = 6
  case auditFailed = 7
  case refused = 8
  case usage = 64
  case interrupted = 130
  case terminated = 143

  /// What the code means to the person or script that gets it.
  var meaning: String {
    switch self {
    case .success: "everything asked for is done, or was up to date already"
    case .stagesFailed: "the run ended, and at least one stage failed or was blocked"
    case .invalidDefinition: "a pipeline, parameter or configuration is invalid; nothing was run"
    case .planOutdated: "the world differs from the saved plan; nothing was run"
    case .workspaceBusy: "another darkroom is at work in this workspace; nothing was changed"
    case .stateUnusable: "the workspace or its state cannot be read or written"
    case .notFound: "there is no such workspace, pipeline, run, stage or unit"
    case .auditFailed: "the audit found a broken custody rule"
    case .refused: "the decision, the undo or the export cannot be done as it is; nothing was changed"
    case .usage: "the command line is wrong"
    case .interrupted: "stopped by SIGINT; what had ended is committed"
    case .terminated: "stopped by SIGTERM; what had ended is committed"
    }
  }

  var code: ExitCode { ExitCode(rawValue) }

  /// The table as text for the help.
  static var table: String {
    "Exit codes:\n"
      + allCases.map { status in
        let number = String(status.rawValue)
        return "  \(String(repeating: " ", count: 3 - number.count))\(number)  \(status.meaning)"
      }.joined(separator: "\n")
  }
}
