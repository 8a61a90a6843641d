import FileCustody
import FileSystem
import PipelineCore

/// What a review staged for deletion, without what a person accepted as moved or lost since.
struct StagedSets {
  /// What goes to the Trash; operations without a step are left out.
  private(set) var operations: [CustodyOperation] = []
  /// What stays though it was staged.
  private(set) var findings: [Diagnostic] = []
  /// The rest of sets whose image was moved.
  private var kept: Set<RelativePath> = []
  /// What went to the Trash already.
  private let gone: Set<RelativePath>
  private let review: Receipt

  /// - Parameters:
  ///   - review: the receipt of the review.
  ///   - accepted: what a person said of the staged files, by their places, absolute.
  ///   - trashed: the order that emptied the staging; `nil` before.
  init(_ review: Receipt, accepted: [RelativePath: Acceptance], trashed: CustodyOrder?) {
    self.review = review
    gone = Set(
      (trashed?.operations ?? []).flatMap(\.steps).compactMap { step in
        if case .trash(let path, _) = step { RelativePath(path) } else { nil }
      })
    let moved = Self.staging(review).flatMap(Self.sets).compactMap(\.image).filter {
      accepted[$0]?.kind == .moved
    }
    for operation in Self.staging(review) {
      let going = Self.sets(operation).filter { set in
        // A set follows its image: who moved that out of the staging by hand may want the rest of it, too. What belongs
        // to the group follows each of them.
        let movers = set.image.map { image in moved.filter { $0 == image } } ?? moved
        guard !movers.isEmpty else { return true }
        let rest = set.files.filter { accepted[$0] == nil && !gone.contains($0) }
        if !rest.isEmpty {
          findings.append(Self.kept(rest, of: set, with: movers, group: review.order.group))
        }
        kept.formUnion(rest)
        return false
      }
      let files = going.flatMap(\.files).filter { accepted[$0] == nil }
      if files.isEmpty { continue }
      let names = Set(files.map { RelativePath($0.name) })
      operations.append(
        CustodyOperation(
          verb: .sendToTrash, sourceFolder: operation.targetFolder, targetFolder: "",
          images: operation.images.filter { names.contains(RelativePath($0)) },
          notes: "staged for deletion",
          steps: files.map { .trash($0.rawValue, digest: review.digest(broughtTo: $0.rawValue)) }))
    }
  }

  /// Whether a review staged anything.
  static func isStaging(_ review: Receipt) -> Bool { staging(review).contains { !$0.steps.isEmpty } }

  /// The files that a review staged and that custody's registry knows, by their places, absolute.
  static func known(_ review: Receipt) -> [RelativePath: Int64] {
    var known: [RelativePath: Int64] = [:]
    for step in review.steps where review.order.operations[step.operation].verb == .stageDelete {
      if case .move(_, let target, _) = step.step, let file = step.file { known[RelativePath(target)] = file }
    }
    return known
  }

  private static func staging(_ review: Receipt) -> [CustodyOperation] {
    review.order.operations.filter { $0.verb == .stageDelete }
  }

  /// What goes or stays together.
  private struct StagedSet {
    /// `nil` for what belongs to the whole group: the sidecars that the older system wrote.
    var image: RelativePath?
    /// The image first.
    var files: [RelativePath]
  }

  /// The files of an operation by sets: `images.review` moves each image before its companions, which have its stem, and
  /// then what belongs to the group.
  private static func sets(_ operation: CustodyOperation) -> [StagedSet] {
    let images = Set(operation.images.map { RelativePath($0) })
    var sets: [StagedSet] = []
    var ofGroup = StagedSet(files: [])
    for step in operation.steps {
      guard case .move(_, let target, _) = step else { continue }
      let file = RelativePath(target)
      if images.contains(RelativePath(file.name)) {
        sets.append(StagedSet(image: file, files: [file]))
      } else if let image = sets.last?.image, RelativePath(image.stem) == RelativePath(file.stem) {
        sets[sets.count - 1].files.append(file)
      } else {
        ofGroup.files.append(file)
      }
    }
    return ofGroup.files.isEmpty ? sets : sets + [ofGroup]
  }

  private static func kept(
    _ rest: [RelativePath], of set: StagedSet, with images: [RelativePath], group: String
  ) -> Diagnostic {
    let names = images.map { FileSystem.shown($0.rawValue) }.joined(separator: ", ")
    return Diagnostic(
      .warning, code: "staged-set-kept",
      "group \(group): \(names) \(images.count == 1 ? "was" : "were") moved out of the deletion staging by hand, so that "
        + "\(set.image == nil ? "what belongs to the whole group" : "the rest of its set") stays there",
      notes: rest.map { .init("\(FileSystem.shown($0.rawValue)) stays") },
      help: "move it to its image, or delete it; \(tell)")
  }

  /// Whoever moves or deletes a file of custody's without a word hears of it from the next audit.
  private static let tell =
    "then say so: `darkroom audit --accept PLACE` with the place where it is now, or `darkroom audit --accept-loss PATH` for each file that you deleted"

  /// What came back to the staging after the rest of its group had gone to the Trash.
  func left() throws -> [Diagnostic] {
    let left = try Self.staging(review).flatMap(Self.sets).flatMap(\.files).filter {
      try !gone.contains($0) && !kept.contains($0) && FileStatus($0.rawValue) != nil
    }
    return left.map { file in
      Diagnostic(
        .warning, code: "staged-file-left",
        "group \(review.order.group): \(FileSystem.shown(file.rawValue)) stays in the deletion staging: it was not there as it was staged when the rest of its group went to the Trash",
        help: "look at it; move it away or delete it, \(Self.tell)")
    }
  }
}
