/// A stage: it says which units it has, and makes one unit's outputs from its inputs.
///
/// A stage is an immutable value. It keeps nothing between calls, writes only below the staging directories of
/// its context, and gives the same bytes for the same order. To add one: a type, a test file and a line in the
/// registry (see `Documents/writing-a-stage.md`).
public protocol Stage: Sendable {
  /// The kind's entry in the table of stages.
  static var description: StageDescription { get }

  /// Makes the stage from its definition. `definition.settings` is checked and complete.
  init(_ definition: StageDefinition) throws

  /// The units of the fan-out, in ascending order of their keys, without repeats. Called once per run, after the
  /// stages in `needs` have ended; reads the workspace, changes nothing. The sequence is consumed lazily.
  func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition>

  /// Makes one unit's outputs in the staging directories of `context`. Runs on a worker thread, where blocking
  /// is fine, at most once at a time per unit. Throws ``Diagnostics`` (or any error) when it fails; nothing
  /// that it wrote is then kept. Checks `context.isCancelled` at least every 100 ms in long work.
  func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult
}

/// One unit as its stage defines it: its key, and what it reads and writes.
public struct UnitDefinition: Sendable, Equatable {
  /// The key of the unit, unique in its stage.
  public let key: UnitKey
  /// The files that it reads, outside and inside `data/state`.
  public var inputs: [InputReference]
  /// Workspace-relative paths that the unit publishes outside `data/state`; see ``UnitContext/publication``.
  public var outputs: [String]
  /// Facts that the unit depends on besides files, by name: each becomes a part `value:NAME` of the fingerprint.
  public var values: [String: String]

  public init(
    key: UnitKey = .whole, inputs: [InputReference] = [], outputs: [String] = [],
    values: [String: String] = [:]
  ) {
    self.key = key
    self.inputs = inputs
    self.outputs = outputs
    self.values = values
  }
}

/// One file that a unit reads.
public struct InputReference: Codable, Sendable, Equatable {
  /// Workspace-relative, with `/`.
  public let path: String
  /// When set, only the first so many bytes are the input: for a log that others append to.
  public let length: Int64?
  /// The content digest where it is known already, because an upstream unit made the file in this pipeline.
  public let digest: Digest?
  /// Whether the file may be absent: its absence is then part of the fingerprint instead of an error.
  public let isOptional: Bool
  /// The number of records, where an upstream unit said it. Not part of the fingerprint: the digest covers it.
  public let rows: Int64?

  public init(
    path: String, length: Int64? = nil, digest: Digest? = nil, isOptional: Bool = false, rows: Int64? = nil
  ) {
    self.path = path
    self.length = length
    self.digest = digest
    self.isOptional = isOptional
    self.rows = rows
  }
}

/// A file that a unit made, as its checkpoint records it.
public struct OutputFile: Codable, Sendable, Equatable {
  /// The path inside the unit's artifact (`daily_aggregate_v1/day=2025-10-10.json`), or, for published files,
  /// the workspace-relative path.
  public let name: String
  /// The workspace-relative path where it lies.
  public let path: String
  /// SHA-256 of the bytes; for a symbolic link, of its target text.
  public let digest: Digest
  /// The size in bytes; for a symbolic link, that of its target text.
  public let bytes: Int64
  /// The number of records, where the format has records.
  public let rows: Int64?

  public init(name: String, path: String, digest: Digest, bytes: Int64, rows: Int64? = nil) {
    self.name = name
    self.path = path
    self.digest = digest
    self.bytes = bytes
    self.rows = rows
  }
}

/// A unit of an upstream stage that is done, with what it made.
public struct CommittedUnit: Sendable, Equatable {
  /// The key of the unit.
  public let key: UnitKey
  /// What it made.
  public let outputs: [OutputFile]
  /// Its numbers for people and reports.
  public let counters: [String: Int64]
  public init(key: UnitKey, outputs: [OutputFile], counters: [String: Int64] = [:]) {
    self.key = key
    self.outputs = outputs
    self.counters = counters
  }
}

/// An upstream stage as its dependents see it.
public struct UpstreamStage: Sendable {
  /// The stage's name in the pipeline.
  public let id: StageID
  /// The stage kind.
  public let kind: String
  /// The committed units in ascending order of their keys. Each call of the closure reads them anew.
  public let units: @Sendable () throws -> any Sequence<CommittedUnit>
  public init(id: StageID, kind: String, units: @escaping @Sendable () throws -> any Sequence<CommittedUnit>)
  {
    self.id = id
    self.kind = kind
    self.units = units
  }
}

/// What a stage may look at to find its units.
public struct ExpansionContext: Sendable {
  /// The absolute path of the workspace, without a final slash.
  public let workspace: String
  /// The stages in `needs`, in that order.
  public let upstream: [UpstreamStage]
  /// What the dashboard and other reports may know of earlier runs; see ``RunHistory``.
  public let history: any RunHistory
  /// Says what the stage is about to look at to find its units, besides ``upstream`` and ``history``. A stage whose
  /// description says ``StageDescription/observesItsExpansion`` must call it for everything.
  public let observe: @Sendable (Observation) -> Void

  public init(
    workspace: String, upstream: [UpstreamStage], history: any RunHistory,
    observe: @escaping @Sendable (Observation) -> Void = { _ in }
  ) {
    self.workspace = workspace
    self.upstream = upstream
    self.history = history
    self.observe = observe
  }
}

/// A thing outside the state that a stage looks at to find its units.
public enum Observation: Sendable, Hashable {
  /// A workspace-relative file or folder, whether it is there or not. A folder's own status moves when a name in it
  /// comes or goes.
  case path(String)
  /// An environment variable of this process.
  case environment(String)
  /// Something that cannot be compared later: the stage has to be asked again each time.
  case other
}

/// Everything one unit needs to run, as a plain value: a runner can execute it in another process.
public struct UnitOrder: Codable, Sendable, Equatable {
  /// The unit to run.
  public let unit: UnitID
  /// The stage kind.
  public let kind: String
  /// 1 for the first attempt.
  public let attempt: Int
  /// The settings of `with`, complete.
  public let settings: [String: JSONValue]
  /// The variables of `env`.
  public let environment: [String: String]
  /// The longest that the attempt may take; `nil` for no limit.
  public let timeoutSeconds: Double?
  /// The inputs with their observed digests; an absent optional input has none.
  public let inputs: [InputReference]
  /// The workspace-relative paths the unit publishes.
  public let outputs: [String]
  /// See ``UnitDefinition/values``.
  public let values: [String: String]
  /// What the last committed run of this unit made, for incremental stages; its files were checked to be unaltered.
  public let previous: PreviousResult?

  public init(
    unit: UnitID, kind: String, attempt: Int = 1, settings: [String: JSONValue] = [:],
    environment: [String: String] = [:], timeoutSeconds: Double? = nil, inputs: [InputReference] = [],
    outputs: [String] = [], values: [String: String] = [:], previous: PreviousResult? = nil
  ) {
    self.unit = unit
    self.kind = kind
    self.attempt = attempt
    self.settings = settings
    self.environment = environment
    self.timeoutSeconds = timeoutSeconds
    self.inputs = inputs
    self.outputs = outputs
    self.values = values
    self.previous = previous
  }
}

/// The last committed result of a unit.
public struct PreviousResult: Codable, Sendable, Equatable {
  /// What that result depended on.
  public let fingerprint: Fingerprint
  /// What it made.
  public let outputs: [OutputFile]
  public init(fingerprint: Fingerprint, outputs: [OutputFile]) {
    self.fingerprint = fingerprint
    self.outputs = outputs
  }
}

/// What a unit's run hands back: the outputs are in staging, this says what they are.
public struct UnitResult: Codable, Sendable, Equatable {
  /// A file made below ``UnitContext/artifact``.
  public struct Artifact: Codable, Sendable, Equatable {
    /// Relative to the artifact directory, with `/`.
    public let name: String
    /// The digest, when it was computed while writing; `nil` lets the engine read the file again.
    public let digest: Digest?
    /// The number of records, where the format has records.
    public let rows: Int64?
    /// For a hard link: the workspace-relative path of the file it shares its bytes with.
    public let linkedFrom: String?
    public init(name: String, digest: Digest? = nil, rows: Int64? = nil, linkedFrom: String? = nil) {
      self.name = name
      self.digest = digest
      self.rows = rows
      self.linkedFrom = linkedFrom
    }
  }
  /// A thing to rename into the workspace from below ``UnitContext/publication``.
  public struct Publication: Codable, Sendable, Equatable {
    /// What is renamed.
    public enum Form: String, Codable, Sendable {
      /// A file; replaces the one that this unit published before.
      case file
      /// A directory whose name says its content, so that an existing one is the same one.
      case directory
      /// A symbolic link that is switched.
      case link
    }
    /// The workspace-relative path, the same below the publication directory.
    public let path: String
    /// What the thing is.
    public let form: Form
    public init(path: String, form: Form = .file) {
      self.path = path
      self.form = form
    }
  }

  /// Every file of the artifact directory, in any order; a file there that is not listed fails the unit.
  public var artifacts: [Artifact]
  /// What to publish, in the order in which it is renamed.
  public var publications: [Publication]
  /// Numbers for people and reports: `rows`, `bytes`, `files`, `duplicates`.
  public var counters: [String: Int64]
  /// Warnings and notes; errors are thrown, not returned.
  public var findings: [Diagnostic]
  /// Workspace-relative paths of files to which the unit gave a second name, besides ``Artifact/linkedFrom``.
  public var relinked: [String]
  /// Digests of published files by workspace-relative path, where they are known without reading them again.
  public var knownDigests: [String: Digest]

  public init(
    artifacts: [Artifact] = [], publications: [Publication] = [], counters: [String: Int64] = [:],
    findings: [Diagnostic] = [], relinked: [String] = [], knownDigests: [String: Digest] = [:]
  ) {
    self.artifacts = artifacts
    self.publications = publications
    self.counters = counters
    self.findings = findings
    self.relinked = relinked
    self.knownDigests = knownDigests
  }
}

/// What the engine lends a unit while it runs.
public struct UnitContext: Sendable {
  /// The absolute path of the workspace, without a final slash.
  public let workspace: String
  /// The absolute path of the empty staging directory for this unit's artifact.
  public let artifact: String
  /// The absolute path of the empty staging directory that mirrors the workspace for published outputs.
  public let publication: String
  /// The absolute path of this attempt's log file; it may not exist yet.
  public let logFile: String
  /// Appends a line to the attempt's log file.
  public let log: @Sendable (String) -> Void
  /// Says how far the unit is; `total` is `nil` when it is not known. Cheap enough for every thousandth record.
  public let progress: @Sendable (_ done: Int64, _ total: Int64?) -> Void
  /// Whether the run is stopping; then throw `CancellationError` soon.
  public let cancellation: Cancellation
  /// What reports may know of earlier runs and of this one.
  public let history: any RunHistory
  /// The run, for journals of effects outside the artifacts; it must not get into an artifact. `nil` outside runs.
  public let run: RunID?

  public init(
    workspace: String, artifact: String, publication: String, run: RunID? = nil, logFile: String = "",
    log: @escaping @Sendable (String) -> Void = { _ in },
    progress: @escaping @Sendable (Int64, Int64?) -> Void = { _, _ in },
    cancellation: Cancellation = Cancellation(), history: any RunHistory = EmptyRunHistory()
  ) {
    self.workspace = workspace
    self.artifact = artifact
    self.publication = publication
    self.run = run
    self.logFile = logFile
    self.log = log
    self.progress = progress
    self.cancellation = cancellation
    self.history = history
  }

  /// Throws `CancellationError` when the run is stopping.
  public func checkCancellation() throws {
    if cancellation.isCancelled { throw CancellationError() }
  }
}
