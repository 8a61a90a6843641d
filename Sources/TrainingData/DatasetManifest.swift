public import PipelineCore

/// What a dataset's `manifest.json` says: its files, how many rows each source gave and why others were left out, how the
/// rows are split, and that nothing leaks from one split to another.
public struct DatasetManifest: Sendable, Equatable {
  /// A file of the dataset.
  public struct File: Sendable, Equatable {
    public var name: String
    public var rows: Int
    public var bytes: Int64
    public var digest: Digest

    public init(name: String, rows: Int, bytes: Int64, digest: Digest) {
      self.name = name
      self.rows = rows
      self.bytes = bytes
      self.digest = digest
    }
  }

  /// The value of `schema`.
  public static let schema = "training_dataset_v1"

  public var project: String
  /// In the order of the bytes of their names.
  public var files: [File]
  public var tally: JoinTally
  public var lineages: LineageMap
  public var nearDuplicates: NearDuplicates
  /// What the sources have besides rows: see ``Sources``.
  public var sources: Sources
  /// How many of each kind.
  public var findings: [JoinFinding.Kind: Int]
  /// Rows that ``LeakageCheck`` looked at; a dataset that leaks is not published.
  public var checkedRows: Int

  /// How much the join knew besides the decisions.
  public struct Sources: Sendable, Equatable {
    /// Images of which custody knows the first digest.
    public var firstDigests: Int
    /// Crops that custody made.
    public var receipts: Int

    public init(firstDigests: Int, receipts: Int) {
      self.firstDigests = firstDigests
      self.receipts = receipts
    }
  }

  public init(
    project: String, files: [File], tally: JoinTally, lineages: LineageMap, nearDuplicates: NearDuplicates,
    sources: Sources, findings: [JoinFinding.Kind: Int], checkedRows: Int
  ) {
    self.project = project
    self.files = files
    self.tally = tally
    self.lineages = lineages
    self.nearDuplicates = nearDuplicates
    self.sources = sources
    self.findings = findings
    self.checkedRows = checkedRows
  }

  public var json: JSONValue {
    [
      "schema": .string(Self.schema), "project": .string(project),
      "files": .array(
        files.map {
          [
            "path": .string($0.name), "rows": Self.count($0.rows), "bytes": .integer($0.bytes),
            "sha256": .string($0.digest.hex),
          ]
        }),
      "sources": [
        "decisions": Self.count(tally.decisions), "final_crops": Self.count(tally.finalCrops),
        "older_crops": Self.count(tally.olderCrops), "measured_images": Self.count(tally.measuredImages),
        "crop_receipts": Self.count(sources.receipts), "first_digests": Self.count(sources.firstDigests),
      ],
      "selections": [
        "rows": Self.count(tally.selections), "left_out": Self.reasons(tally.decisionsLeftOut),
        "schema_versions": .object(
          Dictionary(uniqueKeysWithValues: tally.schemaVersions.map { (String($0), Self.count($1)) })),
      ],
      "crops": [
        "rows": Self.count(tally.crops), "left_out": Self.reasons(tally.cropsLeftOut),
        "with_receipt": Self.count(tally.receipts),
      ],
      "images": ["rows": Self.count(tally.images), "picked": Self.count(tally.pickedImages)],
      "splits": Self.object(tally.splits) { share in
        [
          "selections": Self.count(share.selections), "crops": Self.count(share.crops),
          "images": Self.count(share.images), "lineages": Self.count(share.lineages),
        ]
      },
      "classes": [
        "actions": Self.object(tally.actions, Self.count),
        "selection_match": [
          "true": Self.count(tally.matches), "false": Self.count(tally.mismatches),
          "null": Self.count(tally.selections - tally.matches - tally.mismatches),
        ],
      ],
      "exposure": Self.object(tally.exposures, Self.count),
      "near_duplicates": [
        "distance": Self.count(nearDuplicates.distance),
        "least_information": Self.count(nearDuplicates.leastInformation),
        "clusters": Self.count(lineages.clusters), "groups": Self.count(lineages.groups),
      ],
      "leakage": ["rows": Self.count(checkedRows), "leaks": 0],
      "findings": Self.object(findings, Self.count),
    ]
  }

  private static func count(_ number: Int) -> JSONValue { .integer(Int64(number)) }

  private static func reasons(_ counts: [LeftOut: Int]) -> JSONValue { object(counts, count) }

  private static func object<Key: RawRepresentable<String>, Value>(
    _ values: [Key: Value], _ json: (Value) -> JSONValue
  ) -> JSONValue {
    .object(Dictionary(uniqueKeysWithValues: values.map { ($0.key.rawValue, json($0.value)) }))
  }
}
