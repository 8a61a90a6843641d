import FileCustody
import FileSystem
import ImageCatalog
import ImageFiles
public import PipelineCore

/// `images.crop`: cuts the rectangles that people drew or accepted.
public struct CropStage: Stage {
  public static let description = StageDescription(
    kind: "images.crop", version: 1,
    summary: "Cuts the decided rectangles as new images beside copies of their companions",
    discussion: """
      For each group whose decision has a rectangle (a person's crop, or a recommended one that was accepted) and which \
      `images.review` has routed: reads the picked image whole, cuts the rectangle, and gives the result the image's \
      name in the folder for crops, with copies of its companions. The source stays as it is. When all of that is \
      durable, the rectangle enters the group's row in the decision database, and the `.decision` sidecar goes into \
      custody's receipt. A name that is taken is an error, never an overwrite.

      With `afterCrop` the source set, with all its companions, then leaves its place together with the sidecar: to the \
      Trash, or to a folder directly below the project's root, whose name begins with `__` (`__originals`). It goes \
      whole or not at all, only while its crop is there as it was made, and `darkroom undo` brings it back. The setting \
      holds for crops that are finished from then on; the sources of earlier ones stay.

      PNG and TIFF crops have exactly the source's pixels, and text, colour profile and depth are kept; JPEG crops \
      are copied without loss where the rectangle allows it.

      A unit is a group whose decision has a rectangle.
      """,
    settings: [
      Setting(
        "minCropPixels", .integer(1...100_000), default: 64,
        "The least width and height of a crop, in pixels."),
      Setting(
        "afterCrop", .string, default: "keep",
        "What becomes of the source set once its crop is durable: `keep`, `trash`, or the name of a folder for it."
      ),
    ],
    unit: "a group whose decision has a rectangle", unitsComeAndGo: true)

  private let minimum: Int
  private let after: AfterCrop
  private let access: CustodyAccess

  /// - Throws: `Diagnostics` when `afterCrop` is none of its values.
  public init(_ definition: StageDefinition) throws { try self.init(definition, access: CustodyAccess()) }

  init(_ definition: StageDefinition, access: CustodyAccess) throws {
    self.access = access
    minimum = Int(definition.settings["minCropPixels"]?.integerValue ?? 64)
    after = try AfterCrop(definition)
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    let routed = try CommittedGroups(
      context, kind: ReviewStage.description.kind, neededBy: Self.description.kind)
    return try DecidedGroups(context).units { group in
      guard let decision = group.folded?.standing, routed.keys.contains(UnitKey(decision.group.rawValue))
      else {
        return false
      }
      // `try?`: what is wrong with the decision is the review stage's error.
      return (try? group.record.map { try ReviewRouting(decision, $0).rectangle } ?? nil) != nil
    }
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let group = try GroupDecision(order.values)
    guard let folded = group.folded, let decision = folded.standing else { return UnitResult() }
    let routing = try ReviewRouting(decision, try group.knownRecord(decision))
    guard let rectangle = routing.rectangle, let image = routing.picked else { return UnitResult() }
    let project = try ImageProjects.project(group.project, workspace: context.workspace)
    try after.check(project)
    let custody = try access.custody(context)
    guard let review = try custody.receipt(ReviewRouting.orderID(decision)), review.state == .done else {
      throw Diagnostic(
        code: "not-routed",
        "group \(decision.group): images.review has not moved it yet; nothing was cropped",
        help: "run the review stage first")
    }
    // Opened before anything is made: no crop without its row.
    let database = try DecisionDatabase(workspace: context.workspace, project: project.id)
    let cut = CropCut(
      decision: decision, line: folded.rectangle?.id ?? decision.id, image: image,
      catalogued: routing.digest(of: image), rectangle: rectangle, project: project, custody: custody,
      workspace: context.workspace, minimum: minimum, review: review)
    var done = try cut.perform()
    // What follows a durable crop: the row, then sidecar and source. Each is idempotent.
    try database.recordCrop(
      group: decision.group, rectangle: rectangle,
      at: UTCTime(microseconds: done.receipt.doneAt ?? done.receipt.intendedAt).description)
    done.warnings += try CropRetirement(cut: cut, after: after).perform(done)
    return try result(cut, done, context)
  }

  private func result(_ cut: CropCut, _ done: CropCut.Finished, _ context: UnitContext) throws -> UnitResult {
    let text =
      JSONValue.object([
        "group": .string(cut.decision.group.rawValue), "decision": .string(cut.decision.id),
        "project": .string(cut.project.id), "image": .string(cut.image), "crop": cut.rectangle.json,
        "digest": .string(done.digest.hex), "file": .string(RelativePath(done.target).name),
      ]).canonical + "\n"
    try FileSystem.create("\(context.artifact)/crop_v1.json", text.utf8)
    return UnitResult(
      artifacts: [UnitResult.Artifact(name: "crop_v1.json", digest: Digest(of: text), rows: 1)],
      counters: ["crops": 1], findings: done.warnings)
  }
}
