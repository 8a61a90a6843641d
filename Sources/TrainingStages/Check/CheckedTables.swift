import DataQuality
import FileSystem
import PipelineCore
import PipelineSpec
import TrainingData

/// The tables of a stage that are not a dataset: files of the workspace, or artifacts of stages that it needs.
struct CheckedTables {
  private enum Source {
    case files(Glob)
    case artifacts(of: StageID, Glob)
  }

  private let sources: [(name: String, source: Source)]

  /// - Parameters:
  ///   - settings: `PATTERN` or `STAGE:PATTERN` by the table's name.
  ///   - needs: the stages whose artifacts may be named.
  /// - Throws: `Diagnostics` for a stage that is not among them.
  init(_ settings: [String: JSONValue], needs: [StageID]) throws {
    var sources: [(String, Source)] = []
    var findings: [Diagnostic] = []
    for (name, value) in settings.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let text = value.stringValue ?? ""
      guard let colon = text.firstIndex(of: ":") else {
        sources.append((name, .files(Glob(text))))
        if text.isEmpty || text.hasPrefix("/") || text.split(separator: "/").contains("..") {
          findings.append(
            Diagnostic(
              code: "bad-table",
              "the table `\(name)` is at \"\(text)\", which is no path inside the workspace"))
        }
        continue
      }
      let stage = String(text[..<colon])
      let glob = Glob(String(text[text.index(after: colon)...]))
      if let need = needs.first(where: { $0.rawValue == stage }) {
        sources.append((name, .artifacts(of: need, glob)))
      } else {
        findings.append(
          Diagnostic(
            code: "bad-table", "the table `\(name)` is of the stage `\(stage)`, which is not in `needs`",
            help: Suggestion.help(for: stage, among: needs.map(\.rawValue), what: "`needs` has")
              ?? "add it to `needs`"))
      }
    }
    if !findings.isEmpty { throw Diagnostics(findings) }
    self.sources = sources
  }

  /// The tables' names, columns unknown.
  var names: [String: [String]?] { Dictionary(sources.map { ($0.name, nil) }) { first, _ in first } }

  /// The files of all tables.
  func inputs(_ context: ExpansionContext) throws -> [InputReference] {
    var inputs: [String: InputReference] = [:]
    for (_, source) in sources {
      switch source {
      case .files(let glob):
        var paths = try glob.files(below: context.workspace, closed: ["data/state"]) {
          context.observe(.path($0))
        }
        // A file that is named has to be there; a pattern may match nothing.
        if paths.isEmpty, !Glob.isPattern(glob.text) { paths = [glob.text] }
        for path in paths { inputs[path] = InputReference(path: path) }
      case .artifacts(let stage, let glob):
        for upstream in context.upstream where upstream.id == stage {
          for unit in try upstream.units() {
            for output in unit.outputs where glob.matches(output.name) {
              inputs[output.path] = InputReference(
                path: output.path, digest: output.digest, rows: output.rows)
            }
          }
        }
      }
    }
    return inputs.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The tables with their files, from what ``inputs(_:)`` gave.
  func tables(_ inputs: [InputReference], workspace: String) -> [Table] {
    sources.map { name, source in
      let files = inputs.compactMap { input -> Table.File? in
        let artifact = ArtifactPath(input.path)
        switch source {
        case .files(let glob):
          guard artifact == nil, glob.matches(input.path) else { return nil }
        case .artifacts(let stage, let glob):
          guard let artifact, artifact.stage == stage.rawValue, glob.matches(artifact.name) else {
            return nil
          }
        }
        return Table.File(path: "\(workspace)/\(input.path)", place: artifact?.place ?? input.path)
      }
      return Table(name: name, files: files)
    }
  }
}

/// A path `data/state/artifacts/STAGE/UNIT/FINGERPRINT/NAME`.
private struct ArtifactPath {
  let stage: String
  let unit: String
  let name: String

  init?(_ path: String) {
    guard path.hasPrefix("data/state/artifacts/") else { return nil }
    let parts = path.split(separator: "/")
    guard parts.count > 6 else { return nil }
    (stage, unit) = (String(parts[3]), String(parts[4]))
    name = parts[6...].joined(separator: "/")
  }

  /// Without the fingerprint, so that equal rows give equal results.
  var place: String { unit == "_" ? "\(stage):\(name)" : "\(stage):\(unit)/\(name)" }
}
