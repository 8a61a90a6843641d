public import ImageCatalog
import ImageFiles
import ImageMeasurement
public import PipelineCore
import PipelineEngine
import PipelineSpec
import Synchronization

/// Asks a program of the team. `images.recommend` describes what is said; the program is started with the first group
/// and ended with this value.
public final class CommandRecommender: Recommender {
  private let command: [String]
  private let name: String
  private let version: String
  private let sendsFeatures: Bool
  private let limits: ChildConversation.Limits
  private let conversation = Mutex<ChildConversation?>(nil)
  private let measurements = MeasurementAccess.reading()

  /// - Throws: `Diagnostics` when the settings name no program or no time.
  public init(_ definition: StageDefinition) throws {
    let settings = definition.settings
    command = settings["command"]?.arrayValue?.compactMap(\.stringValue) ?? []
    guard let program = command.first, !program.isEmpty else {
      throw Diagnostics([
        Diagnostic(
          code: "recommender-command", "the recommender `command` has no program", at: definition.location,
          help: #"give it as a list: "command": ["scripts/recommend", "--model", "best.bin"]"#)
      ])
    }
    let text = settings["timeout"]?.stringValue ?? "30s"
    guard let timeout = DurationText.duration(text), timeout > .zero else {
      throw Diagnostics([
        Diagnostic(
          code: "duration", "timeout is \(text.debugDescription), not a length of time such as 250ms, 5s, 2m",
          at: definition.location)
      ])
    }
    let ownName = settings["name"]?.stringValue ?? ""
    name = ownName.isEmpty ? String(program.split(separator: "/").last ?? "command") : ownName
    version = settings["version"]?.stringValue ?? "1"
    sendsFeatures = settings["features"]?.boolValue ?? false
    limits = ChildConversation.Limits(timeout: timeout)
  }

  public func recommend(
    _ record: GroupRecord, project: ImageProject, model: Digest?, context: UnitContext
  ) throws -> Recommendation? {
    let digests = record.digests.compactMap { $0 }
    guard digests.count == record.group.images.count, !digests.isEmpty else { return nil }
    try context.checkCancellation()
    let question = try question(record, digests, project, workspace: context.workspace)
    let conversation = try conversation.withLock { current in
      let opened = try current ?? ChildConversation(command, workspace: context.workspace, limits: limits)
      current = opened
      return opened
    }
    let line = try conversation.ask(question, cancellation: context.cancellation, log: context.log)
    let answer: RecommenderAnswer?
    do {
      answer = try RecommenderAnswer.read(line, program: name, group: record.group.id)
    } catch {
      // What is no answer to this group may be one to another: from here on nothing it says could be trusted.
      conversation.abandon("wrote what is no answer to the question")
      throw error
    }
    return try answer?.recommendation(
      by: name, version: version, model: model, of: record.group, digests: digests)
  }

  private func question(
    _ record: GroupRecord, _ digests: [Digest], _ project: ImageProject, workspace: String
  ) throws -> String {
    // What was measured before is as good as measuring now, and need not decode.
    let measured =
      sendsFeatures
      ? try measurements.database(workspace: workspace, project: project.id)?.images(digests) ?? [:] : [:]
    let images = try zip(record.group.images, digests).map { name, digest -> JSONValue in
      let path = project.path(record.origin(of: name))
      var members: [String: JSONValue] = [
        "path": .string(path), "name": .string(name),
        "stage": .string(project.stages.name(ofName: name)),
      ]
      if sendsFeatures {
        let features = try measured[digest]?.features ?? ImageFiles.features(path)
        members["width"] = .integer(Int64(features.width))
        members["height"] = .integer(Int64(features.height))
        members["features"] = Self.json(features)
      } else {
        let facts = try ImageFiles.probe(path)
        members["width"] = .integer(Int64(facts.width))
        members["height"] = .integer(Int64(facts.height))
      }
      return .object(members)
    }
    return JSONValue.object(["group": .string(record.group.id.rawValue), "images": .array(images)]).canonical
  }

  private static func json(_ features: ImageFeatures) -> JSONValue {
    .object([
      "sharpness": .number(features.sharpness), "exposure": .number(features.exposure),
      "contrast": .number(features.contrast), "entropy": .number(features.entropy),
      "colourfulness": .number(features.colourfulness), "clippedShadows": .number(features.clippedShadows),
      "clippedHighlights": .number(features.clippedHighlights),
      "attention": .array([.number(features.attention.x), .number(features.attention.y)]),
      "perceptualHash": .string(features.perceptualHash),
    ])
  }
}
