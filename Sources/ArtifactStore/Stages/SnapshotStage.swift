import FileSystem
public import PipelineCore

/// Publishes the artifacts of the stages it needs as one consistent, immutable set.
public struct SnapshotStage: Stage {
  public static let description = StageDescription(
    kind: "snapshot.publish", version: 1,
    summary: "Publish the artifacts of the needed stages as one consistent snapshot.",
    discussion: """
      The set is built aside as hard links to the artifacts, with a `manifest.json` that lists every file with rows, \
      bytes and SHA-256, and gets the name `data/snapshot/versions/DIGEST`, where DIGEST is the start of the \
      manifest's SHA-256. Then the symbolic link `data/snapshot/current` is switched to it by one rename: readers see \
      the old set or the new one, never a mix. Files below `internal/` of an artifact are not published. Two \
      artifacts with the same file name are an error that names both. Older versions stay until `darkroom gc`.
      """,
    settings: [], unit: "the whole stage", upstream: .everything,
    observesItsExpansion: true)

  public init(_ definition: StageDefinition) throws {}

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    var owners: [String: String] = [:]
    var inputs: [InputReference] = []
    for stage in context.upstream {
      for unit in try stage.units() {
        for output in unit.outputs where Self.isPublished(output) {
          let owner = UnitID(stage: stage.id, key: unit.key).description
          if let other = owners.updateValue(owner, forKey: output.name) {
            throw Diagnostic(
              code: "snapshot-conflict",
              "\(owner) and \(other) both made \(output.name); no snapshot was published",
              help: "let only one of them make it, or leave one out of the snapshot stage's needs")
          }
          inputs.append(InputReference(path: output.path, digest: output.digest, rows: output.rows))
        }
      }
    }
    return [UnitDefinition(inputs: inputs, outputs: ["data/snapshot/versions/", "data/snapshot/current"])]
  }

  private static func isPublished(_ output: OutputFile) -> Bool {
    output.path.hasPrefix("data/state/artifacts/") && !output.name.hasPrefix("internal/")
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let building = "\(context.publication)/data/snapshot/versions/building"
    try FileSystem.makeDirectories(building)
    var files: [JSONValue] = []
    var bytes: Int64 = 0
    let entries = order.inputs.map { ($0, Self.publishedName($0.path)) }
      .sorted { $0.1.utf8.lexicographicallyPrecedes($1.1.utf8) }
    for (index, (input, name)) in entries.enumerated() {
      try context.checkCancellation()
      let source = "\(context.workspace)/\(input.path)"
      let target = "\(building)/\(name)"
      try FileSystem.makeDirectories(String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)]))
      try FileSystem.hardLink(source, to: target)
      let size = try FileStatus(source)?.size ?? 0
      bytes += size
      files.append([
        "path": .string(name), "bytes": .integer(size), "sha256": .string(input.digest?.hex ?? ""),
        "rows": input.rows.map { .integer($0) } ?? .null,
      ])
      context.progress(Int64(index + 1), Int64(entries.count))
    }
    let manifest: JSONValue = ["schema": "snapshot_manifest_v1", "files": .array(files)]
    try FileSystem.create("\(building)/manifest.json", manifest.pretty.utf8)
    let version = String(Digest(of: manifest.pretty).hex.prefix(16))
    let path = "data/snapshot/versions/\(version)"
    try FileSystem.rename(building, to: "\(context.publication)/\(path)")
    try FileSystem.makeLink("\(context.publication)/data/snapshot/current", to: "versions/\(version)")
    var known: [String: Digest] = ["\(path)/manifest.json": Digest(of: manifest.pretty)]
    for (input, name) in entries { known["\(path)/\(name)"] = input.digest }
    return UnitResult(
      publications: [.init(path: path, form: .directory), .init(path: "data/snapshot/current", form: .link)],
      counters: ["files": Int64(files.count), "bytes": bytes], relinked: order.inputs.map(\.path),
      knownDigests: known)
  }

  /// The name inside the artifact: what follows `data/state/artifacts/STAGE/UNIT/FINGERPRINT/`.
  private static func publishedName(_ path: String) -> String {
    path.split(separator: "/").dropFirst(6).joined(separator: "/")
  }
}
