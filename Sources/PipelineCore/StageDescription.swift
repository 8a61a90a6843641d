/// What a stage kind is and which settings it takes: the one table behind validation, the JSON Schema,
/// `darkroom stages` and the reference page.
public struct StageDescription: Sendable {
  /// The name in `uses`: `logs.extract`.
  public let kind: String
  /// The version of the code's meaning; raise it when the same inputs give other bytes. Part of the fingerprint.
  public let version: Int
  /// One line, starting with a verb.
  public let summary: String
  /// A paragraph or two in plain Markdown: what it reads, what it makes, what a unit is.
  public let discussion: String
  /// The settings of `with`.
  public let settings: [Setting]
  /// What one unit of the fan-out is, for people: `a log file`, `a UTC day`, `the whole stage`.
  public let unit: String
  /// What a unit depends on of the stages in `needs`.
  public let upstream: UpstreamDependency
  /// Whether `inputs`, `outputs` and `foreach` in the pipeline file apply to this kind.
  public let acceptsDeclaredFiles: Bool
  /// Whether the stage reports all that it looks at to find its units (see ``ExpansionContext/observe``), so that an
  /// unchanged world need not be looked through again.
  public let observesItsExpansion: Bool
  /// Whether it is in the nature of the stage that units go: a decision that was taken back has no crop any more. A unit
  /// of any other stage that is gone is a warning.
  public let unitsComeAndGo: Bool

  public init(
    kind: String, version: Int, summary: String, discussion: String = "", settings: [Setting] = [],
    unit: String = "the whole stage", upstream: UpstreamDependency = .selected,
    acceptsDeclaredFiles: Bool = false,
    observesItsExpansion: Bool = false, unitsComeAndGo: Bool = false
  ) {
    self.kind = kind
    self.version = version
    self.summary = summary
    self.discussion = discussion
    self.settings = settings
    self.unit = unit
    self.upstream = upstream
    self.acceptsDeclaredFiles = acceptsDeclaredFiles
    self.observesItsExpansion = observesItsExpansion
    self.unitsComeAndGo = unitsComeAndGo
  }
}

/// What of the stages in `needs` goes into a unit's fingerprint.
public enum UpstreamDependency: String, Sendable, Codable {
  /// The digest of all outputs of each needed stage.
  case everything
  /// Only the artifacts that the unit lists among its inputs.
  case selected
}

/// One setting of a stage kind.
public struct Setting: Sendable, Equatable {
  /// The key in `with`.
  public let name: String
  /// What its value may be.
  public let type: SettingType
  /// The value when the pipeline file leaves it out; `nil` for optional settings without one.
  public let defaultValue: JSONValue?
  /// Whether the pipeline file has to give it.
  public let isRequired: Bool
  /// One sentence, with the unit of measure.
  public let summary: String

  public init(
    _ name: String, _ type: SettingType, default defaultValue: JSONValue? = nil, required: Bool = false,
    _ summary: String
  ) {
    self.name = name
    self.type = type
    self.defaultValue = defaultValue
    isRequired = required
    self.summary = summary
  }
}

/// The type of a setting or a parameter, with its range.
public indirect enum SettingType: Sendable, Equatable {
  /// `true` or `false`.
  case boolean
  /// A whole number in the range.
  case integer(ClosedRange<Int64>)
  /// A number in the range, whole or not.
  case number(ClosedRange<Double>)
  /// Any text.
  case string
  /// One of these texts.
  case oneOf([String])
  /// A length of time such as `250ms`, `2s`, `5m`, `1h`, `7d`.
  case duration
  /// A workspace-relative path without `..`.
  case path
  /// An IANA time zone name such as `Europe/Berlin`.
  case timeZone
  /// A list with at least so many items of the type.
  case array(SettingType, atLeast: Int)
  /// An object whose values are of the type.
  case map(SettingType)
  /// Text, a number or a boolean.
  case scalar
  /// An object of one of several kinds; the kind says which members it has.
  case object(ObjectType)
}

/// The type of an object of which there are several kinds, each with members of its own: a list of checks, of rules,
/// of sources.
public struct ObjectType: Sendable, Equatable {
  /// One kind of the object.
  public struct Kind: Sendable, Equatable {
    /// What the member that names the kind says.
    public let name: String
    /// One sentence.
    public let summary: String
    /// Its members, besides the one that names the kind.
    public let members: [Setting]

    public init(_ name: String, _ summary: String, _ members: [Setting]) {
      self.name = name
      self.summary = summary
      self.members = members
    }
  }

  /// What a person calls one such object: `check`. Its plural has an `s`.
  public let name: String
  /// The member that names the kind; it is required.
  public let kindMember: String
  /// The kinds, in the order of the reference page.
  public let kinds: [Kind]

  public init(_ name: String, kindMember: String, kinds: [Kind]) {
    self.name = name
    self.kindMember = kindMember
    self.kinds = kinds
  }
}

/// A stage kind: its description and how to make one from a definition.
public struct StageKind: Sendable {
  /// The kind's entry in the table of stages.
  public let description: StageDescription
  /// Makes the stage. The settings are already checked against the table; throws ``Diagnostics`` for rules
  /// that the table cannot express.
  public let make: @Sendable (StageDefinition) throws -> any Stage

  public init(
    _ description: StageDescription, make: @escaping @Sendable (StageDefinition) throws -> any Stage
  ) {
    self.description = description
    self.make = make
  }

  /// The kind of a concrete stage type: the registry line.
  public init<S: Stage>(_ type: S.Type) {
    self.init(type.description) { try type.init($0) }
  }
}
