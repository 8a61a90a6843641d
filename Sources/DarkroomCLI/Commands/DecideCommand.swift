import ArgumentParser
import ImageCatalog
import ImageStages
import PipelineCore
import PipelineEngine

struct DecideCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decide", abstract: "Decide a group: which image is kept, and how it is cropped.",
    usage: """
      darkroom decide GROUP approve
      darkroom decide GROUP override IMAGE
      darkroom decide GROUP crop x1,y1,x2,y2 [--image IMAGE]
      darkroom decide GROUP accept-crop | reject | skip
      """,
    discussion: """
      Appends one line to data/review/inbox/PROJECT.jsonl. Nothing moves until the next run. The first decision of a \
      group stands until `darkroom undo --group GROUP`. A crop without a rectangle waits for one. \
      Where `darkroom groups` shows the recommendation as hidden, `approve` and `accept-crop` are refused. \
      Say `--shown` when you saw the recommendation: without it, the decision counts as one of which nobody knows, and \
      measures neither what people do with recommendations nor what they do without them.
      """)

  @Argument(help: "The group's id, or its beginning; `darkroom groups` lists them.") var group: String
  @Argument(help: "approve, override, crop, accept-crop, reject or skip.") var action: String
  @Argument(help: "The image for override, or the rectangle for crop as fractions of the image.") var value:
    String?
  @Option(name: .long, help: "The image to crop (default: the recommended one, or the only one).") var image:
    String?
  @Flag(name: .long, help: "The recommendation was on the screen while you decided.") var shown = false
  @Flag(name: .long, help: "The recommendation was hidden from you while you decided.") var blind = false
  @OptionGroup var place: WorkspaceOptions

  func validate() throws {
    if shown, blind { throw ValidationError("--shown and --blind contradict each other") }
  }

  func run() throws {
    let workspace = try place.locate()
    guard let action = Decision.Action(rawValue: action), action != .undo else {
      throw CommandFailure(
        .usage,
        Diagnostic(
          code: "unknown-action", "there is no action \(action); nothing was decided",
          help: "the actions are approve, override, crop, accept-crop, reject, skip"))
    }
    let entry = try ReviewBoards.load(workspace, project: nil).entry(group)
    if let standing = entry.decision, !completes(standing, action) {
      throw refused(
        "group \(entry.record.group.id) is decided already (\(standing.action.rawValue)); nothing was decided",
        help: "take that back first: `darkroom undo --group \(entry.record.group.id)`")
    }
    try checkExposure(action, entry)
    let now = UTCTime(microseconds: SystemClock().wallMicroseconds).description
    let decision = try Decision(
      project: entry.project, group: entry.record.group.id, action: action, image: try image(action, entry),
      crop: try rectangle(action), actor: .human, recommendation: entry.recommendation,
      images: entry.record.group.images, shownAt: shown ? now : nil, decidedAt: now,
      blind: blind || entry.recommendation?.blind == true)
    try DecisionInbox.append(decision, workspace: workspace.root)
    let what = [decision.image, decision.crop?.description].compactMap { $0 }.joined(separator: " ")
    StandardOutput.write(
      "\(entry.record.group.id): \(action.rawValue)\(what.isEmpty ? "" : " " + HumanText.printable(what))\n"
        + (action == .skip ? "" : "the next run carries it out: `darkroom run nightly`\n"))
  }

  /// Refuses what cannot be true of the recommendation's being seen.
  private func checkExposure(_ action: Decision.Action, _ entry: GroupBoard.Entry) throws {
    let group = entry.record.group.id
    if shown, entry.recommendation == nil {
      throw refused(
        "group \(group) has no recommendation that could have been on the screen; nothing was decided",
        help: "leave out --shown")
    }
    if shown, entry.recommendation?.blind == true {
      throw refused(
        "the recommendation for group \(group) is hidden, so it was not on the screen; nothing was decided",
        help: "leave out --shown")
    }
    if blind, action == .approve || action == .acceptCrop {
      throw refused(
        "\(action.rawValue) takes a recommendation, and --blind says that it was not seen; nothing was decided",
        help: "leave out --blind, or pick an image: `darkroom decide \(group) override IMAGE`")
    }
  }

  /// Whether the line gives a crop that waits its rectangle.
  private func completes(_ standing: Decision, _ action: Decision.Action) -> Bool {
    action == .crop && standing.action == .crop && standing.crop == nil && value != nil
  }

  private func image(_ action: Decision.Action, _ entry: GroupBoard.Entry) throws -> String? {
    let images = entry.record.group.images
    switch action {
    case .reject, .skip, .undo: return nil
    case .approve, .acceptCrop:
      guard let recommendation = entry.recommendation else {
        throw refused(
          "group \(entry.record.group.id) has no recommendation to \(action.rawValue); nothing was decided",
          help: "pick an image: `darkroom decide \(entry.record.group.id) override IMAGE`")
      }
      guard !recommendation.blind else {
        throw refused(
          "the recommendation for group \(entry.record.group.id) is hidden, to learn what people choose without it, so there is nothing to \(action.rawValue); nothing was decided",
          help:
            "pick an image: `darkroom decide \(entry.record.group.id) override IMAGE`, or draw a crop with `crop x1,y1,x2,y2 --image IMAGE`; its images are \(images.joined(separator: ", "))"
        )
      }
      if action == .acceptCrop, recommendation.crop == nil {
        throw refused(
          "no crop was recommended for group \(entry.record.group.id); nothing was decided",
          help: "draw one: `darkroom decide \(entry.record.group.id) crop x1,y1,x2,y2`")
      }
      return recommendation.image
    case .override, .crop:
      let named = action == .override ? value ?? image : image
      if let named {
        if images.contains(named) { return named }
        throw refused(
          "group \(entry.record.group.id) has no image \(HumanText.printable(named)); nothing was decided",
          help: "its images are \(images.joined(separator: ", "))")
      }
      if let standing = entry.decision { return standing.image }
      let shown = entry.recommendation.flatMap { $0.blind ? nil : $0.image }
      if action == .crop, let only = shown ?? (images.count == 1 ? images[0] : nil) { return only }
      throw refused(
        "name the image that is meant; nothing was decided",
        help: "its images are \(images.joined(separator: ", "))")
    }
  }

  private func rectangle(_ action: Decision.Action) throws -> CropRectangle? {
    guard action == .crop, let value else { return nil }
    do { return try CropRectangle.parse(value) } catch { throw CommandFailure(.refused, error) }
  }

  private func refused(_ message: String, help: String) -> CommandFailure {
    CommandFailure(.refused, Diagnostic(code: "decision-refused", message, help: help))
  }
}
