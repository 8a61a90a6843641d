import DataQuality
import PipelineCore

/// The JSON Schema of `training_checks_v1/PROJECT.json`.
enum CheckSchema {
  static let part = SchemaPart.object([
    "schema": .constant(CheckFile.schema),
    "project": .text.orNull.described("Null for checks of other tables than a dataset's."),
    "dataset": .text.orNull.described("The version of the dataset that was checked; null for other tables."),
    "results": .list(
      .object([
        "name": .text, "table": .text,
        "kind": .text.described("The kind of expectation, or `readable` or `leakage`."),
        "severity": .oneOf(Expectation.Severity.self), "status": .oneOf(CheckResult.Status.self),
        "rows": .count.described("How many were looked at."), "violations": .count,
        "observed": .text.described("What was seen, in words."), "expected": .text,
        "examples": .list(
          .object([
            "file": .text.described("Relative to the workspace, or STAGE:UNIT/NAME."),
            "line": .integer(atLeast: 0), "value": .text,
          ])),
        "help": .text.orNull.described("What to do."),
      ])),
  ]).described("Which rows break what is expected of them. Documents/training-checks.md.")
}
