import PipelineCore

/// Why files are moved: one part of an order's name.
public enum OrderCause: String, Codable, Sendable, CaseIterable {
  /// A decision is carried out.
  case review
  /// A crop and its companions get their names, and the sidecar that asked for it goes.
  case crop
  /// A source set leaves its place after its crop.
  case retire
  /// Staged deletions go to the Trash.
  case trash
}

/// The name of an order, 32 lower-case hexadecimal digits. The same cause, project, group and decision give the same
/// name on every machine: that is what makes an order safe to repeat.
public struct OrderID: RawRepresentable, Hashable, Codable, Sendable, Comparable, CustomStringConvertible {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The first 128 bits of a SHA-256 over the parts, each preceded by its length in bytes, so that no two different
  /// lists of parts give the same input.
  public init(cause: OrderCause, project: String, group: String, decision: String) {
    var hasher = DigestHasher()
    for part in ["custody-order-1", cause.rawValue, project, group, decision] {
      hasher.update("\(part.utf8.count):")
      hasher.update(part)
    }
    rawValue = String(hasher.finalize().hex.prefix(32))
  }

  /// The name in the operation log of what was done for one of the order's operations, or of its undoing.
  func recordName(_ operation: Int, isUndo: Bool) -> String {
    "\(rawValue)-\(isUndo ? "undo-" : "")\(operation)"
  }

  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
  public var description: String { rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
