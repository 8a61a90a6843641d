import PipelineCore
import TrainingData
import TrainingExport

/// The JSON Schemas of what exports have besides the formats that others define.
enum ExportSchema {
  /// `manifest.json` of every export.
  static let manifest = SchemaPart.object([
    "schema": .constant("training_export_manifest_v1"),
    "project": .text,
    "format": .oneOf(ExportFormat.self),
    "images": .oneOf(ExportImages.self),
    "rows": .map(
      .object([
        "seen": .count.described("The sum of all the others."),
        "exported": .map(.count, names: Split.allCases.map(\.rawValue)),
        "left_out": .map(.count, names: Omission.allCases.map(\.rawValue)),
      ]), names: ["selections", "crops", "images", "groups", "pairs"]),
    "files": .list(
      .object([
        "path": .text, "bytes": .count, "sha256": .digest.orNull.described("Null in a dry run."),
        "rows": .count.orNull.described("Null for files without rows."),
      ])),
  ]).described("What an export has, and what was left out, by reason. Documents/training-exports.md.")

  /// A line of `SPLIT.jsonl` of the format `preferences`.
  static let preference = SchemaPart.object([
    "prompt": .text.described("What the images were made from; empty where nobody knows."),
    "chosen": .text.described("The file of the picked image."),
    "rejected": .text.described("The file of an image that was passed over."),
    "chosen_digest": .text, "rejected_digest": .text, "group_id": .text, "lineage_id": .text,
    "project_id": .text, "split": .oneOf(Split.self), "exposure": .oneOf(Exposure.self),
  ]).described("A pair of a chosen and a rejected image.")

  /// A line of `SPLIT/metadata.jsonl` of the format `imagefolder`.
  static let image = SchemaPart.object([
    "file_name": .text, "text": .text.described("The caption, else the prompt, else empty."),
    "image_name": .text.described("The file's own name."), "group_id": .text, "index": .count,
    "lineage_id": .text, "project_id": .text, "picked": .truth, "stage": .number(0, nil),
    "action": .oneOf(SelectionRow.Action.self), "image_digest": .digest,
  ]).described("An image of a Hugging Face imagefolder.")
}
