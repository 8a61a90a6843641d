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
  private let review: Receipt

  /// - Parameters:
  ///   - review: the receipt of the review.
  ///   - accepted: what a person said of the staged files, by their places, absolute.
  init(_ review: Receipt, accepted: [RelativePath: Acceptance]) {
    self.review = review
    for operation in Self.staging(review) {
      let sets = Self.sets(operation)
      let going = sets.filter { set in
        // A set follows its image: who moved that out of the staging by hand may want the rest of it, too.
        guard accepted[set[0]]?.kind == .moved else { return true }
        let rest = set.filter { accepted[$0] == nil }
        if !rest.isEmpty { findings.append(Self.kept(set[0], rest, review.order.group)) }
        kept.formUnion(rest)
        return false
      }
      let files = going.joined().filter { accepted[$0] == nil }
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

  /// The places of all files that a review staged, absolute.
  static func files(_ review: Receipt) -> [RelativePath] { staging(review).flatMap { sets($0).joined() } }

  private static func staging(_ review: Receipt) -> [CustodyOperation] {
    review.order.operations.filter { $0.verb == .stageDelete }
  }

  /// The files of an operation by sets: `images.review` moves each image before its companions.
  private static func sets(_ operation: CustodyOperation) -> [[RelativePath]] {
    let images = Set(operation.images.map { RelativePath($0) })
    var sets: [[RelativePath]] = []
    for step in operation.steps {
      guard case .move(_, let target, _) = step else { continue }
      let file = RelativePath(target)
      if sets.isEmpty || images.contains(RelativePath(file.name)) {
        sets.append([file])
      } else {
        sets[sets.count - 1].append(file)
      }
    }
    return sets
  }

  private static func kept(_ image: RelativePath, _ rest: [RelativePath], _ group: String) -> Diagnostic {
    Diagnostic(
      .warning, code: "staged-set-kept",
      "group \(group): \(FileSystem.shown(image.rawValue)) was moved out of the deletion staging by hand, so that the rest of its set stays there",
      notes: rest.map { .init("\(FileSystem.shown($0.rawValue)) stays") },
      help: "move the rest to its image, or delete it")
  }

  /// What came back to the staging after the rest of its group had gone to the Trash.
  /// - Parameter trashed: the order that emptied it.
  func left(after trashed: CustodyOrder) throws -> [Diagnostic] {
    let gone = Set(
      trashed.operations.flatMap(\.steps).compactMap { step in
        if case .trash(let path, _) = step { RelativePath(path) } else { nil }
      })
    let left = try Self.files(review).filter {
      try !gone.contains($0) && !kept.contains($0) && FileStatus($0.rawValue) != nil
    }
    return left.map { file in
      Diagnostic(
        .warning, code: "staged-file-left",
        "group \(review.order.group): \(FileSystem.shown(file.rawValue)) stays in the deletion staging: it was not there as it was staged when the rest of its group went to the Trash",
        help: "look at it, then move it away or delete it")
    }
  }
}
