import Foundation
import PipelineCore
import TrainingData
import TrainingStages

// join-work WORKSPACE PROJECT FOLDER [--near-duplicates]: joins a project's decisions into the files of a dataset, as the
// stage training.join does before it publishes them. Without the option it looks neither for near-duplicates nor for
// leaks: no other program that it is measured against does.

let arguments = CommandLine.arguments
guard arguments.count >= 4 else {
  FileHandle.standardError.write(Data("usage: join-work WORKSPACE PROJECT FOLDER [--near-duplicates]\n".utf8))
  exit(2)
}
do {
  let join = DatasetJoin(
    workspace: arguments[1], project: arguments[2],
    nearDuplicates: arguments.contains("--near-duplicates") ? NearDuplicates() : nil)
  let outcome = try join.run(into: arguments[3])
  print(outcome.manifest.json.canonical)
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
