import ArgumentParser

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "run", abstract: "Run a pipeline.")
  @Argument var pipeline: String
  func run() async throws { print(pipeline) }
}
