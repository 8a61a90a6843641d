public import PipelineCore

/// Executes one unit's order: in this process, or (a later runner) in another one or on another machine.
public protocol StageRunner: Sendable {
  /// Runs the unit to its end. Throws what the stage threw; `CancellationError` when it was stopped.
  func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult
}

/// Runs units in this process with the pipeline's own stages.
struct InProcessRunner: StageRunner {
  let instances: [StageID: StageInstance]

  func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    guard let instance = instances[order.unit.stage] else {
      throw Diagnostic(code: "unknown-stage", "there is no stage \(order.unit.stage) in this pipeline")
    }
    return try await instance.stage.run(order, context)
  }
}

/// Any error as findings for a person.
public func diagnostics(of error: any Error) -> [Diagnostic] {
  switch error {
  case let error as Diagnostics: error.items
  case let error as Diagnostic: [error]
  case let error as any DiagnosticConvertible: [error.diagnostic]
  case is CancellationError: [Diagnostic(.note, code: "stopped", "it was stopped before it ended")]
  default: [Diagnostic(code: "stage-error", String(describing: error))]
  }
}
