import PipelineCore

/// Which projects' datasets are of the last join. A join that fails for one project leaves its last dataset, which is
/// sound, and lacks what was decided since.
struct StandingJoins {
  /// `nil` when the stage needs no join: then nobody can tell.
  private let joined: Set<String>?

  init(_ context: ExpansionContext) throws {
    let joins = context.upstream.filter { $0.kind == JoinStage.description.kind }
    joined = joins.isEmpty ? nil : Set(try joins.flatMap { try $0.units().map(\.key.rawValue) })
  }

  /// Whether the project has a dataset that no join of it stands for.
  func isOlder(_ project: String) -> Bool { joined.map { !$0.contains(project) } ?? false }

  /// Tells people that an older dataset is used.
  /// - Parameter dataset: the version's folder, relative to the workspace.
  static func finding(project: String, dataset: String) -> Diagnostic {
    Diagnostic(
      .warning, code: "training-older-dataset",
      "project \(project) was not joined: what is learned from it is its last dataset, \(dataset), without what was decided since",
      help: "put right what its join says; the next run then uses all decisions")
  }
}
