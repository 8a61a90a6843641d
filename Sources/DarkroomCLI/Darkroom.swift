public import ArgumentParser

/// The `darkroom` program. `Sources/darkroom` calls `main()` and does nothing else.
public struct Darkroom: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "darkroom",
    abstract: "Run declarative data pipelines with checkpoints, safely, as often as you like.",
    discussion: ExitStatus.table,
    version: "0.1.0",
    subcommands: [GenerateCommand.self],
    groupedSubcommands: [
      CommandGroup(name: "Work", subcommands: [RunCommand.self, PlanCommand.self, ImportCommand.self]),
      CommandGroup(
        name: "Images",
        subcommands: [
          GroupsCommand.self, DecideCommand.self, UndoCommand.self, AuditCommand.self, WhereCommand.self,
        ]),
      CommandGroup(name: "Learn", subcommands: [TrainCommand.self]),
      CommandGroup(
        name: "Look",
        subcommands: [
          StatusCommand.self, ExplainCommand.self, RunsCommand.self, ShowCommand.self, LogsCommand.self,
        ]),
      CommandGroup(
        name: "Define",
        subcommands: [
          InitCommand.self, ValidateCommand.self, StagesCommand.self, SchemaCommand.self, GraphCommand.self,
        ]),
      CommandGroup(name: "Keep in order", subcommands: [GarbageCommand.self, CompletionsCommand.self]),
    ])

  public init() {}
}
