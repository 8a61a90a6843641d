import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore

/// Where the content of files lies now that are not at their places: a file that came to the project later, with the same
/// content. Each such file explains one that is missing.
struct HandMoves {
  /// The present place of a missing file, by its id.
  private(set) var now: [Int64: RelativePath] = [:]
  /// Those places.
  var places: Set<RelativePath> { Set(now.values) }
  /// How many files were read for this.
  private(set) var filesRead = 0

  /// A file that is where custody did not know one before.
  private struct Candidate {
    var path: RelativePath
    var status: FileStatus
    var isImage: Bool
    /// `nil` for a file that may have come at any time.
    var firstSeen: Int64?
    /// What somebody gave up that was here: a file with the content of one of them is that one, and explains no other.
    var givenUp: [KnownFile]
    /// `nil` until it is needed, where it has to be read.
    var digest: Digest?
    var isTaken = false
  }

  private struct NameAndSize: Hashable {
    var name: RelativePath
    var size: Int64
  }

  private let facts: AuditFacts
  private let cancellation: Cancellation?
  private var candidates: [Candidate] = []

  /// - Parameter lost: files that are not at their places, of which nobody said why.
  init(_ facts: AuditFacts, lost: [PlacedFile], cancellation: Cancellation?) throws {
    self.facts = facts
    self.cancellation = cancellation
    if lost.isEmpty { return }
    candidates = Self.candidates(facts)
    try matchByName(lost)
    try matchByContent(lost.filter { $0.file.kind == .image && now[$0.id] == nil })
  }

  /// A file that custody put where it is, or that explains another one already, is none.
  private static func candidates(_ facts: AuditFacts) -> [Candidate] {
    let explaining = Set(facts.accepted.values.filter { $0.kind == .moved }.map(\.place))
    let places = Dictionary(
      facts.known.compactMap { known in known.file.place.inProject.map { ($0, known) } }
    ) { first, _ in first }
    // What an open order has moved or made was moved by custody.
    let ordered = Set(
      facts.receipts.filter { $0.state == .intended || $0.state == .undoing }.flatMap(\.steps)
        .flatMap { $0.step.paths }.compactMap { facts.project.relative($0) })
    // Those of content folders; several may have been at one place after each other.
    let gone = Dictionary(
      grouping: facts.known.filter { $0.file.place == .missing && facts.isLost($0.id) }.map(\.file),
      by: \.origin)
    return facts.listing.entries.compactMap { entry in
      if explaining.contains(entry.path) || ordered.contains(entry.path) { return nil }
      let known = places[entry.path]
      // One that was said to be gone from here came at any time.
      let isBack = known.map { facts.accepted[$0.id] != nil } ?? false
      if let known, !isBack, known.file.origin != entry.path { return nil }
      let givenUp =
        if let known {
          facts.isLost(known.id) || facts.found.contains(known.id) ? [known.file] : []
        } else { gone[entry.path] ?? [] }
      let isAsKnown = known?.status.sameContent(as: entry.status) ?? false
      return Candidate(
        path: entry.path, status: entry.status, isImage: entry.kind == .image,
        firstSeen: isBack ? nil : known?.file.firstSeen, givenUp: givenUp,
        digest: isAsKnown ? known?.file.digest : nil)
    }
  }

  /// A file that has kept its name.
  private mutating func matchByName(_ lost: [PlacedFile]) throws {
    let byName = Dictionary(grouping: candidates.indices) { index in
      NameAndSize(name: RelativePath(candidates[index].path.name), size: candidates[index].status.size)
    }
    for known in lost {
      let name = (known.file.place.inProject ?? known.file.origin).name
      for index in byName[NameAndSize(name: RelativePath(name), size: known.status.size)] ?? []
      where now[known.id] == nil {
        try match(known, index)
      }
    }
  }

  /// An image that was renamed, too. Companions are often alike: only the name tells them apart.
  private mutating func matchByContent(_ lost: [PlacedFile]) throws {
    let sizes = Set(lost.map(\.status.size))
    var byContent: [Digest: [Int]] = [:]
    for index in candidates.indices
    where candidates[index].isImage && sizes.contains(candidates[index].status.size) {
      guard let digest = try digest(index) else { continue }
      byContent[digest, default: []].append(index)
    }
    for known in lost {
      for index in (byContent[known.file.digest] ?? []) where now[known.id] == nil { try match(known, index) }
    }
  }

  private mutating func match(_ known: PlacedFile, _ index: Int) throws {
    let candidate = candidates[index]
    guard !candidate.isTaken, candidate.isImage == (known.file.kind == .image),
      candidate.firstSeen ?? .max > known.file.firstSeen
    else { return }
    guard let digest = try digest(index), known.file.holds(digest),
      !candidate.givenUp.contains(where: { $0.holds(digest) })
    else { return }
    now[known.id] = candidate.path
    candidates[index].isTaken = true
  }

  /// - Returns: `nil` for a file that cannot be read: then it explains nothing.
  private mutating func digest(_ index: Int) throws -> Digest? {
    if let digest = candidates[index].digest { return digest }
    if cancellation?.isCancelled ?? false { throw CancellationError() }
    let digest: Digest
    do {
      digest = try FileSystem.digest(facts.project.path(candidates[index].path)).digest
    } catch is FileError {
      return nil
    }
    filesRead += 1
    candidates[index].digest = digest
    return digest
  }
}

extension CustodyStep {
  /// Every path that it names.
  fileprivate var paths: [String] {
    switch self {
    case .move(let from, let to, _), .copy(let from, let to), .place(let from, let to, _): [from, to]
    case .create(let path, _), .trash(let path, _), .remove(let path): [path]
    }
  }
}
