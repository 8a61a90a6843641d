import Learning
import PipelineCore

// How the parts of a model stand in its file. The numbers are written with as few digits as give them back exactly.

private func list(_ numbers: [Double]) -> JSONValue { .array(numbers.map(JSONValue.number)) }
private func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

extension ModelBasis {
  init(_ members: ModelMembers) throws {
    self.init(
      datasets: try members.objects("datasets").map {
        Dataset(project: try $0.text("project"), digest: try $0.digest("manifest_sha256"))
      },
      featureSet: try members.digest("feature_set"),
      settings: try members.object("settings").json.objectValue ?? [:], method: try members.integer("method"))
  }
}

extension Standardisation {
  var json: JSONValue {
    ["means": list(means), "scales": list(scales), "constant": .array(isConstant.map(JSONValue.bool))]
  }

  init(_ members: ModelMembers) throws {
    self.init(
      means: try members.numbers("means"), scales: try members.numbers("scales"),
      isConstant: try members.truths("constant"))
  }
}

extension PairwiseRanker {
  var json: JSONValue {
    [
      "features": list(features), "standardisation": standardisation.json, "weights": list(weights),
      "careless_share": .number(carelessShare),
    ]
  }

  init(_ members: ModelMembers) throws {
    try self.init(
      features: members.texts("features"),
      standardisation: Standardisation(members.object("standardisation")),
      weights: members.numbers("weights"), carelessShare: members.number("careless_share"))
  }
}

extension Calibration {
  var json: JSONValue {
    [
      "inverse_temperature": .number(inverseTemperature),
      "platt": platt.map { ["slope": .number($0.slope), "intercept": .number($0.intercept)] } ?? .null,
      "isotonic": isotonic.map { ["knots": list($0.knots), "values": list($0.values)] } ?? .null,
    ]
  }

  init(_ members: ModelMembers) throws {
    try self.init(
      inverseTemperature: members.number("inverse_temperature"),
      platt: members.optionalObject("platt").map {
        PlattScaling(slope: try $0.number("slope"), intercept: try $0.number("intercept"))
      },
      isotonic: members.optionalObject("isotonic").map {
        IsotonicRegression(knots: try $0.numbers("knots"), values: try $0.numbers("values"))
      })
  }
}

extension Abstention {
  var json: JSONValue {
    [
      "threshold": threshold.map(JSONValue.number) ?? .null, "error_bound": .number(errorBound),
      "level": .number(level), "groups": .integer(Int64(groups)), "answered": .integer(Int64(answered)),
      "errors": .integer(Int64(errors)),
    ]
  }

  init(_ members: ModelMembers) throws {
    self.init(
      threshold: try members.optionalNumber("threshold"), errorBound: try members.number("error_bound"),
      level: try members.number("level"), groups: try members.integer("groups"),
      answered: try members.integer("answered"), errors: try members.integer("errors"))
  }
}

extension RidgeRegression {
  var json: JSONValue {
    [
      "features": list(features), "outputs": list(outputs), "standardisation": standardisation.json,
      "weights": .array(weights.map { list($0) }), "intercepts": list(intercepts), "lambda": .number(lambda),
    ]
  }

  init(_ members: ModelMembers) throws {
    try self.init(
      features: members.texts("features"), outputs: members.texts("outputs"),
      standardisation: Standardisation(members.object("standardisation")), weights: members.rows("weights"),
      intercepts: members.numbers("intercepts"), lambda: members.number("lambda"))
  }
}
