import FileSystem
public import PipelineCore
import Synchronization

/// What a ``ScriptedStage`` does, changed by the test between and during runs.
public final class StageScript: Sendable {
  public typealias Units = @Sendable (ExpansionContext) throws -> any Sequence<UnitDefinition>
  public typealias Work = @Sendable (UnitOrder, UnitContext) async throws -> UnitResult
  private struct State {
    var units: Units = { _ in [UnitDefinition()] }
    var work: Work?
    var version = 1
    var orders: [UnitOrder] = []
    var running = 0
    var mostRunning = 0
  }
  private let state = Mutex(State())
  public let upstream: UpstreamDependency

  public init(upstream: UpstreamDependency = .everything) { self.upstream = upstream }

  /// The units, asked for once per run.
  public func setUnits(_ units: @escaping Units) { state.withLock { $0.units = units } }
  /// Units with these keys, each reading the files that `inputs` names.
  public func setKeys(
    _ keys: [String], inputs: @escaping @Sendable (String) -> [String] = { _ in [] },
    values: [String: String] = [:]
  ) {
    setUnits { _ in
      keys.lazy.map { key in
        UnitDefinition(
          key: UnitKey(key), inputs: inputs(key).map { InputReference(path: $0) }, values: values)
      }
    }
  }
  /// What a unit does; `nil` copies its inputs into the artifact ``ScriptedStage/copyInputs(_:_:)``.
  public func setWork(_ work: Work?) { state.withLock { $0.work = work } }
  /// The version of the kind's code.
  public var version: Int {
    get { state.withLock { $0.version } }
    set { state.withLock { $0.version = newValue } }
  }
  /// Every order that was run, in the order of starting.
  public var orders: [UnitOrder] { state.withLock { $0.orders } }
  /// The keys of the orders that were run, in the order of starting.
  public var ran: [String] { orders.map(\.unit.key.rawValue) }
  /// The most units that ran at once.
  public var mostRunning: Int { state.withLock { $0.mostRunning } }
  public func forgetOrders() { state.withLock { $0.orders = [] } }

  func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    try state.withLock { $0.units }(context)
  }

  func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let work = state.withLock { state in
      state.orders.append(order)
      state.running += 1
      state.mostRunning = max(state.mostRunning, state.running)
      return state.work
    }
    defer { state.withLock { $0.running -= 1 } }
    if let work { return try await work(order, context) }
    return try ScriptedStage.copyInputs(order, context)
  }
}

/// A stage whose units, outputs, failures and delays the test scripts.
public struct ScriptedStage: Stage {
  public static let description = StageDescription(
    kind: "scripted", version: 1, summary: "Do what the test says.", acceptsDeclaredFiles: true)

  private let script: StageScript

  public init(_ definition: StageDefinition) throws { script = StageScript() }
  init(script: StageScript) { self.script = script }

  /// A kind of its own for a script.
  public static func kind(_ name: String, _ script: StageScript) -> StageKind {
    StageKind(
      StageDescription(
        kind: name, version: script.version, summary: "Do what the test says.", upstream: script.upstream,
        acceptsDeclaredFiles: true)
    ) { _ in ScriptedStage(script: script) }
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    try script.units(context)
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    try await script.run(order, context)
  }

  /// One artifact `KEY.txt` with the unit's key, its values and the text of its inputs.
  public static func copyInputs(_ order: UnitOrder, _ context: UnitContext) throws -> UnitResult {
    var text = "\(order.unit.key)\n"
    for (name, value) in order.values.sorted(by: { $0.key < $1.key }) { text += "\(name)=\(value)\n" }
    for input in order.inputs where input.digest != nil {
      text += String(decoding: try FileSystem.read("\(context.workspace)/\(input.path)"), as: UTF8.self)
    }
    return try write(text, order, context)
  }

  /// One artifact, named after the unit, with this text.
  public static func write(_ text: String, _ order: UnitOrder, _ context: UnitContext) throws -> UnitResult {
    let key = order.unit.key == .whole ? "whole" : order.unit.key.rawValue
    let name = "\(order.unit.stage)/\(key.replacing("/", with: "_")).txt"
    try FileSystem.makeDirectories("\(context.artifact)/\(order.unit.stage)")
    try FileSystem.create("\(context.artifact)/\(name)", text.utf8)
    return UnitResult(artifacts: [.init(name: name)], counters: ["bytes": Int64(text.utf8.count)])
  }

  /// One published file with this text.
  public static func publish(_ text: String, at path: String, _ context: UnitContext) throws -> UnitResult {
    let file = "\(context.publication)/\(path)"
    try FileSystem.makeDirectories(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
    try FileSystem.create(file, text.utf8)
    return UnitResult(publications: [.init(path: path)])
  }
}
