// WordCountExample [WORKSPACE]: counts the words of the files that the workspace's pipelines/words.json names.
// The words.json beside this file is one to start with.
let outcome = try await WordCount.run(CommandLine.arguments.dropFirst().first ?? ".")
for stage in outcome.stages {
  print("\(stage.id): \(stage.state.rawValue), \(stage.unitsDone) counted, \(stage.unitsUpToDate) up to date")
  for error in stage.errors { print(error) }
}
