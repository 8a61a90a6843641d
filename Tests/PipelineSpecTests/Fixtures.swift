import PipelineCore
import PipelineSpec
import Testing

/// Stage kinds that stand for all there may be.
let kinds: [StageDescription] = [
  StageDescription(
    kind: "command", version: 1, summary: "Runs a program.",
    settings: [
      Setting("run", .array(.string, atLeast: 1), required: true, "The program and its arguments."),
      Setting("shell", .boolean, default: false, "Whether a shell reads it."),
    ], unit: "what `foreach` says", acceptsDeclaredFiles: true),
  StageDescription(
    kind: "logs.extract", version: 3, summary: "Reads logs.", discussion: "One unit per log.",
    settings: [
      Setting("gap", .duration, default: "5m", "The gap."),
      Setting("zone", .timeZone, default: "UTC", "The zone."),
      Setting("level", .oneOf(["low", "high"]), "The level | of detail."),
      Setting("limit", .integer(1...100), default: 10, "The limit."),
      Setting("share", .number(0...1), "The share."),
      Setting("folder", .path, "The folder."),
      Setting("names", .map(.array(.integer(0...9), atLeast: 1)), "Names."),
      Setting(
        "rules",
        .array(
          .object(
            ObjectType(
              "rule", kindMember: "kind",
              kinds: [
                ObjectType.Kind(
                  "range", "A range.",
                  [
                    Setting("column", .string, required: true, "The column."),
                    Setting("min", .number(-10...10), "The least."),
                    Setting("severity", .oneOf(["warn", "fail"]), default: "fail", "How bad it is."),
                  ]),
                ObjectType.Kind(
                  "oneOf", "A choice.",
                  [Setting("values", .array(.scalar, atLeast: 1), required: true, "All.")]),
              ])), atLeast: 1), "Rules."),
    ], unit: "a log file"),
]

let reader = PipelineReader(kinds: kinds)

/// What is found in a source, errors and warnings.
func findings(_ source: String, parameters: [String: String] = [:]) -> [Diagnostic] {
  do throws(Diagnostics) {
    return try reader.read(Array(source.utf8), path: "p.json", parameters: parameters).warnings
  } catch {
    return error.items
  }
}

/// The pipeline of a source that must be good.
func pipeline(_ source: String, parameters: [String: String] = [:]) throws -> Pipeline {
  try reader.read(Array(source.utf8), path: "p.json", parameters: parameters).pipeline
}

/// A pipeline around stages and, before them, other top-level keys.
func file(_ stages: String, _ more: String = "") -> String {
  "{\n\"version\": 1, \"name\": \"p\",\n\(more)\n\"stages\": {\n\(stages)\n}\n}"
}

/// A source whose expected findings stand between `«` and `»`, which are not part of it.
struct MarkedSource {
  var text = ""
  /// The marked places as `line:column+length`, in the order of the text.
  var places: [String] = []

  init(_ marked: String) {
    var (line, column) = (1, 1)
    var start: (line: Int, column: Int)?
    for scalar in marked.unicodeScalars {
      switch scalar {
      case "«": start = (line, column)
      case "»":
        if let start { places.append("\(start.line):\(start.column)+\(max(1, column - start.column))") }
        start = nil
      default:
        text.unicodeScalars.append(scalar)
        (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
      }
    }
  }
}

func place(_ location: PipelineCore.SourceLocation?) -> String {
  location.map { "\($0.line):\($0.column)+\($0.length)" } ?? "none"
}

/// Checks that exactly the marked places have findings, with these codes in the order of the text.
func expectFindings(
  _ codes: [String], _ marked: String, parameters: [String: String] = [:],
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  let source = MarkedSource(marked)
  let found = findings(source.text, parameters: parameters)
  #expect(found.map(\.code) == codes, "\(Diagnostics(found))", sourceLocation: sourceLocation)
  #expect(
    found.map { place($0.location) } == source.places, "\(Diagnostics(found))", sourceLocation: sourceLocation
  )
}

/// A repeatable generator (SplitMix64, Steele, Lea and Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// A good file that uses every key of the grammar.
let completeFile = #"""
  {
    "$schema": "../data/schema/pipeline_v1.schema.json",
    "version": 1,
    "name": "nightly",
    "description": "Everything – at once",
    "parameters": {
      "project": { "type": "string", "default": "mojo3", "description": "The project" },
      "count": { "type": "integer", "default": 3, "minimum": 1, "maximum": 9 },
      "share": { "type": "number", "default": 0.5, "minimum": 0, "maximum": 1 },
      "fast": { "type": "boolean", "default": true },
      "wait": { "type": "duration", "default": "90s", "maximum": "1h" },
      "from": { "type": "day", "default": "2025-10-08", "minimum": "2025-01-01" },
      "root": { "type": "path", "default": "data/in" },
      "zone": { "type": "timeZone", "default": "UTC" },
      "level": { "type": "string", "default": "low", "enum": ["low", "high"] }
    },
    "pools": { "cpu": 2 },
    "stages": {
      "extract": {
        "uses": "logs.extract",
        "with": {
          "gap": "${parameters.wait}", "zone": "${parameters.zone}", "level": "${parameters.level}",
          "limit": "${parameters.count}", "share": "${parameters.share}", "folder": "${parameters.root}",
          "names": { "a": [1, "${parameters.count}"] }
        }
      },
      "days": {
        "uses": "command", "needs": ["extract"], "foreach": { "days": "${parameters.from}..2025-10-10" },
        "with": { "run": ["make", "${parameters.project}-${parameters.count}", "${unit}", "${staging}/x", "$${HOME}"] },
        "inputs": ["${parameters.root}/**/*.log"], "outputs": ["out/${unit}.txt"], "pool": "cpu",
        "timeout": "${parameters.wait}", "continueOnError": "${parameters.fast}", "maxFailures": "${parameters.count}",
        "retry": { "attempts": 3, "backoff": "2s", "maxBackoff": "1m", "jitter": false },
        "env": { "COUNT": "${parameters.count}", "UNIT": "${unit}" }
      },
      "each": {
        "uses": "command", "needs": ["days"], "foreach": { "unitsOf": "days" }, "with": { "run": ["x"], "shell": true }
      },
      "files": { "uses": "command", "after": ["each", "days"], "foreach": { "files": "in/*.png" }, "with": { "run": ["x"] } },
      "values": { "uses": "command", "foreach": { "values": ["a", "b"] }, "with": { "run": ["x"] } },
      "range": { "uses": "command", "foreach": { "range": [1, 100] }, "with": { "run": ["x"] } }
    },
    "finally": {
      "report": { "uses": "logs.extract", "needs": ["extract", "last"] },
      "last": { "uses": "logs.extract" }
    }
  }
  """#
