import FileSystem

/// What an order needs of the disk in either direction: free names, folders, hidden names. It changes nothing.
struct Destinations {
  let names: FolderNames
  let problem: OrderProblem
  /// The folders that are missing, the outermost first.
  private(set) var folders: [MissingFolder] = []

  init(_ problem: OrderProblem, names: FolderNames) {
    self.problem = problem
    self.names = names
  }

  /// Refuses a name that is taken, or that a person or another disk would take for one that is there.
  /// - Parameter isFine: whether this path, whose name looks like the wanted one, may be there all the same.
  mutating func need(_ path: String, unless isFine: (String) throws -> Bool = { _ in false }) throws {
    if try FileStatus(path) != nil { throw problem.taken(path) }
    let target = RelativePath(path)
    for name in try names.lookalikes(of: target.name, in: target.folder.rawValue) {
      let other = "\(target.folder)/\(name)"
      guard try isFine(other) else { throw problem.lookalike(path, other) }
    }
    for folder in try MissingFolder.above(path) { need(folder) }
  }

  mutating func need(_ folder: MissingFolder) {
    let path = RelativePath(folder.path)
    if !folders.contains(where: { RelativePath($0.path) == path }) { folders.append(folder) }
  }

  /// Makes a rename one to another file system where it is.
  func cross(_ act: inout Act, from source: String, to target: String) throws {
    if try isSameMount(source, target) { return }
    act.kind = .crossing
    act.temporary = hiddenName(beside: target, act)
    act.aside = hiddenName(beside: source, act, .old)
  }

  func isSameMount(_ source: String, _ target: String) throws -> Bool {
    try FileSystem.isSameMount(
      RelativePath(source).folder.rawValue, try MissingFolder.existing(above: target))
  }

  enum Purpose: String {
    /// Bytes that get their name soon.
    case new
    /// A file that goes in the end.
    case old
  }

  /// A name that no scan shows and that tells whose it is.
  func hiddenName(beside path: String, _ act: Act, _ purpose: Purpose = .new) -> String {
    let order = problem.direction == .perform ? "\(problem.order.id)" : "\(problem.order.id)-undo"
    return "\(RelativePath(path).folder)/.custody-\(order)-\(act.operation)-\(act.step)-\(purpose)"
  }
}
