import TrainingData

/// The JSON Schemas of all that the training stages publish, for readers elsewhere: `data/schema/NAME.schema.json`.
public enum TrainingSchemas {
  /// One schema: of a JSON file, or of each line of a file of JSON lines.
  public struct File: Sendable {
    /// Such as `training_dataset_v1`.
    public let name: String
    /// The schema, as JSON with a final newline.
    public let text: String
    /// Relative to the workspace, and to the repository.
    public var path: String { "data/schema/\(name).schema.json" }
  }

  /// In the order of their names.
  public static let all = [
    file("model_judgements_v1", "Judgements", ModelSchema.judgements),
    file("recommendation_model_v1", "Model", ModelSchema.model, ModelSchema.definitions),
    file("training_checks_v1", "Check results", CheckSchema.part),
    file("training_crop_v1", "Crop row", RowSchema.part(CropRow.self)),
    file("training_dataset_v1", "Dataset manifest", DatasetSchema.part, DatasetSchema.definitions),
    file("training_export_manifest_v1", "Export manifest", ExportSchema.manifest),
    file("training_image_v1", "Image row", RowSchema.part(ImageRow.self)),
    file("training_imagefolder_v1", "Imagefolder row", ExportSchema.image),
    file("training_models_v1", "Model decision", ModelSchema.decision, ModelSchema.accountDefinitions),
    file("training_preference_v1", "Preference pair", ExportSchema.preference),
    file("training_report_v1", "Training report", ReportSchema.part, ReportSchema.definitions),
    file("training_selection_v1", "Selection row", RowSchema.part(SelectionRow.self)),
  ]

  private static func file(
    _ name: String, _ title: String, _ part: SchemaPart, _ definitions: [String: SchemaPart] = [:]
  ) -> File {
    File(name: name, text: part.file(name, title: title, definitions: definitions))
  }
}
