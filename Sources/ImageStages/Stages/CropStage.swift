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

      PNG and TIFF crops have exactly the source's pixels, and text, colour profile and depth are kept; JPEG crops \
      are copied without loss where the rectangle allows it.

      A unit is a group whose decision has a rectangle.
      """,
    settings: [
      Setting(
        "minCropPixels", .integer(1...100_000), default: 64,
        "The least width and height of a crop, in pixels."),
      Setting(
        "afterCrop", .oneOf(["keep", "trash"]), default: "keep",
        "What becomes of the source set once its crop is durable: it stays, or goes to the Trash."),
    ],
    unit: "a group whose decision has a rectangle", unitsComeAndGo: true)

  private let minimum: Int
  private let trashesSource: Bool
  private let access: CustodyAccess

  public init(_ definition: StageDefinition) { self.init(definition, access: CustodyAccess()) }

  init(_ definition: StageDefinition, access: CustodyAccess) {
    self.access = access
    minimum = Int(definition.settings["minCropPixels"]?.integerValue ?? 64)
    trashesSource = definition.settings["afterCrop"]?.stringValue == "trash"
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
    let custody = try access.custody(context)
    guard let review = try custody.receipt(ReviewRouting.orderID(decision)), review.state == .done else {
      throw Diagnostic(
        code: "not-routed",
        "group \(decision.group): images.review has not moved it yet; nothing was cropped",
        help: "run the review stage first")
    }
    let cut = CropCut(
      decision: decision, line: folded.rectangle?.id ?? decision.id, image: image, rectangle: rectangle,
      project: project, custody: custody, workspace: context.workspace, minimum: minimum, review: review)
    let receipt = try cut.perform(expected: routing.digest(of: image))
    try finish(cut, receipt, context)
    return try result(cut, receipt, context)
  }

  /// What follows a durable crop: the row, then the sidecar, then the source. Each is idempotent.
  private func finish(_ cut: CropCut, _ receipt: CropCut.Finished, _ context: UnitContext) throws {
    let database = try DecisionDatabase(workspace: context.workspace, project: cut.project.id)
    try database.recordCrop(
      group: cut.decision.group, rectangle: cut.rectangle,
      at: UTCTime(microseconds: receipt.receipt.doneAt ?? receipt.receipt.intendedAt).description)
    try cut.retire(trashesSource: trashesSource)
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
