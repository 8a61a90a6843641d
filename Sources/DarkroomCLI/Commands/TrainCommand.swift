import ArgumentParser

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Training data: what people decided, for those who learn from it.",
    subcommands: [TrainExportCommand.self, TrainReportCommand.self])
}
