import PipelineCore
import TrainingData

/// The JSON Schema of a dataset's `manifest.json`.
enum DatasetSchema {
  static let part = SchemaPart.object([
    "schema": .constant(DatasetManifest.schema),
    "project": .text,
    "files": .list(
      .object(["path": .text, "rows": .count, "bytes": .count, "sha256": .digest]), count: 3),
    "sources": .object([
      "decisions": .count.described("Rows of the decision database."),
      "final_crops": .count.described("Crops in these rows."),
      "older_crops": .count.described("Records of crops of the older system."),
      "measured_images": .count.described("Image rows with a measurement."),
      "crop_receipts": .count.described("Crops that custody made."),
      "first_digests": .count.described("Images of which custody knows the first digest."),
    ]),
    "selections": .object([
      "rows": .count, "left_out": leftOut,
      "schema_versions": .map(.count, names: ["3", "4"]).described("Rows by the version of their decision."),
    ]),
    "crops": .object([
      "rows": .count, "left_out": leftOut, "with_receipt": .count.described("Rows with a crop_digest."),
    ]),
    "images": .object(["rows": .count, "picked": .count]),
    "splits": .object(
      Dictionary(
        uniqueKeysWithValues: Split.allCases.map { ($0.rawValue, SchemaPart.reference("split")) })),
    "classes": .object([
      "actions": .map(.count, names: SelectionRow.Action.allCases.map(\.rawValue)),
      "selection_match": .object(["true": .count, "false": .count, "null": .count]),
    ]),
    "exposure": .map(.count, names: Exposure.allCases.map(\.rawValue)),
    "near_duplicates": .object([
      "distance": .count.described(
        "Perceptual hashes that differ in so many of 64 bits are near-duplicates."),
      "least_information": .count.described("Only of images with so much detail."),
      "clusters": .count.described("Lineages of several groups."),
      "groups": .count.described("How many groups these have."),
    ]),
    "leakage": .object(["rows": .count, "leaks": SchemaPart(["const": 0])]),
    "findings": .map(.count, names: JoinFinding.Kind.allCases.map(\.rawValue))
      .described("Warnings by their codes."),
  ]).described(
    "What data/training/datasets/PROJECT/current has: its files, how many rows each source gave and why others were left out. All sums are exact: rows and left_out are what the sources had."
  )

  static let definitions = [
    "split": SchemaPart.object(["selections": .count, "crops": .count, "images": .count, "lineages": .count])
  ]

  private static let leftOut = SchemaPart.map(.count, names: LeftOut.allCases.map(\.rawValue))
    .described("How many are no row, by reason.")
}
