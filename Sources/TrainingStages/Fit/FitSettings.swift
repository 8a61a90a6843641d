import PipelineCore

/// The settings of `training.fit`.
struct FitSettings {
  var seed: UInt64
  var errorBound: Double
  var level: Double
  var l2: Double
  var minimumGroups: Int

  init(_ settings: [String: JSONValue]) {
    seed = UInt64(max(0, settings["seed"]?.integerValue ?? 1))
    errorBound = settings["errorBound"]?.doubleValue ?? 0.1
    level = settings["level"]?.doubleValue ?? 0.95
    l2 = settings["l2"]?.doubleValue ?? 1
    minimumGroups = Int(settings["minimumGroups"]?.integerValue ?? 100)
  }

  /// As a model's basis records them.
  var json: [String: JSONValue] {
    [
      "seed": .integer(Int64(clamping: seed)), "error_bound": .number(errorBound), "level": .number(level),
      "l2": .number(l2), "minimum_groups": .integer(Int64(minimumGroups)),
    ]
  }
}
