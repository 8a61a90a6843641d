public import FileSystem
public import PipelineCore

/// The committed result of a unit: which fingerprint it had and what it made.
public struct Checkpoint: Sendable, Equatable {
  /// The unit that ran.
  public let unit: UnitID
  /// The digest of ``components``: what is compared.
  public let fingerprint: Digest
  /// The fingerprint's parts as they are kept.
  public let storedComponents: FingerprintComponents
  /// The fingerprint's parts: what is explained.
  public var components: [Fingerprint.Component] { storedComponents.parts }
  /// What it made.
  public let outputs: [OutputFile]
  /// Its numbers for people and reports.
  public let counters: [String: Int64]
  /// The run that committed it.
  public let run: RunID
  /// The artifact directory, relative to the workspace; `nil` when the unit made none.
  public let artifact: String?

  public init(
    unit: UnitID, fingerprint: Digest, components: FingerprintComponents, outputs: [OutputFile],
    counters: [String: Int64], run: RunID, artifact: String?
  ) {
    self.unit = unit
    self.fingerprint = fingerprint
    storedComponents = components
    self.outputs = outputs
    self.counters = counters
    self.run = run
    self.artifact = artifact
  }

  public init(
    unit: UnitID, fingerprint: Digest, components: [Fingerprint.Component], outputs: [OutputFile],
    counters: [String: Int64], run: RunID, artifact: String?
  ) {
    self.init(
      unit: unit, fingerprint: fingerprint, components: .parts(components), outputs: outputs,
      counters: counters,
      run: run, artifact: artifact)
  }

  /// One digest over the outputs' names and digests: dependents are up to date while it stays the same.
  public var outputDigest: Digest { Self.outputDigest(of: outputs) }

  /// SHA-256 over the sorted lines `NAME NUL DIGEST LF` of the outputs.
  public static func outputDigest(of outputs: [OutputFile]) -> Digest {
    var hasher = DigestHasher()
    for output in outputs.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      hasher.update("\(output.name)\0\(output.digest.hex)\n")
    }
    return hasher.finalize()
  }
}

/// A content digest with the status under which it was computed. While the status is the same, so is the digest.
public struct CachedDigest: Sendable, Equatable {
  /// Workspace-relative.
  public let path: String
  /// The file's status when it was read.
  public let status: FileStatus
  /// SHA-256 of the content, or of a link's target text.
  public let digest: Digest
  /// Nanoseconds since 1970 when the status was taken. A file modified less than the clock's grain before that
  /// may change again unseen, so such an entry is not trusted.
  public let observedAt: Int64

  public init(path: String, status: FileStatus, digest: Digest, observedAt: Int64) {
    self.path = path
    self.status = status
    self.digest = digest
    self.observedAt = observedAt
  }

  /// The clock's grain on the file systems in use is at most 10 ms (one tick at 100 Hz); twice that is safe.
  static let grain: Int64 = 20_000_000

  /// Whether `now` shows the same unchanged file.
  public func isTrusted(for now: FileStatus) -> Bool {
    status.sameContent(as: now) && status.modified < observedAt - Self.grain
  }
}
