import PipelineCore

/// Rows to learn numbers from: features, and the numbers to predict.
public struct RegressionRows: Hashable, Sendable {
  /// What is known.
  public private(set) var inputs: FeatureRows
  /// What is to be predicted.
  public private(set) var outputs: FeatureRows

  /// No rows yet. Throws as ``FeatureRows/init(names:)``.
  public init(features: [String], outputs: [String]) throws {
    inputs = try FeatureRows(names: features)
    self.outputs = try FeatureRows(names: outputs)
  }

  /// How many rows there are.
  public var count: Int { inputs.count }

  /// Adds a row; `label` names it in an error. Throws as ``FeatureRows/append(_:label:)``; the rows are then as they
  /// were.
  public mutating func append(
    _ features: [Double], outputs values: [Double], label: @autoclosure () -> String? = nil
  ) throws {
    try inputs.append(features, label: label())
    do {
      try outputs.append(values, label: label())
    } catch {
      inputs.shorten(to: inputs.count - 1)
      throw error
    }
  }
}
