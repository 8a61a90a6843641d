public import PipelineCore

/// Whether a unit is up to date or has to run, with the reasons: what `plan` and `explain` print.
public enum Verdict: Codable, Sendable, Equatable {
  /// The checkpoint has this fingerprint and its outputs are intact.
  case upToDate
  /// It has to run, for these reasons.
  case run([RunReason])

  /// Whether the unit has to run.
  public var runs: Bool { self != .upToDate }
}

/// One reason why a unit runs.
public enum RunReason: Codable, Sendable, Equatable {
  /// There is no checkpoint for it.
  case neverRan
  /// The person asked for it (`--force`, `--days`).
  case forced
  /// Parts of its fingerprint differ from the checkpoint's.
  case changed([Fingerprint.Change])
  /// An output of the checkpoint is not there any more.
  case outputMissing(path: String)
  /// An output's bytes are not those of the checkpoint.
  case outputAltered(path: String)
  /// An input is not there or cannot be read; the attempt will fail and say why.
  case inputMissing(path: String)
}

extension RunReason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .neverRan: "it has no checkpoint yet"
    case .forced: "it was asked for"
    case .changed(let changes): changes.map(\.description).joined(separator: "; ")
    case .outputMissing(let path): "its output \(path) is missing"
    case .outputAltered(let path): "its output \(path) was altered"
    case .inputMissing(let path): "its input \(path) is missing or cannot be read"
    }
  }
}

/// What is known of a unit's outputs on disk.
public enum OutputState: Sendable, Equatable {
  /// All are what they were.
  case intact
  /// One is not there.
  case missing(path: String)
  /// One has other bytes.
  case altered(path: String)
}

/// The one rule that says whether a unit runs. A pure function of definition (the fingerprint's parts), state
/// (the checkpoint) and observed world (the inputs' digests and the outputs' state).
public enum Planner {
  /// - Parameters:
  ///   - fingerprint: the unit's present fingerprint; `nil` when an input is missing.
  ///   - checkpoint: its last committed result; `nil` when it has none.
  ///   - outputs: the state of that result's outputs.
  ///   - missingInput: the path of an input that has to be there and is not.
  ///   - isForced: whether the person asked for the unit to run.
  public static func verdict(
    fingerprint: Fingerprint?, checkpoint: Checkpoint?, outputs: OutputState, missingInput: String? = nil,
    isForced: Bool = false
  ) -> Verdict {
    var reasons: [RunReason] = []
    if let missingInput { reasons.append(.inputMissing(path: missingInput)) }
    if isForced { reasons.append(.forced) }
    guard let checkpoint else { return .run(reasons + [.neverRan]) }
    if let fingerprint, fingerprint.digest != checkpoint.fingerprint {
      reasons.append(.changed(fingerprint.changes(since: Fingerprint(checkpoint.components))))
    }
    switch outputs {
    case .intact: break
    case .missing(let path): reasons.append(.outputMissing(path: path))
    case .altered(let path): reasons.append(.outputAltered(path: path))
    }
    return reasons.isEmpty ? .upToDate : .run(reasons)
  }
}
