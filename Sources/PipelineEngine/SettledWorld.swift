import FileSystem
public import PipelineCore

/// The planner's last answer "there is nothing to do", with everything it had looked at.
///
/// The plan is a pure function of definition, state and observed world. So when the definition's key, the state's
/// generation and the status of every file, folder and variable that was looked at are what they were, the answer is
/// too, and 10,000 stages need not be judged again. Anything else, a damaged memory included, means judging.
public struct SettledWorld: Sendable, Equatable {
  /// A stage and how many units it has.
  public struct Stage: Sendable, Equatable {
    /// The stage's name.
    public var id: StageID
    /// The stage kind.
    public var kind: String
    /// How many units it has, all up to date.
    public var units: Int
  }

  /// The digest of the pipeline file, the parameters and the versions of the stage kinds; see ``key(definition:parameters:kinds:)``.
  public var key: Digest
  /// The state database's generation: it moves with every commit.
  public var generation: Int64
  /// The stages of the run that found nothing to do.
  public var stages: [Stage]
  /// The last run that did work: what the answer refers to.
  public var settledBy: RunID
  /// The pipeline's name.
  public var pipeline: String
  var files: [ObservedFile]
  var environment: [String: String]

  /// A workspace-relative path and the status under which it was looked at; `nil` for nothing there.
  struct ObservedFile: Sendable, Equatable {
    var path: String
    var status: FileStatus?
  }

  /// The records of the stages in a run that finds this world.
  public var records: [StageRecord] {
    stages.map { StageRecord(id: $0.id, kind: $0.kind, state: .upToDate, unitsUpToDate: $0.units) }
  }

  /// The key of a definition.
  /// - Parameters:
  ///   - definition: the digest of the pipeline file's bytes.
  ///   - parameters: `NAME=VALUE` texts, in any order.
  ///   - kinds: the stage kinds of the program: other versions give other answers.
  public static func key(definition: Digest, parameters: [String], kinds: [StageKind]) -> Digest {
    var hasher = DigestHasher()
    hasher.update("darkroom-settled-1\n\(definition.hex)\n")
    for kind in kinds { hasher.update("\(kind.description.kind)@\(kind.description.version)\n") }
    for parameter in parameters.sorted() { hasher.update("\(parameter.utf8.count):\(parameter)") }
    return hasher.finalize()
  }

  /// Where the memory lies.
  static func path(workspace: String, key: Digest) -> String {
    "\(workspace)/data/state/settled/\(key.hex.prefix(24))"
  }

  /// Whether there is a memory under this key at all; a cheap question, asked before the state is opened.
  public static func exists(workspace: String, key: Digest) -> Bool {
    // `try?`: a memory that cannot be looked at is none.
    (try? FileStatus(path(workspace: workspace, key: key))) != nil
  }

  /// The remembered answer, if it still holds.
  /// - Parameters:
  ///   - workspace: the absolute path of the workspace.
  ///   - key: of the definition.
  ///   - generation: the state's present generation.
  public static func stillHolding(workspace: String, key: Digest, generation: Int64) -> SettledWorld? {
    // `try?`: a memory that cannot be read or looked at is none, and everything is judged.
    guard let bytes = try? FileSystem.read(path(workspace: workspace, key: key)),
      let world = SettledWorld(bytes), world.key == key, world.generation == generation,
      (try? world.isUnchanged(workspace: workspace)) == true
    else { return nil }
    return world
  }

  private func isUnchanged(workspace: String) throws -> Bool {
    for (name, value) in environment where ProcessEnvironment.observed(name) != value { return false }
    let prefix = workspace + "/"
    for file in files {
      let now = try FileStatus(prefix + file.path)
      guard let before = file.status else {
        if now != nil { return false }
        continue
      }
      guard let now, now.sameContent(as: before) else { return false }
    }
    return true
  }

  /// Remembers the answer. It needs no durability: half a memory is recognised by its checksum.
  func save(workspace: String) throws {
    let path = Self.path(workspace: workspace, key: key)
    let temporary = "\(workspace)/data/state/settled/.new"
    try FileSystem.makeDirectories("\(workspace)/data/state/settled")
    try FileSystem.removeFile(temporary)
    try FileSystem.create(temporary, encoded)
    try FileSystem.rename(temporary, to: path)
  }
}

// MARK: The file

extension SettledWorld {
  /// Little-endian numbers and length-prefixed texts, and the SHA-256 of all that as the last 32 bytes.
  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.bytes += Array("DKSETTL1".utf8)
    writer.bytes += key.rawBytes
    writer.put(generation)
    writer.put(settledBy.rawValue)
    writer.put(pipeline)
    writer.put(Int64(stages.count))
    for stage in stages {
      writer.put(stage.id.rawValue)
      writer.put(stage.kind)
      writer.put(Int64(stage.units))
    }
    writer.put(Int64(environment.count))
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
      writer.put(name)
      writer.put(value)
    }
    writer.put(Int64(files.count))
    for file in files {
      writer.put(file.path)
      writer.put(file.status.map { Int64(bitPattern: $0.inode) } ?? -1)
      writer.put(file.status.map { Int64(bitPattern: $0.device) } ?? 0)
      writer.put(file.status?.size ?? 0)
      writer.put(file.status?.modified ?? 0)
      writer.put(file.status?.changed ?? 0)
    }
    return writer.bytes + writer.bytes.withUnsafeBytes { Digest(of: $0) }.rawBytes
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count > 40, Array(bytes.prefix(8)) == Array("DKSETTL1".utf8) else { return nil }
    let body = bytes.count - 32
    let digest = bytes.withUnsafeBytes { Digest(of: UnsafeRawBufferPointer(rebasing: $0[..<body])) }
    guard Digest(rawBytes: bytes[body...]) == digest else { return nil }
    var reader = ByteReader(bytes: bytes, position: 8, end: body)
    guard let key = Digest(rawBytes: reader.take(32)) else { return nil }
    self.key = key
    generation = reader.number()
    settledBy = RunID(reader.number())
    pipeline = reader.text()
    stages = (0..<reader.number()).map { _ in
      Stage(id: StageID(reader.text()), kind: reader.text(), units: Int(reader.number()))
    }
    environment = [:]
    for _ in 0..<reader.number() {
      let name = reader.text()
      environment[name] = reader.text()
    }
    let count = Int(reader.number())
    files = []
    files.reserveCapacity(min(count, bytes.count / 48))
    for _ in 0..<count {
      let path = reader.text()
      let inode = reader.number()
      let device = reader.number()
      let size = reader.number()
      let modified = reader.number()
      let changed = reader.number()
      files.append(
        ObservedFile(
          path: path,
          status: inode == -1
            ? nil
            : FileStatus(
              device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode), size: size,
              modified: modified, changed: changed)))
    }
    guard reader.isIntact else { return nil }
  }
}

private struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func put(_ number: Int64) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }
  mutating func put(_ text: String) {
    put(Int64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }
}

private struct ByteReader {
  let bytes: [UInt8]
  var position: Int
  let end: Int
  var isIntact = true

  mutating func number() -> Int64 {
    guard position + 8 <= end else {
      isIntact = false
      return 0
    }
    defer { position += 8 }
    return bytes.withUnsafeBytes {
      Int64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Int64.self))
    }
  }
  mutating func take(_ count: Int) -> ArraySlice<UInt8> {
    guard count >= 0, count <= end - position else {
      isIntact = false
      return []
    }
    defer { position += count }
    return bytes[position..<position + count]
  }
  mutating func text() -> String { String(decoding: take(Int(number())), as: UTF8.self) }
}
