import PipelineCore
import PipelineEngine

// The JSON forms of what commands print for programs. Members that have no value are left out.

extension JSONValue {
  /// An object of the members that have a value.
  static func members(_ pairs: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    var object: [String: JSONValue] = [:]
    for (name, value) in pairs { if let value { object[name] = value } }
    return .object(object)
  }
}

extension SourceLocation {
  var json: JSONValue {
    .members([
      "path": .string(path), "line": .integer(Int64(line)), "column": .integer(Int64(column)),
      "length": .integer(Int64(length)), "pointer": pointer.map { .string($0) },
    ])
  }
}

extension Diagnostic {
  var json: JSONValue {
    let notes = notes.map { note in
      JSONValue.members(["message": .string(note.message), "location": note.location?.json])
    }
    return .members([
      "severity": .string(severity.rawValue), "code": .string(code), "message": .string(message),
      "location": location?.json, "notes": notes.isEmpty ? nil : .array(notes),
      "help": help.map { .string($0) },
    ])
  }
}

extension Verdict {
  var json: JSONValue {
    switch self {
    case .upToDate: ["state": "up-to-date"]
    case .run(let reasons): ["state": "run", "reasons": .array(reasons.map(\.json))]
    }
  }
}

extension RunReason {
  var json: JSONValue {
    let name: String
    var path: String?
    switch self {
    case .neverRan: name = "never-ran"
    case .forced: name = "forced"
    case .changed: name = "changed"
    case .outputMissing(let output): (name, path) = ("output-missing", output)
    case .outputAltered(let output): (name, path) = ("output-altered", output)
    case .inputMissing(let input): (name, path) = ("input-missing", input)
    }
    return .members([
      "reason": .string(name), "path": path.map { .string($0) }, "text": .string(description),
    ])
  }
}

extension AttemptRecord {
  var json: JSONValue {
    .members([
      "stage": .string(unit.stage.rawValue), "unit": .string(unit.key.rawValue),
      "attempt": .integer(Int64(attempt)), "state": .string(state.rawValue), "startedAt": .integer(startedAt),
      "microseconds": .integer(duration), "verdict": verdict.json,
      "findings": findings.isEmpty ? nil : .array(findings.map(\.json)), "log": logFile.map { .string($0) },
    ])
  }
}

extension StageRecord {
  var json: JSONValue {
    .members([
      "stage": .string(id.rawValue), "kind": .string(kind), "state": .string(state.rawValue),
      "startedAt": startedAt.map { .integer($0) }, "endedAt": endedAt.map { .integer($0) },
      "units": .object([
        "done": .integer(Int64(unitsDone)), "upToDate": .integer(Int64(unitsUpToDate)),
        "failed": .integer(Int64(unitsFailed)), "blocked": .integer(Int64(unitsBlocked)),
      ]),
      "counters": counters.isEmpty ? nil : .object(counters.mapValues { .integer($0) }),
      "errors": errors.isEmpty ? nil : .array(errors.map { .string($0) }),
    ])
  }
}

extension RunRecord {
  func json(withStages: Bool) -> JSONValue {
    .members([
      "run": .integer(id.rawValue), "pipeline": .string(pipeline), "state": .string(state.rawValue),
      "startedAt": .integer(startedAt), "endedAt": endedAt.map { .integer($0) },
      "stages": withStages ? .array(stages.map(\.json)) : nil,
    ])
  }
}
