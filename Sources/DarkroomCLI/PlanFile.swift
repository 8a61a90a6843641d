import FileSystem
import Foundation
import PipelineCore
import PipelineEngine

/// A plan as a file: what `plan --out` writes and `run --plan` reads.
enum PlanFile {
  static func text(_ plan: Plan) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(plan), as: UTF8.self) + "\n"
  }

  /// Writes the plan, replacing an older file of that name as a whole.
  static func write(_ plan: Plan, to path: String) throws {
    let temporary = "\(path).new"
    try FileSystem.removeFile(temporary)
    try FileSystem.create(temporary, try text(plan).utf8)
    try FileSystem.rename(temporary, to: path)
  }

  static func read(_ path: String) throws -> Plan {
    guard try FileStatus(path) != nil else {
      throw CommandFailure(.notFound, Diagnostic(code: "no-plan", "there is no plan file \(path)"))
    }
    do {
      return try JSONDecoder().decode(Plan.self, from: Data(try FileSystem.read(path)))
    } catch let error as DecodingError {
      throw CommandFailure(
        .invalidDefinition,
        Diagnostic(
          code: "bad-plan", "\(path) is not a plan that this program can read: \(Self.reason(error))",
          help: "make one with `darkroom plan PIPELINE --out FILE`"))
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "it has no \"\(key.stringValue)\""
    case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context):
      context.codingPath.isEmpty
        ? "it is not JSON of a plan"
        : "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)"
    @unknown default: "its form is unknown"
    }
  }
}
