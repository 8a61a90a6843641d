import ImageCatalog
import ImageMeasurement
import PipelineCore
import PipelineSpec
import TrainingStages

/// What a new workspace consists of.
enum WorkspaceTemplate {
  static let folders = [
    "configs", "pipelines", "data/file_operations_logs", "data/log_archives", "data/projects", "data/schema",
    "data/state",
  ]

  /// The files by path. The repository has the same ones in its own `pipelines` and `data/schema`.
  static func files(timeZone: String) -> [(path: String, text: String)] {
    [
      (Workspace.marker, configuration),
      ("pipelines/nightly.json", nightly(timeZone: timeZone)),
      (
        "data/schema/pipeline_v1.schema.json",
        PipelineSchema.json(kinds: StageCatalog.kinds.map(\.description))
      ),
      ("data/schema/project_v1.schema.json", ProjectSchema.text),
      ("data/schema/decision_v1.schema.json", DecisionSchema.text),
      ("data/schema/ai_decisions_v4.sql", DecisionSQL.text),
      ("data/schema/image_measurements_v1.sql", MeasurementSQL.text),
    ] + TrainingSchemas.all.map { ($0.path, $0.text) }
  }

  /// Marks the folder as a workspace.
  private static let configuration = "{\n  \"version\": 1\n}\n"

  static func nightly(timeZone: String) -> String {
    nightlyText.replacing(
      "\"default\": \"UTC\"", with: "\"default\": \(JSONValue.string(timeZone).canonical)")
  }

  private static let nightlyText = #"""
    {
      "$schema": "../data/schema/pipeline_v1.schema.json",
      "version": 1,
      "name": "nightly",
      "description": "Measures images, carries out review decisions and crops, audits them, joins training data, fits the recommender, measures recommendations, aggregates the operation logs and renders the dashboard.",
      "parameters": {
        "timeZone": {
          "type": "timeZone",
          "default": "UTC",
          "description": "The zone in which hours, days, weeks and months of the reports begin."
        }
      },
      "stages": {
        "catalog": { "uses": "images.catalog", "continueOnError": true },
        "measure": { "uses": "images.measure", "needs": ["catalog"] },
        "recommend": {
          "uses": "images.recommend",
          "needs": ["catalog"],
          "after": ["measure"],
          "with": { "recommender": "best" }
        },
        "review": {
          "uses": "images.review",
          "needs": ["catalog"],
          "after": ["measure", "recommend"],
          "continueOnError": true
        },
        "crop": { "uses": "images.crop", "needs": ["catalog", "review"] },
        "trash": { "uses": "images.trash", "after": ["crop"] },
        "audit": { "uses": "audit.safety", "after": ["catalog", "recommend", "review", "crop", "trash"] },
        "join": { "uses": "training.join", "after": ["crop", "audit"], "continueOnError": true },
        "report": { "uses": "training.report", "needs": ["join"], "continueOnError": true },
        "check": {
          "uses": "training.check",
          "needs": ["join"],
          "with": { "checks": "training", "onFailure": "keep" }
        },
        "gate": { "uses": "training.gate", "needs": ["check"] },
        "fit": { "uses": "training.fit", "needs": ["join", "check"], "continueOnError": true },
        "export": { "uses": "training.export", "needs": ["join", "check"], "continueOnError": true },
        "extract": { "uses": "logs.extract", "after": ["audit"] },
        "merge": { "uses": "logs.merge", "needs": ["extract"] },
        "reconcile": { "uses": "logs.reconcile", "needs": ["extract", "merge"] },
        "sessions": { "uses": "logs.sessions", "needs": ["merge"] },
        "aggregate": { "uses": "logs.aggregate", "needs": ["merge"] },
        "slices": {
          "uses": "logs.slices",
          "needs": ["aggregate"],
          "with": { "timeZone": "${parameters.timeZone}" }
        },
        "projects": { "uses": "logs.projects", "needs": ["aggregate"] },
        "snapshot": {
          "uses": "snapshot.publish",
          "needs": ["extract", "merge", "reconcile", "sessions", "aggregate", "slices", "projects", "report", "check"]
        }
      },
      "finally": {
        "dashboard": { "uses": "dashboard.render" }
      }
    }
    """# + "\n"
}
