import DarkroomTesting
import FileSystem
import PipelineCore
import TrainingData
import TrainingReports

/// The rows of a made-up project, from which its report is made as the stage does.
struct RecommendationRows {
  var selections: [SelectionRow] = []
  var crops: [CropRow] = []

  /// Decisions up to `last`, 20 a day: at first with `rule`, then with `model`, whose confidence is nearly right.
  init(decisions: Int, endingWith last: Day, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for number in 0..<decisions {
      let day = last.advanced(by: (number + 1 - decisions) / 20)
      // A holiday, so that there is a week without decisions.
      if (30..<40).contains(day.distance(to: last)) { continue }
      add(number, day, isModel: number >= decisions / 3, &random)
    }
  }

  /// Nothing was decided.
  init() {}

  private mutating func add(_ number: Int, _ day: Day, isModel: Bool, _ random: inout SeededRandom) {
    let isRecommended = !isModel || random.chance(0.92)
    let isBlind = isModel && random.chance(0.1)
    let isCrop = random.chance(0.4)
    var row = SelectionRow(
      project: "p", group: "g_\(number)", lineage: "p/g_\(number)", decision: nil, schemaVersion: 4,
      images: ["a", "b", "c"], action: isCrop ? .crop : .approve,
      exposure: !isRecommended ? .none : isBlind ? .blind : .shown, decidedAt: "\(day)T10:00:00.000000Z")
    row.pickedIndex = 0
    row.latency = Double(20 + random.next(below: 300)) / 10
    if isRecommended {
      let confidence = Double(40 + random.next(below: 60)) / 100
      let agrees = random.chance(isModel ? confidence - (isBlind ? 0.05 : 0) : 0.6)
      row.recommendedIndex = agrees ? 0 : 1
      row.selectionMatch = agrees
      row.confidence = isModel ? confidence : nil
      row.recommender = isModel ? "model" : "rule"
      row.recommenderVersion = "1"
      row.modelDigest = isModel ? String(repeating: "4fe1", count: 16) : nil
    }
    selections.append(row)
    guard isCrop, isModel, isRecommended else { return }
    var crop = CropRow(
      project: "p", group: row.group, lineage: row.lineage, crop: "c_\(number)", schemaVersion: 4, image: "a",
      rectangle: [0, 0, 1, 1], decidedAt: row.decidedAt, exposure: row.exposure)
    (crop.recommender, crop.recommenderVersion, crop.modelDigest) = ("model", "1", row.modelDigest)
    crop.recommendedCrop = [0, 0, 1, 1]
    crop.intersectionOverUnion = Double(40 + random.next(below: 61)) / 100
    crop.cropMatch = (crop.intersectionOverUnion ?? 0) > 0.9
    crop.cropAccepted = crop.intersectionOverUnion == 1
    crops.append(crop)
  }

  func report(project: String) throws -> TrainingReport {
    let workspace = try TemporaryWorkspace()
    var (first, second) = ("", "")
    for row in selections { row.append(to: &first) }
    for row in crops { row.append(to: &second) }
    try workspace.write("version/\(SelectionRow.fileName)", first)
    try workspace.write("version/\(CropRow.fileName)", second)
    return try TrainingReport(of: DatasetFiles(path: "\(workspace.path)/version"), project: project)
  }
}

extension SnapshotFixture {
  func withReport(_ rows: RecommendationRows, project: String) throws -> SnapshotFixture {
    var fixture = self
    let report = try rows.report(project: project)
    fixture.files["training_report_v1/\(project).json"] = report.json.canonical + "\n"
    return fixture
  }

  /// A check's result, as `training_checks_v1` has it.
  private static func check(
    _ name: String, _ status: String, violations: Int64 = 0, expected: JSONValue, observed: JSONValue,
    examples: [JSONValue] = []
  ) -> JSONValue {
    [
      "name": .string(name), "table": "crops", "kind": "range", "severity": "fail", "status": .string(status),
      "rows": 1_200, "violations": .integer(violations), "observed": observed, "expected": expected,
      "examples": .array(examples),
    ]
  }

  private mutating func setChecks(_ project: String, _ results: [JSONValue]) {
    let checks: JSONValue = [
      "schema": "training_checks_v1", "project": .string(project), "results": .array(results),
    ]
    files["training_checks_v1/\(project).json"] = checks.canonical + "\n"
  }

  /// One project in full swing, one with few decisions, one without recommendations, one that was only checked.
  func withRecommendations(endingWith last: Day, projects: Int = 0) throws -> SnapshotFixture {
    var fixture = try withReport(.init(decisions: 1_500, endingWith: last, seed: 1), project: "mojo3")
      .withReport(.init(decisions: 90, endingWith: last.advanced(by: -20), seed: 2), project: "mojo2")
    var none = RecommendationRows(decisions: 20, endingWith: last.advanced(by: -60), seed: 3)
    none.crops = []
    for index in none.selections.indices {
      none.selections[index].recommendedIndex = nil
      none.selections[index].exposure = .none
    }
    fixture = try fixture.withReport(none, project: "mojo1")
    for number in 0..<projects {
      let rows = RecommendationRows(
        decisions: 200, endingWith: last.advanced(by: -number), seed: UInt64(number))
      fixture = try fixture.withReport(rows, project: "project-\(number)")
    }
    let passing = ["image.height", "picked.index", "coordinates"].map {
      Self.check($0, "pass", expected: [0, 1], observed: [0, 1])
    }
    fixture.setChecks("mojo3", passing)
    fixture.setChecks("mojo4", passing)
    let example: JSONValue = [
      "file": "data/training/datasets/mojo2/current/crops.jsonl", "line": 7, "value": 1.25,
    ]
    fixture.setChecks(
      "mojo2",
      [
        passing[0],
        Self.check(
          "drift.pick-rate", "warn", violations: 1, expected: "0.61 ± 0.08 by the trailing 4 weeks",
          observed: 0.44),
        Self.check(
          "crop.range", "fail", violations: 3, expected: "0 to 1", observed: [0, 1.25], examples: [example]),
        Self.check("freshness", "warn", violations: 1, expected: "at most 7 days", observed: "21 days"),
      ])
    return fixture
  }

  mutating func setHostileRecommendations(_ hostile: String) {
    let path = "training_report_v1/mojo2.json"
    let name = JSONValue.string(hostile).canonical
    files[path] = files[path]?.replacing("\"rule\"", with: name).replacing("\"mojo2\"", with: name)
    setChecks(
      "x",
      [
        Self.check(
          hostile, hostile, expected: .string(hostile), observed: .object([hostile: .string(hostile)]),
          examples: [["file": .string(hostile), "line": 1, "value": .string(hostile)]])
      ])
  }
}

/// `training_models_v1` as `training.fit` publishes it, for each outcome.
enum ModelDecision {
  private static func accuracy(_ right: Int64, of groups: Int64) -> JSONValue {
    [
      "groups": .integer(groups), "right": .integer(right),
      "accuracy": .number(Double(right) / Double(groups)),
    ]
  }

  private static func difference(_ value: Double, _ low: Double, _ high: Double) -> JSONValue {
    [
      "difference": .number(value), "low": .number(low), "high": .number(high), "level": 0.95, "groups": 212,
      "lineages": 208,
    ]
  }

  static func judged(_ outcome: String) -> JSONValue {
    let isPromoted = outcome == "promoted"
    return [
      "schema": "training_models_v1", "outcome": .string(outcome),
      "candidate": .string(String(repeating: "6fbc44f9", count: 8)),
      "current": .string(String(repeating: isPromoted ? "6fbc44f9" : "4fe14fe1", count: 8)),
      "threshold": 0.62, "proposes_crops": true,
      "figures": [
        "groups": ["train": 1_684, "validation": 214, "test": 212],
        "test": [
          "lineages": 208, "model": accuracy(171, of: 212), "present": accuracy(150, of: 212),
          "rules": accuracy(127, of: 212), "answered": accuracy(140, of: 155),
          "expected_calibration_error": 0.031,
        ],
        "crop": ["kept": true, "reason": "it overlaps more with people's crops than the mean crop does"],
        "promotion": [
          "promoted": .bool(isPromoted),
          "reasons": [
            "it is better than the rules by 0.208 with an interval from 0.137 to 0.278",
            "it is better than the present model by 0.099 with an interval from 0.038 to 0.16",
          ],
          "against_rules": difference(0.2075, 0.137, 0.278),
          "against_present": difference(0.09906, 0.038, 0.16),
        ],
      ],
    ]
  }

  static let waiting: JSONValue = [
    "schema": "training_models_v1", "outcome": "waiting",
    "candidate": .string(String(repeating: "6fbc44f9", count: 8)),
    "current": .string(String(repeating: "4fe14fe1", count: 8)), "threshold": .null,
    "figures": [
      "groups": ["train": 1_684, "validation": 214, "test": 212], "test": .null,
      "promotion": [
        "promoted": false, "lineages_missing": 41, "against_rules": .null, "against_present": .null,
        "reasons": [
          "59 held-back lineages have judged no model yet, and 100 are needed to show a difference as large as on the validation groups: 41 more"
        ],
      ],
    ],
  ]

  static let tooFew: JSONValue = [
    "schema": "training_models_v1", "candidate": .null, "current": .null,
    "reason":
      "there are 31 groups to train on, 4 to validate on and 2 to judge on, and at least 100, 60 and 1 are needed (of 52 decisions; left out: 15 rejected)",
  ]
}
