import DatabaseFiles
import FileSystem
import PipelineCore

/// Checks an order against the disk and the registry, changing nothing, and reduces it to acts.
struct PassPlanner {
  let order: CustodyOrder
  let journal: CustodyJournal
  let trash: any TrashCan
  let time: Int64

  private(set) var acts: [Act] = []
  /// Files that the registry has not seen, by the positions of their acts.
  private(set) var unknown: [Int: SeenFile] = [:]
  private(set) var destinations: Destinations
  private var problems: [Diagnostic] = []
  private var promisedSlots: [String] = []
  private let problem: OrderProblem

  init(
    _ order: CustodyOrder, journal: CustodyJournal, trash: any TrashCan, names: FolderNames, time: Int64
  ) {
    self.order = order
    self.journal = journal
    self.trash = trash
    self.time = time
    problem = OrderProblem(order: order, direction: .perform)
    destinations = Destinations(problem, names: names)
  }

  /// All problems at once, or the acts.
  mutating func plan() throws {
    guard try FileStatus(following: order.root)?.kind == .directory else { throw problem.rootMissing() }
    try checkForm()
    for (index, operation) in order.operations.enumerated() {
      for (step, work) in operation.steps.enumerated() {
        do { try add(work, operation: index, step: step) } catch let error as Diagnostic {
          problems.append(error)
        } catch let error as FileError {
          problems.append(error.diagnostic)
        }
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  /// What can be said without looking at the disk.
  private func checkForm() throws {
    let steps = order.operations.flatMap(\.steps)
    if steps.isEmpty { throw problem.invalid("has no steps") }
    guard order.id.rawValue.utf8.count == 32, order.id.rawValue.utf8.allSatisfy(Self.isHexDigit) else {
      throw problem.invalid("is not named by 32 lower-case hexadecimal digits")
    }
    var vacated: Set<RelativePath> = []
    var targets: [RelativePath: [String: String]] = [:]
    for step in steps {
      for path in [step.source, step.target].compactMap({ $0 }) {
        guard Self.isPlain(path) else {
          throw problem.invalid("names \(path), which is not a plain absolute path")
        }
        if case .place(let prepared, _, _) = step, RelativePath(prepared) == RelativePath(path) { continue }
        guard order.relative(path) != nil else {
          throw problem.invalid("names \(path), which is not below the project's root \(order.root)")
        }
      }
      if let source = step.source, !step.leavesSource, !vacated.insert(RelativePath(source)).inserted {
        throw problem.invalid("takes \(source) away twice")
      }
      if let target = step.target {
        let path = RelativePath(target)
        let name = FolderNames.folded(path.name)
        if let other = targets[path.folder, default: [:]].updateValue(target, forKey: name) {
          throw problem.lookalike(target, other)
        }
      }
    }
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  /// Absolute, without empty parts, `.`, `..` and NUL.
  private static func isPlain(_ path: String) -> Bool {
    guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count > 1, !path.utf8.contains(0) else {
      return false
    }
    return path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .allSatisfy {
        !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
      }
  }

  // MARK: Steps

  private mutating func add(_ work: CustodyStep, operation: Int, step: Int) throws {
    var act = Act(kind: .rename, operation: operation, step: step, digest: Digest(of: ""))
    act.source = work.source
    act.target = work.target
    if let target = work.target { try destinations.need(target) }
    switch work {
    case .move(let from, let to, let digest):
      try takeSource(from, digest, into: &act)
      try destinations.cross(&act, from: from, to: to)
    case .create(let at, let bytes):
      guard bytes.count <= CustodyStep.largestOwnFile else { throw problem.tooLarge(at) }
      act.kind = .make
      act.bytes = bytes
      act.digest = bytes.withUnsafeBytes { Digest(of: $0) }
      act.temporary = destinations.hiddenName(beside: at, act)
    case .place(let prepared, let at, let digest):
      act.kind = .place
      let (found, status) = try read(prepared)
      guard found == digest else { throw problem.changed(prepared) }
      guard try destinations.isSameMount(prepared, at) else { throw problem.elsewhere(prepared) }
      act.digest = digest
      act.mark = FileMark(status)
    case .copy(let from, let to):
      act.kind = .make
      try takeSource(from, nil, into: &act)
      // The row is the source's; the copy gets one of its own.
      act.file = nil
      act.temporary = destinations.hiddenName(beside: to, act)
    case .trash(let path, let digest):
      act.kind = .trash
      try takeSource(path, digest, into: &act)
      let slot = try trash.slot(for: path, at: time, taken: promisedSlots)
      promisedSlots.append(slot.data)
      act.target = slot.data
      act.info = slot.info
      if let info = slot.info {
        act.bytes = slot.infoBytes
        act.temporary = destinations.hiddenName(beside: info, act)
      }
      for folder in slot.folders { destinations.need(MissingFolder(path: folder, isPrivate: true)) }
    case .remove(let path):
      act.kind = .remove
      try takeSource(path, nil, into: &act)
      guard let size = act.mark?.size, size <= CustodyStep.largestOwnFile else {
        throw problem.tooLarge(path)
      }
      act.bytes = try FileSystem.read(path)
      guard (act.bytes ?? []).withUnsafeBytes({ Digest(of: $0) }) == act.digest else {
        throw problem.changed(path)
      }
      act.aside = destinations.hiddenName(beside: path, act, .old)
    }
    acts.append(act)
  }

  /// The file that is to go: where it is, that it is one, and what it holds. Another one under the name of one that a
  /// person gave up, or moved, is a file of its own.
  private mutating func takeSource(_ path: String, _ expected: Digest?, into act: inout Act) throws {
    guard let status = try FileStatus(path) else { throw problem.sourceMissing(path) }
    guard status.kind == .file else { throw problem.notAFile(path, status.kind) }
    guard let place = order.relative(path) else { throw problem.invalid("leaves the project") }
    let project = order.project
    var known = try journal.read { try FileRegistry(db: $0).row(at: place, project: project) }
    act.mark = FileMark(status)
    if let known, known.file.placeStatus.sameContent(as: status) {
      act.digest = known.file.digest
    } else {
      let found = try read(path)
      guard found.status.sameContent(as: status) else { throw problem.changed(path) }
      act.digest = found.digest
    }
    if let expected, act.digest != expected { throw problem.changed(path) }
    let content = act.digest
    if let row = known, try journal.read({ try FileRegistry(db: $0).isOther(row, holding: content) }) {
      known = nil
    }
    act.file = known?.id
    if known == nil, act.kind != .make {
      unknown[acts.count] = SeenFile(
        origin: place, kind: order.kind(of: place, operation: act.operation), digest: act.digest,
        status: status)
    }
  }

  private func read(_ path: String) throws -> (digest: Digest, status: FileStatus) {
    guard let status = try FileStatus(path) else { throw problem.sourceMissing(path) }
    guard status.kind == .file else { throw problem.notAFile(path, status.kind) }
    return try FileSystem.digest(path)
  }
}

extension CustodyStep {
  /// Whether the source stays where it is.
  fileprivate var leavesSource: Bool { if case .copy = self { true } else { false } }
}

extension MissingFolder {
  /// The folders that are missing above a path, the outermost first.
  static func above(_ path: String) throws -> [MissingFolder] {
    var missing: [MissingFolder] = []
    var folder = RelativePath(path).folder
    while !folder.rawValue.isEmpty {
      if let status = try FileStatus(following: folder.rawValue) {
        guard status.kind == .directory else { throw FileError("make the folder", folder.rawValue, code: 20) }
        break
      }
      missing.append(MissingFolder(path: folder.rawValue, isPrivate: false))
      folder = folder.folder
    }
    return missing.reversed()
  }

  /// The nearest folder above a path that exists.
  static func existing(above path: String) throws -> String {
    var folder = RelativePath(path).folder
    while !folder.rawValue.isEmpty, try FileStatus(following: folder.rawValue) == nil {
      folder = folder.folder
    }
    return folder.rawValue.isEmpty ? "/" : folder.rawValue
  }
}
