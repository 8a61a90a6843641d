import ArgumentParser
import PipelineCore
import PipelineSpec

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of pipeline files, for editors: data/schema/pipeline_v1.schema.json.")

  func run() throws {
    StandardOutput.write(PipelineSchema.json(kinds: StageCatalog.kinds.map(\.description)))
  }
}
