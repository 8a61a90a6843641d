import PipelineCore

/// Reads the definition of a `command` stage and collects what is wrong with it.
struct CommandDefinitionReader {
  private let definition: StageDefinition
  private(set) var problems: [Diagnostic] = []

  init(_ definition: StageDefinition) { self.definition = definition }

  private mutating func report(_ code: String, _ message: String, help: String? = nil) {
    problems.append(Diagnostic(code: code, message, at: definition.location, help: help))
  }

  func strings(_ setting: String) -> [String] {
    definition.settings[setting]?.arrayValue?.compactMap(\.stringValue) ?? []
  }

  mutating func templates(_ owner: String, _ texts: [String], allowed: [CommandTemplate.Placeholder])
    -> [CommandTemplate]
  {
    if owner == "run", texts.first?.isEmpty ?? true { report("empty-command", "run names no program") }
    var templates: [CommandTemplate] = []
    for (index, text) in texts.enumerated() {
      do {
        templates.append(
          try CommandTemplate(text, allowed: allowed, owner: "\(owner)[\(index)]", at: definition.location))
      } catch {
        problems.append(error)
      }
    }
    return templates
  }

  mutating func environment() -> [String: CommandTemplate] {
    var environment: [String: CommandTemplate] = [:]
    for (name, text) in definition.environment.sorted(by: { $0.key < $1.key }) {
      checkName(name, "env")
      do {
        environment[name] = try CommandTemplate(
          text, allowed: [.unit, .staging], owner: "env.\(name)", at: definition.location)
      } catch {
        problems.append(error)
      }
    }
    return environment
  }

  mutating func passedNames() -> [String] {
    let names = strings("passEnvironment")
    for name in names {
      checkName(name, "passEnvironment")
      if definition.environment[name] != nil {
        report(
          "variable-twice", "the variable \(name) is both in env and in passEnvironment", help: "remove one")
      }
    }
    return names
  }

  private mutating func checkName(_ name: String, _ owner: String) {
    if name.isEmpty || name.utf8.contains(UInt8(ascii: "=")) || name.utf8.contains(0) {
      report("variable-name", "\(owner) has \(name.debugDescription), which is no name of a variable")
    } else if name.hasPrefix("DARKROOM_") {
      report("variable-name", "\(owner) sets \(name): names that start with DARKROOM_ belong to the engine")
    }
  }

  mutating func workingDirectory() -> String {
    let path = definition.settings["workingDirectory"]?.stringValue ?? "."
    if path != ".", let problem = CommandPath.problem(path) { report("path", "workingDirectory \(problem)") }
    return path
  }

  mutating func gracePeriod() -> Duration {
    let text = definition.settings["gracePeriod"]?.stringValue ?? "5s"
    if let duration = Self.duration(text) { return duration }
    report("duration", "gracePeriod is \(text.debugDescription), not a length of time such as 250ms, 5s, 2m")
    return .seconds(5)
  }

  /// Reads `250ms`, `2s`, `5m`, `1h`, `7d`.
  static func duration(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits), number <= 1_000_000_000 else { return nil }
    switch text.dropFirst(digits.count) {
    case "ms": return .milliseconds(number)
    case "s": return .seconds(number)
    case "m": return .seconds(number * 60)
    case "h": return .seconds(number * 3600)
    case "d": return .seconds(number * 86400)
    default: return nil
    }
  }

  mutating func checkFanOut(run: [CommandTemplate], inputs: [CommandTemplate], outputs: [CommandTemplate]) {
    if definition.foreach == nil {
      for (owner, templates) in [("run", run), ("inputs", inputs), ("outputs", outputs)]
      where templates.contains(where: { $0.uses(.unit) }) {
        report(
          "unit-without-foreach", "\(owner) has ${unit}, but the stage has no foreach", help: "add foreach")
      }
    } else {
      for (index, output) in outputs.enumerated() where !output.uses(.unit) {
        report(
          "output-shared", "outputs[\(index)] is the same for every unit: they would overwrite each other's",
          help: "put ${unit} into the path")
      }
    }
    if definition.foreach == nil, problems.isEmpty {
      for output in outputs {
        let path = output.filled(unit: .whole)
        if let problem = CommandPath.outputProblem(path) { report("path", "the output \(problem)") }
      }
    }
  }
}

/// The rules for paths that a definition names.
enum CommandPath {
  /// What is wrong with a workspace-relative path; `nil` when it is fine.
  static func problem(_ path: String) -> String? {
    let shown = path.debugDescription
    if path.isEmpty { return "is empty" }
    if path.utf8.contains(0) { return "\(shown) holds a NUL character" }
    if path.hasPrefix("/") { return "\(shown) is not relative to the workspace" }
    var parts = path.split(separator: "/", omittingEmptySubsequences: false)
    if parts.last == "" { parts.removeLast() }
    for part in parts where part == "" || part == "." || part == ".." {
      return "\(shown) has a part \(String(part).debugDescription)"
    }
    return nil
  }

  /// What is wrong with a path as an output.
  static func outputProblem(_ path: String) -> String? {
    if let problem = problem(path) { return problem }
    if path == stateDirectory || path.hasPrefix(stateDirectory + "/") || path == stateDirectory + "/" {
      return "\(path.debugDescription) lies in \(stateDirectory), which belongs to the engine"
    }
    return nil
  }

  /// The engine's own directory: no wildcard enters it, no output lies in it.
  static let stateDirectory = "data/state"
}
