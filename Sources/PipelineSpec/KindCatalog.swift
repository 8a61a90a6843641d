import PipelineCore

/// The stage kinds that a reader knows, ready for lookup.
struct KindCatalog: Sendable {
  let kinds: [KindEntry]
  let table: NameTable

  init(_ descriptions: [StageDescription]) {
    var entries: [KindEntry] = []
    var table = NameTable()
    for description in descriptions
    where table.insert(description.kind, hash: NameHash.of(description.kind)).isNew {
      entries.append(KindEntry(description))
    }
    kinds = entries
    self.table = table
  }
}

/// One kind with its settings ready for lookup.
struct KindEntry: Sendable {
  let description: StageDescription
  /// The settings' names, numbered as in the description.
  let settings: NameTable
  /// What holds when `with` says nothing.
  let defaults: [String: JSONValue]
  /// The numbers of the settings that must be given.
  let required: [Int]

  init(_ description: StageDescription) {
    self.description = description
    settings = NameTable(description.settings.map(\.name))
    defaults = Dictionary(
      description.settings.compactMap { setting in setting.defaultValue.map { (setting.name, $0) } }
    ) { first, _ in first }
    required = description.settings.indices.filter { description.settings[$0].isRequired }
  }
}
