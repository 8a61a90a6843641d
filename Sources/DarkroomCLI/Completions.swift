import ArgumentParser
import PipelineCore
import PipelineWorkspace

/// What the shell offers for names of this workspace. Completion never fails: without a workspace it offers nothing.
enum Completions {
  /// The names of the pipelines.
  @Sendable static func pipelines(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
    // `try?`: see above.
    guard let workspace = try? workspace(words) else { return [] }
    return (try? PipelineFile.names(in: workspace)) ?? []
  }

  /// The names of all stages of all pipelines.
  @Sendable static func stages(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
    // `try?`: see above.
    guard let workspace = try? workspace(words), let names = try? PipelineFile.names(in: workspace) else {
      return []
    }
    var stages: Set<String> = []
    for name in names {
      // `try?`: a pipeline that does not read is `darkroom validate`'s business.
      guard let pipeline = try? PipelineFile.load(name, in: workspace).pipeline else { continue }
      stages.formUnion((pipeline.stages + pipeline.finally).map(\.id.rawValue))
    }
    return stages.sorted()
  }

  private static func workspace(_ words: [String]) throws -> Workspace {
    let option = words.firstIndex(of: "--workspace").map { words.index(after: $0) }
    return try Workspace.locate(option.flatMap { $0 < words.endIndex ? words[$0] : nil })
  }
}
