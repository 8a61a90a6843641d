/// A place in a text file. Lines and columns count from 1; columns count Unicode scalars.
public struct SourceLocation: Hashable, Codable, Sendable, CustomStringConvertible {
  /// The path as the person knows it: relative to the workspace where it lies inside.
  public var path: String
  /// The line, from 1.
  public var line: Int
  /// The column of the first character, from 1, in Unicode scalars.
  public var column: Int
  /// How many columns the caret underlines; at least 1.
  public var length: Int
  /// The JSON pointer (RFC 6901) of the value, when the file is JSON.
  public var pointer: String?
  /// The text of the line, for the caret; `nil` when it is not at hand.
  public var lineText: String?

  public init(
    path: String, line: Int, column: Int = 1, length: Int = 1, pointer: String? = nil, lineText: String? = nil
  ) {
    self.path = path
    self.line = line
    self.column = column
    self.length = length
    self.pointer = pointer
    self.lineText = lineText
  }
  public var description: String { "\(path):\(line):\(column)" }
}

/// A finding for the person who has to act: what happened, where, and what to do.
public struct Diagnostic: Error, Hashable, Codable, Sendable {
  /// How bad a finding is; an error is the worst.
  public enum Severity: String, Codable, Sendable, CaseIterable, Comparable {
    case note, warning, error
    public static func < (a: Self, b: Self) -> Bool {
      (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
    }
  }
  /// A further place or fact that belongs to the finding, such as the other of two conflicting definitions.
  public struct Note: Hashable, Codable, Sendable {
    /// One sentence without a full stop.
    public var message: String
    /// Where it is, when it is in a file.
    public var location: SourceLocation?
    public init(_ message: String, at location: SourceLocation? = nil) {
      self.message = message
      self.location = location
    }
  }

  /// How bad it is.
  public var severity: Severity
  /// A stable kebab-case name of the kind of finding, such as `duplicate-key`; programs match on it.
  public var code: String
  /// One sentence without a full stop: what happened, to what, and what was not touched.
  public var message: String
  /// Where it is, when it is in a file.
  public var location: SourceLocation?
  /// What else belongs to it, such as the other of two places.
  public var notes: [Note]
  /// What to do, when there is something to do.
  public var help: String?

  public init(
    _ severity: Severity = .error, code: String, _ message: String, at location: SourceLocation? = nil,
    notes: [Note] = [], help: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.location = location
    self.notes = notes
    self.help = help
  }
}

extension Diagnostic: CustomStringConvertible {
  /// The finding as plain text: `place: severity: message [code]`, the source line with a caret, notes, help.
  public var description: String {
    var text = location.map { "\($0): " } ?? ""
    text += "\(severity.rawValue): \(message) [\(code)]"
    if let location {
      text += Self.excerpt(location)
      if let pointer = location.pointer { text += "\n  at \(pointer.isEmpty ? "the top level" : pointer)" }
    }
    for note in notes {
      text += "\n  note: " + (note.location.map { "\($0): " } ?? "") + note.message
      if let place = note.location { text += Self.excerpt(place) }
    }
    if let help { text += "\n  help: \(help)" }
    return text
  }

  private static func excerpt(_ location: SourceLocation) -> String {
    guard let line = location.lineText else { return "" }
    let shown = String(line.prefix(160)).replacing("\t", with: " ")
    guard location.column - 1 <= shown.unicodeScalars.count else { return "\n    \(shown)" }
    let room = max(1, shown.unicodeScalars.count - location.column + 1)
    return "\n    \(shown)\n    " + String(repeating: " ", count: max(0, location.column - 1))
      + String(repeating: "^", count: min(max(1, location.length), room))
  }
}

/// Several findings thrown at once, so that a person sees them all in one go.
public struct Diagnostics: Error, Codable, Sendable, CustomStringConvertible {
  /// The findings, in the order in which they are told.
  public var items: [Diagnostic]
  public init(_ items: [Diagnostic]) { self.items = items }
  /// Whether one of them is an error; the others are warnings and notes.
  public var hasErrors: Bool { items.contains { $0.severity == .error } }
  public var description: String { items.map(\.description).joined(separator: "\n") }
}

/// An error that can say itself as a finding.
public protocol DiagnosticConvertible: Error {
  var diagnostic: Diagnostic { get }
}
