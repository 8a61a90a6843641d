/// A pattern for workspace-relative paths.
///
/// - `*` stands for any run of characters of one path component, `?` for one character, `[a-z]` for one of a set,
///   `[!a-z]` for one that is not; none of them matches `/`. A set takes away the special meaning: `[*]`.
/// - A component `**` stands for any number of directories, also none; as the last component it stands for every
///   file below.
/// - A component that does not itself start with a dot matches no name that does.
///
/// These are the rules of Python's `glob` with `recursive=True`, but a pattern matches only files. Characters are
/// Unicode scalars; nothing is folded or normalised.
public struct Glob: Sendable, Equatable {
  enum Component: Sendable, Equatable {
    case literal(String)
    case pattern([Token])
    case anyDepth
  }
  enum Token: Sendable, Equatable {
    case scalar(Unicode.Scalar)
    case any
    case run
    case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  }
  /// The pattern as it was written.
  public let text: String
  let components: [Component]

  /// Whether `path` has a character with a special meaning.
  public static func isPattern(_ path: String) -> Bool { path.utf8.contains { "*?[".utf8.contains($0) } }

  /// Every text is a pattern; a `[` without its `]` stands for itself.
  public init(_ text: String) {
    self.text = text
    var components: [Component] = []
    for part in text.split(separator: "/") {
      // `**/**` means the same as `**`.
      if part == "**" {
        if components.last != .anyDepth { components.append(.anyDepth) }
      } else if Self.isPattern(String(part)) {
        components.append(.pattern(Self.tokens(part.unicodeScalars)))
      } else {
        components.append(.literal(String(part)))
      }
    }
    self.components = components
  }

  /// Whether the pattern matches the file at `path`.
  public func matches(_ path: String) -> Bool {
    let names = path.split(separator: "/")
    guard let file = names.last else { return false }
    var states = start
    for name in names.dropLast() { states = states.entering(String(name)) }
    return states.accepts(file: String(file))
  }

  var start: States { States(of: self, [0]) }

  /// Which components may come next, after some directories have been matched.
  struct States {
    private let glob: Glob
    /// Indices into the components, ascending; `**` and what follows it are in it together.
    let active: [Int]

    init(of glob: Glob, _ indices: [Int]) {
      self.glob = glob
      var closed: [Int] = []
      for index in indices {
        if closed.last.map({ $0 < index }) ?? true { closed.append(index) }
        if index < glob.components.count, glob.components[index] == .anyDepth, closed.last == index {
          closed.append(index + 1)
        }
      }
      active = closed.filter { $0 < glob.components.count }
    }

    /// The names that can come next, when they are all known without looking.
    var onlyNames: [String]? {
      var names: [String] = []
      for index in active {
        guard case .literal(let name) = glob.components[index] else { return nil }
        names.append(name)
      }
      return names
    }

    /// Whether a component that names `name` outright is next.
    func names(_ name: String) -> Bool { active.contains { glob.components[$0] == .literal(name) } }

    func entering(_ directory: String) -> States {
      var next: [Int] = []
      for index in active where glob.components[index].matches(directory) {
        let follower = glob.components[index] == .anyDepth ? index : index + 1
        if !next.contains(follower) { next.append(follower) }
      }
      return States(of: glob, next.sorted())
    }

    func accepts(file: String) -> Bool {
      active.last == glob.components.count - 1 && glob.components.last?.matches(file) ?? false
    }
  }
}

extension Glob.Component {
  func matches(_ name: String) -> Bool {
    let isHidden = name.utf8.first == UInt8(ascii: ".")
    switch self {
    case .literal(let text): return name.utf8.elementsEqual(text.utf8)
    case .anyDepth: return !isHidden
    case .pattern(let tokens):
      if isHidden, tokens.first != .scalar(".") { return false }
      return Glob.match(tokens, Array(name.unicodeScalars))
    }
  }
}

extension Glob {
  private static func tokens(_ scalars: Substring.UnicodeScalarView) -> [Token] {
    var tokens: [Token] = []
    var rest = scalars
    while let scalar = rest.popFirst() {
      switch scalar {
      case "*": if tokens.last != .run { tokens.append(.run) }
      case "?": tokens.append(.any)
      case "[":
        if let (set, after) = self.set(rest) {
          tokens.append(set)
          rest = after
        } else {
          tokens.append(.scalar("["))
        }
      default: tokens.append(.scalar(scalar))
      }
    }
    return tokens
  }

  /// Reads a set after its `[`; `nil` when it has no end. A `]` right at the start belongs to the set.
  private static func set(_ text: Substring.UnicodeScalarView) -> (Token, Substring.UnicodeScalarView)? {
    var rest = text
    let isNegated = rest.first == "!"
    if isNegated { rest.removeFirst() }
    var members: [Unicode.Scalar] = []
    while let scalar = rest.popFirst() {
      if scalar == "]", !members.isEmpty { return (.set(ranges(members), isNegated: isNegated), rest) }
      members.append(scalar)
    }
    return nil
  }

  /// `a-z` is a range, empty when it runs backwards; a `-` at either end stands for itself.
  private static func ranges(_ members: [Unicode.Scalar]) -> [ClosedRange<Unicode.Scalar>] {
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var index = 0
    while index < members.count {
      if index + 2 < members.count, members[index + 1] == "-" {
        if members[index] <= members[index + 2] { ranges.append(members[index]...members[index + 2]) }
        index += 3
      } else {
        ranges.append(members[index]...members[index])
        index += 1
      }
    }
    return ranges
  }

  /// Whether the tokens match the whole of `name`. Goes back to the latest `*` only, so the time is at most the
  /// product of the lengths.
  static func match(_ tokens: [Token], _ name: [Unicode.Scalar]) -> Bool {
    var token = 0
    var place = 0
    var retry: (token: Int, place: Int)?
    while place < name.count {
      if token < tokens.count, tokens[token] == .run {
        retry = (token, place)
        token += 1
      } else if token < tokens.count, matches(tokens[token], name[place]) {
        token += 1
        place += 1
      } else if let latest = retry {
        retry = (latest.token, latest.place + 1)
        token = latest.token + 1
        place = latest.place + 1
      } else {
        return false
      }
    }
    return tokens[token...].allSatisfy { $0 == .run }
  }

  private static func matches(_ token: Token, _ scalar: Unicode.Scalar) -> Bool {
    switch token {
    case .scalar(let expected): scalar == expected
    case .any, .run: true
    case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
    }
  }
}
