import PipelineCore

/// The stage kinds that a reader knows, ready for lookup.
///
/// Everything is in lists of their own, by the kind's number: what a stage's reading touches is then one list, and
/// not a copy of a whole description.
struct KindCatalog: Sendable {
  private(set) var descriptions: [StageDescription] = []
  /// The kinds' names.
  private(set) var table = NameTable()
  /// The settings' names of each kind, numbered as in its description.
  private(set) var settings: [NameTable] = []
  /// The settings' rules of each kind, in the same order.
  private(set) var rules: [[ValueRule]] = []
  /// For each kind, what holds when `with` says nothing.
  private(set) var defaults: [[String: JSONValue]] = []
  /// For each kind, whether its settings must be given, in the same order.
  private(set) var isRequired: [[Bool]] = []
  /// For each kind, how many of its settings must be given.
  private(set) var requiredCount: [Int] = []
  private(set) var acceptsDeclaredFiles: [Bool] = []

  init(_ all: [StageDescription]) {
    for kind in all where table.insert(kind.kind, hash: NameHash.of(kind.kind)).isNew {
      descriptions.append(kind)
      settings.append(NameTable(kind.settings.map(\.name)))
      rules.append(kind.settings.map { ValueRule($0.type) })
      // Room for all settings at once: a stage's copy then never grows.
      var values = [String: JSONValue](minimumCapacity: kind.settings.count)
      for setting in kind.settings { values[setting.name] = setting.defaultValue }
      defaults.append(values)
      isRequired.append(kind.settings.map(\.isRequired))
      requiredCount.append(kind.settings.count { $0.isRequired })
      acceptsDeclaredFiles.append(kind.acceptsDeclaredFiles)
    }
  }
}

extension ValueRule {
  /// The rule of a setting's type.
  init(_ type: SettingType) {
    switch type {
    case .array(let item, let least): self = .list(ValueRule(item), atLeast: least, unique: false)
    case .map(let item): self = .map(.any, ValueRule(item))
    case .scalar: self = .scalar
    case .object(let type): self = .variants(VariantRule(type))
    default: self = .value(type)
    }
  }
}

/// One kind with its settings ready for lookup.
struct KindEntry: Sendable {
  let description: StageDescription
  /// The settings' names, numbered as in the description.
  let settings: NameTable
  /// The rules of the settings, numbered in the same way.
  let rules: [ValueRule]
  /// What holds when `with` says nothing.
  let defaults: [String: JSONValue]
  /// The numbers of the settings that must be given.
  let required: [Int]

  init(_ description: StageDescription) {
    self.description = description
    settings = NameTable(description.settings.map(\.name))
    rules = description.settings.map { ValueRule($0.type) }
    defaults = Dictionary(
      description.settings.compactMap { setting in setting.defaultValue.map { (setting.name, $0) } }
    ) { first, _ in first }
    required = description.settings.indices.filter { description.settings[$0].isRequired }
  }
}
