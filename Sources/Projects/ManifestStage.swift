import PipelineCore

/// A stage of production as a project's manifest has it.
public struct ManifestStage: Sendable, Hashable {
  /// What stands in the names of its images; ASCII, not empty.
  public let name: String
  /// Its place in production, in thousandths: 1,500 for stage 1.5. At least 1, at most 1,000,000,000.
  public let thousandths: Int

  public init(name: String, thousandths: Int) {
    self.name = name
    self.thousandths = thousandths
  }

  /// Reads an entry of `stages`; `nil` when it is none.
  init?(_ value: LocatedJSON) {
    guard case .object(let members) = value.content, members.count == 2,
      let name = members.first(where: { $0.name == "name" })?.value.stringValue,
      case .scalar(let rank)? = members.first(where: { $0.name == "rank" })?.value.content,
      let rank = rank.doubleValue, !name.isEmpty,
      name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2F })
    else { return nil }
    let thousandths = (rank * 1_000).rounded()
    // Exact: two stages must not fall together by rounding.
    guard rank > 0, rank <= 1_000_000, thousandths >= 1, abs(thousandths - rank * 1_000) < 1e-6 else {
      return nil
    }
    self.init(name: name, thousandths: Int(thousandths))
  }
}

extension LocatedJSON {
  /// The stages of a manifest's member, and what is wrong with them.
  var manifestStages: (stages: [ManifestStage], problems: [(message: String, place: LocatedJSON)]) {
    guard case .array(let items) = content, !items.isEmpty else {
      return ([], [("stages must be an array with at least one stage", self)])
    }
    var stages: [ManifestStage] = []
    var problems: [(message: String, place: LocatedJSON)] = []
    for item in items {
      guard let stage = ManifestStage(item) else {
        problems.append(
          (
            #"a stage is {"name": TEXT, "rank": NUMBER}: a name of visible ASCII without /, a rank above 0 in steps of 0.001"#,
            item
          ))
        continue
      }
      if let other = stages.first(where: { $0.name.lowercased() == stage.name.lowercased() }) {
        problems.append(("the stage \(other.name) is there already; upper and lower case are the same", item))
      }
      stages.append(stage)
    }
    return (stages, problems)
  }
}
