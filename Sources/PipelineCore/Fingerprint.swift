/// Everything a unit's result depends on, by name: the named parts and their one digest.
///
/// The parts are stored with the checkpoint, so that `explain` can say which of them differs.
/// Names are unique and say their family first: `kind`, `configuration`, `input:PATH`,
/// `upstream:STAGE`, `environment:NAME`.
public struct Fingerprint: Codable, Sendable, Equatable {
  /// One named part. `value` is a digest's hex for bytes, or a short canonical text.
  public struct Component: Codable, Sendable, Equatable {
    /// Family and name, such as `input:data/a.log`.
    public let name: String
    /// A digest's hexadecimal digits, or a short canonical text.
    public let value: String
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The parts, sorted by the UTF-8 bytes of their names.
  public let components: [Component]
  /// SHA-256 over the length-delimited parts; see ``init(_:)``.
  public let digest: Digest

  /// Sorts the parts by name and digests them.
  ///
  /// The encoding is `darkroom-fingerprint-1` and a newline, then for each part the byte lengths of name and
  /// value in decimal, a colon after each, and the bytes. Lengths make it unambiguous for any content.
  public init(_ parts: [Component]) {
    components = parts.sorted { Self.precedes($0.name, $1.name) }
    var hasher = DigestHasher()
    hasher.update("darkroom-fingerprint-1\n")
    for part in components {
      hasher.update("\(part.name.utf8.count):\(part.value.utf8.count):\(part.name)\(part.value)")
    }
    digest = hasher.finalize()
  }

  /// Names are their bytes: two Unicode spellings of a path are two files.
  private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

  /// What differs between two fingerprints, by name.
  public enum Change: Codable, Sendable, Equatable {
    /// A part that was not there before.
    case added(name: String, value: String)
    /// A part that is gone.
    case removed(name: String, value: String)
    /// A part with another value.
    case changed(name: String, before: String, after: String)
  }

  /// The changes that lead from `earlier` to this fingerprint, sorted by name. Empty when they are equal.
  public func changes(since earlier: Fingerprint) -> [Change] {
    var changes: [Change] = []
    var old = earlier.components[...]
    var new = components[...]
    while let before = old.first ?? new.first.map({ _ in Component(name: "", value: "") }) {
      switch (old.first, new.first) {
      case (let a?, let b?) where a.name.utf8.elementsEqual(b.name.utf8):
        if !a.value.utf8.elementsEqual(b.value.utf8) {
          changes.append(.changed(name: a.name, before: a.value, after: b.value))
        }
        old.removeFirst()
        new.removeFirst()
      case (let a?, let b) where b.map({ Self.precedes(a.name, $0.name) }) ?? true:
        changes.append(.removed(name: before.name, value: a.value))
        old.removeFirst()
      case (_, let b?):
        changes.append(.added(name: b.name, value: b.value))
        new.removeFirst()
      default: return changes
      }
    }
    return changes
  }
}

extension Fingerprint.Change: CustomStringConvertible {
  /// One line such as `input data/a.log changed (3f2a… → 90bc…)`.
  public var description: String {
    func short(_ value: String) -> String {
      if Digest(hex: value) != nil { return String(value.prefix(12)) }
      return value.count > 60 ? value.prefix(57) + "…" : value
    }
    func noun(_ name: String) -> String {
      guard let colon = name.firstIndex(of: ":") else { return name }
      return "\(name[..<colon]) \(name[name.index(after: colon)...])"
    }
    return switch self {
    case .added(let name, let value): "\(noun(name)) is new (\(short(value)))"
    case .removed(let name, _): "\(noun(name)) is gone"
    case .changed(let name, let before, let after):
      "\(noun(name)) changed (\(short(before)) → \(short(after)))"
    }
  }
}
