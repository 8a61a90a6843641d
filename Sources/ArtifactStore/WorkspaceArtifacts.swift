#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
public import FileSystem
public import PipelineCore
public import PipelineEngine

/// Artifacts and published outputs as files of the workspace, placed so that a kill at any instant leaves either
/// the old or the new ones.
///
/// - `data/state/staging/` holds private attempts,
/// - `data/state/artifacts/STAGE/UNIT/FINGERPRINT/` holds committed artifacts; such a directory never changes,
/// - `data/state/displaced/` holds files that stood where an output had to go and were not Darkroom's.
///
/// It never touches an image: published paths are those that the pipeline declares, and a file there that this
/// unit did not make is moved aside, not replaced.
public struct WorkspaceArtifacts: ArtifactStore {
  private let workspace: String
  private let clock: any EngineClock
  private let store: any CheckpointStore
  private let pipeline: String
  private let slots: StagingSlots

  /// - Parameters:
  ///   - workspace: the absolute path, without a final slash.
  ///   - pipeline: the pipeline's name.
  ///   - store: says what is committed.
  ///   - clock: the time.
  public init(workspace: String, pipeline: String, store: any CheckpointStore, clock: any EngineClock) {
    self.workspace = workspace
    self.pipeline = pipeline
    self.store = store
    self.clock = clock
    slots = StagingSlots(root: "\(workspace)/data/state/staging")
  }

  private var stagingRoot: String { "\(workspace)/data/state/staging" }

  public func recover() throws { try slots.removeAll() }

  public func prepare(_ unit: UnitID, attempt: Int, run: RunID) throws -> Staging { try slots.take() }

  public func discard(_ staging: Staging) throws { try slots.giveBack(staging) }

  public func removeArtifacts(_ paths: [String]) throws -> Set<FileIdentity> {
    var files: Set<FileIdentity> = []
    let aside = "\(stagingRoot)/superseded"
    for path in paths {
      let root = "\(workspace)/\(path)"
      guard try FileStatus(root) != nil else { continue }
      for file in try FileSystem.filesBelow(root) {
        if let status = try FileStatus("\(root)/\(file)") { files.insert(status.identity) }
      }
      // It loses its name at once: half of it under that name would look like somebody's change.
      try FileSystem.removeTree(aside)
      try FileSystem.renameExclusively(root, to: aside)
      try FileSystem.removeTree(aside)
    }
    return files
  }

  // MARK: Examining

  public func examine(
    _ result: UnitResult, of unit: UnitID, declared: [String], in staging: Staging, fingerprint: Digest
  ) throws -> StagedOutputs {
    let directory = "data/state/artifacts/\(unit.stage)/\(unit.key.fileName)/\(fingerprint.hex.prefix(24))"
    var outputs: [OutputFile] = []
    let made = Set(try FileSystem.filesBelow(staging.artifact))
    if let missing = result.artifacts.first(where: { !made.contains($0.name) }) {
      throw defect(
        unit, "it says it made \(missing.name), but there is no such file in its staging directory")
    }
    let listed = Set(result.artifacts.map(\.name))
    if let extra = made.subtracting(listed).sorted().first {
      throw defect(unit, "it made \(extra) without listing it among its artifacts")
    }
    for artifact in result.artifacts {
      let staged = "\(staging.artifact)/\(artifact.name)"
      outputs.append(
        try describe(
          staged, name: artifact.name, path: "\(directory)/\(artifact.name)", artifact.digest, artifact.rows))
    }
    try check(result.publications, against: declared, of: unit)
    for publication in result.publications { outputs += try examine(publication, result, unit, staging) }
    return StagedOutputs(
      unit: unit, staging: staging, outputs: outputs, artifact: result.artifacts.isEmpty ? nil : directory,
      publications: result.publications,
      linkedFrom: result.artifacts.compactMap(\.linkedFrom) + result.relinked)
  }

  /// A declared path is a file, or with a final slash a folder in which anything may be published.
  private func check(
    _ publications: [UnitResult.Publication], against declared: [String], of unit: UnitID
  ) throws {
    let published = Set(publications.map(\.path))
    if let missing = declared.first(where: { !$0.hasSuffix("/") && !published.contains($0) }) {
      throw defect(unit, "it did not make its output \(missing)")
    }
    let files = Set(declared)
    let folders = declared.filter { $0.hasSuffix("/") }
    if let extra = publications.first(where: { publication in
      !files.contains(publication.path) && !folders.contains { publication.path.hasPrefix($0) }
    }) {
      throw defect(unit, "it made \(extra.path), which is not among its outputs")
    }
  }

  private func examine(
    _ publication: UnitResult.Publication, _ result: UnitResult, _ unit: UnitID, _ staging: Staging
  ) throws -> [OutputFile] {
    let staged = "\(staging.publication)/\(publication.path)"
    guard let status = try FileStatus(staged) else {
      throw defect(
        unit, "it says it made \(publication.path), but there is no such file in its staging directory")
    }
    switch (publication.form, status.kind) {
    case (.file, .file), (.link, .link):
      return [try describe(staged, name: publication.path, path: publication.path, nil, nil)]
    case (.directory, .directory):
      return try FileSystem.filesBelow(staged).map { file in
        let path = "\(publication.path)/\(file)"
        return try describe("\(staged)/\(file)", name: path, path: path, result.knownDigests[path], nil)
      }
    default: throw defect(unit, "its output \(publication.path) is not a \(publication.form.rawValue)")
    }
  }

  private func describe(
    _ staged: String, name: String, path: String, _ digest: Digest?, _ rows: Int64?
  ) throws -> OutputFile {
    guard let status = try FileStatus(staged) else { throw FileError("look at", staged, code: ENOENT) }
    switch status.kind {
    case .link:
      let target = try FileSystem.linkTarget(staged)
      return OutputFile(
        name: name, path: path, digest: Digest(of: target), bytes: Int64(target.utf8.count), rows: rows)
    case .file:
      return OutputFile(
        name: name, path: path, digest: try digest ?? FileSystem.digest(staged).digest, bytes: status.size,
        rows: rows)
    default: throw FileError("take as an output", staged, code: EINVAL)
    }
  }

  private func defect(_ unit: UnitID, _ message: String) -> Diagnostic {
    Diagnostic(code: "bad-outputs", "\(unit): \(message); nothing of it was kept")
  }

  // MARK: Placing

  public func place(_ staged: [StagedOutputs]) -> [Result<PlacedOutputs, any Error>] {
    var findings = syncFiles(staged).map { $0.map { [Diagnostic]() } }
    do {
      // A link is switched when what it points to lasts: after a power failure it must not lead nowhere.
      for switchesLinks in [false, true] {
        // Of a unit that failed half-way, the folders may not even be there.
        var directories: Set<String> = []
        for (index, unit) in staged.enumerated() {
          findings[index] = findings[index].flatMap { found in
            Result {
              var touched: Set<String> = []
              let more = try rename(unit, links: switchesLinks, &touched)
              directories.formUnion(touched)
              return found + more
            }
          }
        }
        try syncDirectories(directories)
      }
    } catch {
      return staged.map { _ in .failure(error) }
    }
    return zip(staged, findings).map { unit, found in
      found.flatMap { found in Result { try placed(unit, findings: found) } }
    }
  }

  /// Up to this many files are made durable one by one; more by one call for the whole file system.
  private static let fewFiles = 16

  private func syncFiles(_ staged: [StagedOutputs]) -> [Result<Void, any Error>] {
    let count = staged.reduce(0) { $0 + $1.outputs.count }
    if count == 0 { return staged.map { _ in .success(()) } }
    if count > Self.fewFiles {
      do {
        if try FileSystem.syncWholeFileSystem(of: stagingRoot) { return staged.map { _ in .success(()) } }
      } catch {
        return staged.map { _ in .failure(error) }
      }
    }
    return staged.map { unit in
      Result {
        for path in [unit.staging.artifact, unit.staging.publication] {
          for file in try FileSystem.filesBelow(path)
          where try FileStatus("\(path)/\(file)")?.kind == .file { try FileSystem.sync("\(path)/\(file)") }
        }
      }
    }
  }

  private func syncDirectories(_ directories: Set<String>) throws {
    if directories.count > Self.fewFiles, try FileSystem.syncWholeFileSystem(of: stagingRoot) { return }
    for directory in directories.sorted() { try FileSystem.sync(directory) }
  }

  /// Renames what a unit staged to its place: the links, or all else.
  private func rename(
    _ unit: StagedOutputs, links: Bool, _ directories: inout Set<String>
  ) throws -> [Diagnostic] {
    var findings: [Diagnostic] = []
    if let artifact = unit.artifact, !links {
      try placeDirectory(unit.staging.artifact, artifact, unit, &directories, &findings)
    }
    for publication in unit.publications where (publication.form == .link) == links {
      let from = "\(unit.staging.publication)/\(publication.path)"
      switch publication.form {
      case .directory: try placeDirectory(from, publication.path, unit, &directories, &findings)
      case .file, .link: try placeFile(from, publication.path, unit, &directories, &findings)
      }
    }
    return findings
  }

  private func placed(_ unit: StagedOutputs, findings: [Diagnostic]) throws -> PlacedOutputs {
    let now = clock.wallMicroseconds * 1_000
    let digests = try unit.outputs.compactMap { output in
      try FileStatus("\(workspace)/\(output.path)").map {
        CachedDigest(path: output.path, status: $0, digest: output.digest, observedAt: now)
      }
    }
    let relinked = try unit.linkedFrom.compactMap { try FileStatus("\(workspace)/\($0)")?.identity }
    return PlacedOutputs(digests: digests, relinked: Set(relinked), findings: findings)
  }

  /// Directories are named after their content. One that stands there already was placed by a run that died before
  /// its commit, or was altered since: the same one is kept, another one is moved aside.
  private func placeDirectory(
    _ from: String, _ path: String, _ unit: StagedOutputs, _ directories: inout Set<String>,
    _ findings: inout [Diagnostic]
  ) throws {
    let target = "\(workspace)/\(path)"
    try makeParents(of: path, &directories)
    for file in try FileSystem.filesBelow(from) {
      // Every folder down to the file: a name lasts only when the folder that holds it was synced.
      var folder = Self.parent("\(target)/\(file)")
      while folder.utf8.count >= target.utf8.count, directories.insert(folder).inserted {
        folder = Self.parent(folder)
      }
    }
    do {
      try FileSystem.renameExclusively(from, to: target)
    } catch let error as FileError where error.code == EEXIST || error.code == ENOTEMPTY {
      if try hasSameFiles(target, path, unit) { return }
      try displace(path, findings: &findings)
      try FileSystem.renameExclusively(from, to: target)
    }
  }

  private func hasSameFiles(_ target: String, _ path: String, _ unit: StagedOutputs) throws -> Bool {
    guard try FileStatus(target)?.kind == .directory else { return false }
    let expected = unit.outputs.filter { $0.path.hasPrefix(path + "/") }
    guard
      try Set(FileSystem.filesBelow(target))
        == Set(expected.map { String($0.path.dropFirst(path.count + 1)) })
    else { return false }
    return try expected.allSatisfy { output in
      let file = "\(workspace)/\(output.path)"
      guard let status = try FileStatus(file) else { return false }
      if status.kind == .link { return Digest(of: try FileSystem.linkTarget(file)) == output.digest }
      return try FileSystem.digest(file).digest == output.digest
    }
  }

  private func placeFile(
    _ from: String, _ path: String, _ unit: StagedOutputs, _ directories: inout Set<String>,
    _ findings: inout [Diagnostic]
  ) throws {
    let target = "\(workspace)/\(path)"
    try makeParents(of: path, &directories)
    directories.insert(Self.parent(target))
    guard let status = try FileStatus(target) else { return try FileSystem.rename(from, to: target) }
    if try !isOurs(path, status, unit) { try displace(path, findings: &findings) }
    try FileSystem.rename(from, to: target)
  }

  /// Whether what stands at `path` may be replaced: this unit's last commit made it, or it has the new bytes already.
  private func isOurs(_ path: String, _ status: FileStatus, _ unit: StagedOutputs) throws -> Bool {
    let digest: Digest
    switch status.kind {
    case .file: digest = try FileSystem.digest("\(workspace)/\(path)").digest
    case .link: digest = Digest(of: try FileSystem.linkTarget("\(workspace)/\(path)"))
    default: return false
    }
    if unit.outputs.contains(where: { $0.path == path && $0.digest == digest }) { return true }
    let committed = try store.checkpoint(pipeline: pipeline, unit: unit.unit)
    return committed?.outputs.contains { $0.path == path && $0.digest == digest } ?? false
  }

  /// Moves what stands at `path` aside, under a name that is free, and says so.
  private func displace(_ path: String, findings: inout [Diagnostic]) throws {
    var number = 1
    var aside: String
    repeat {
      aside = "data/state/displaced/\(path).\(number)"
      number += 1
    } while try FileStatus("\(workspace)/\(aside)") != nil
    try FileSystem.makeDirectories(Self.parent("\(workspace)/\(aside)"))
    try FileSystem.renameExclusively("\(workspace)/\(path)", to: "\(workspace)/\(aside)")
    try FileSystem.sync(Self.parent("\(workspace)/\(aside)"))
    findings.append(
      Diagnostic(
        .warning, code: "displaced-file",
        "\(path) was not what this stage had made last; it was moved to \(aside) before the new one was put there"
      ))
  }

  private func makeParents(of path: String, _ directories: inout Set<String>) throws {
    let parent = Self.parent("\(workspace)/\(path)")
    if try FileStatus(parent) == nil {
      var above = parent
      while above.utf8.count > workspace.utf8.count, try FileStatus(above) == nil {
        above = Self.parent(above)
        directories.insert(above)
      }
      try FileSystem.makeDirectories(parent)
    }
    directories.insert(parent)
  }

  private static func parent(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return String(path[..<slash])
  }
}
