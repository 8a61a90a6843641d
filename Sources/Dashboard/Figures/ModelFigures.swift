import PipelineCore

/// How often a recommender picked the image that people picked, on the groups that judged a candidate.
struct AccuracyFigure {
  /// 0 to 1; `nil` without groups.
  let accuracy: Double?
  let groups: Int64?

  /// - Returns: `nil` when the record has none.
  init?(_ record: SourceRecord?) {
    guard let record else { return nil }
    accuracy = record.number("accuracy", in: 0...1)
    groups = record.count("groups")
  }

  var json: JSONValue {
    ["accuracy": .exact(accuracy), "groups": groups.map { .integer($0) } ?? .null]
  }
}

/// By how much a candidate is better than another recommender, with the interval that decides.
struct AdvantageFigure {
  /// −1 to 1.
  let difference: Double?
  let low: Double?
  let high: Double?

  init?(_ record: SourceRecord?) {
    guard let record else { return nil }
    difference = record.number("difference", in: -1...1)
    low = record.number("low", in: -1...1)
    high = record.number("high", in: -1...1)
  }

  var json: JSONValue { ["difference": .exact(difference), "low": .exact(low), "high": .exact(high)] }
}

/// What `training.fit` decided last: `training_models_v1`.
///
/// It does not come from the snapshot, which is published whether or not there is a fit.
struct ModelFigures {
  /// Relative to the workspace.
  static let path = "data/training/promotion.json"

  enum Outcome: String {
    case promoted, kept, waiting
    case noModel = "no-model"
  }

  /// `nil` when the record's word is none of them.
  let outcome: Outcome?
  /// The digest of the model in use; `nil` for the rules.
  let current: String?
  let candidate: String?
  let reasons: [String]
  /// The least confidence with which the candidate answers, 0 to 1.
  let threshold: Double?
  /// How many more groups a candidate waits for.
  let missing: Int64?
  /// Groups to learn from, to calibrate on, to judge on.
  let trained: Int64?
  let validated: Int64?
  let judged: Int64?
  let own: AccuracyFigure?
  let present: AccuracyFigure?
  let rules: AccuracyFigure?
  let answered: AccuracyFigure?
  let againstPresent: AdvantageFigure?
  let againstRules: AdvantageFigure?
  /// 0 to 1.
  let confidenceError: Double?
  /// Why the proposer of crops was kept, or not.
  let crop: String?

  init(_ record: SourceRecord) {
    let figures = record.object("figures")
    let promotion = figures?.object("promotion")
    let test = figures?.object("test")
    let groups = figures?.object("groups")
    outcome = Self.outcome(record, promotion)
    current = record.text("current")
    candidate = record.text("candidate")
    let said = promotion?["reasons"]?.arrayValue ?? []
    reasons = said.compactMap(\.stringValue) + [record.text("reason")].compactMap { $0 }
    threshold = record.number("threshold", in: 0...1)
    missing = promotion?.count("lineages_missing")
    trained = groups?.count("train")
    validated = groups?.count("validation")
    judged = test?.count("lineages")
    own = AccuracyFigure(test?.object("model"))
    present = AccuracyFigure(test?.object("present"))
    rules = AccuracyFigure(test?.object("rules"))
    answered = AccuracyFigure(test?.object("answered"))
    againstPresent = AdvantageFigure(promotion?.object("against_present"))
    againstRules = AdvantageFigure(promotion?.object("against_rules"))
    confidenceError = test?.number("expected_calibration_error", in: 0...1)
    crop = figures?.object("crop")?.text("reason")
  }

  private static func outcome(_ record: SourceRecord, _ promotion: SourceRecord?) -> Outcome? {
    if let word = record.text("outcome") { return Outcome(rawValue: word) }
    if record["candidate"] == nil { return .noModel }
    return promotion?["promoted"]?.boolValue.map { $0 ? .promoted : .kept }
  }

  /// Reads what the last fit published; `nil` when there was none. What is wrong with the file becomes findings.
  static func read(workspace: String) -> (figures: ModelFigures?, findings: [Diagnostic]) {
    let log = FindingLog(folder: "")
    let bytes: [UInt8]
    do {
      bytes = try FileAccess.read("\(workspace)/\(path)")
    } catch {
      if error.isAbsent { return (nil, []) }
      log.note("model-decision-unreadable", path, line: nil, "cannot be read: \(error.reason)")
      return (nil, log.findings)
    }
    let record = Snapshot.record(bytes[...], path, line: nil, log: log)
    return (record.map { ModelFigures($0) }, log.findings)
  }

  var json: JSONValue {
    func number(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    return [
      "outcome": text(outcome?.rawValue), "current": text(current), "candidate": text(candidate),
      "reasons": .array(reasons.map { .string($0) }), "threshold": .exact(threshold),
      "missing": number(missing), "groups": ["train": number(trained), "validation": number(validated)],
      "lineages": number(judged), "model": own?.json ?? .null, "present": present?.json ?? .null,
      "rules": rules?.json ?? .null, "answered": answered?.json ?? .null,
      "against_present": againstPresent?.json ?? .null, "against_rules": againstRules?.json ?? .null,
      "expected_calibration_error": .exact(confidenceError),
    ]
  }
}
