public import ArgumentParser

/// The `darkroom` program. `Sources/darkroom` calls ``main()`` and does nothing else.
public struct Darkroom: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "darkroom",
    abstract: "Run declarative data pipelines with checkpoints, safely, as often as you like.",
    discussion: ExitStatus.table,
    version: "0.1.0",
    subcommands: [
      RunCommand.self, PlanCommand.self, StatusCommand.self, ExplainCommand.self, RunsCommand.self, ShowCommand.self,
      LogsCommand.self,
    ])

  public init() {}
}
