public import PipelineCore

/// What a model was made from. Equal bases give equal models, byte for byte, compared with the same present model.
public struct ModelBasis: Hashable, Sendable {
  /// A dataset that it learned from.
  public struct Dataset: Hashable, Sendable {
    public var project: String
    /// Of the dataset's manifest, which holds the digests of its files.
    public var digest: Digest

    public init(project: String, digest: Digest) {
      self.project = project
      self.digest = digest
    }
  }

  /// In the order of the bytes of the projects' ids.
  public var datasets: [Dataset]
  /// The digest of the features.
  public var featureSet: Digest
  /// The settings of the fit, by name.
  public var settings: [String: JSONValue]
  /// The version of the way of fitting.
  public var method: Int

  public init(
    datasets: [Dataset], featureSet: Digest = FeatureSet.digest, settings: [String: JSONValue], method: Int
  ) {
    self.datasets = datasets
    self.featureSet = featureSet
    self.settings = settings
    self.method = method
  }

  public var json: JSONValue {
    [
      "datasets": .array(
        datasets.map { ["project": .string($0.project), "manifest_sha256": .string($0.digest.hex)] }),
      "feature_set": .string(featureSet.hex), "settings": .object(settings),
      "method": .integer(Int64(method)),
    ]
  }

  /// The digest of all that it says.
  public var digest: Digest { Digest(of: json.canonical) }
}
