import DataQuality
import FileSystem
import PipelineCore
import PipelineSpec

/// The artifact with the results of one unit of `training.check`.
struct CheckFile {
  static let schema = "training_checks_v1"

  /// `nil` for checks of other tables than a project's dataset.
  var project: String?
  /// The folder of the version of the dataset that was checked, relative to the workspace; `nil` for other tables.
  var dataset: String?
  var results: [CheckResult]

  /// The file's name in the artifact.
  /// - Parameter stage: names the file of checks that are not of a project.
  static func name(project: String?, stage: StageID) -> String {
    "\(schema)/\(project ?? "stage=\(stage)").json"
  }

  var json: JSONValue {
    [
      "schema": .string(Self.schema), "project": project.map(JSONValue.string) ?? .null,
      "dataset": dataset.map(JSONValue.string) ?? .null,
      "results": .array(results.map(\.json)),
    ]
  }

  /// - Parameter path: absolute.
  /// - Throws: `Diagnostic` for a file that is not of this form.
  static func read(_ path: String, shownAs place: String) throws -> CheckFile {
    let (tree, problems) = JSONDocument.parse(try FileSystem.read(path), path: place)
    guard problems.isEmpty, let json = tree?.value, json["schema"]?.stringValue == schema,
      let results = json["results"]?.arrayValue
    else {
      throw Diagnostic(
        code: "check-file", "\(place) holds no results of checks", help: "run the stage that made it again")
    }
    let read = results.compactMap { CheckResult($0) }
    guard read.count == results.count else {
      throw Diagnostic(
        code: "check-file", "\(place) holds results that this version does not know",
        help: "run the stage that made it again")
    }
    return CheckFile(
      project: json["project"]?.stringValue, dataset: json["dataset"]?.stringValue, results: read)
  }
}
