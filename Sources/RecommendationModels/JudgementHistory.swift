public import PipelineCore

/// Which held-back groups judged which candidates. No group judges twice: who compares night after night on the same
/// groups sooner or later promotes by chance.
public struct JudgementHistory: Hashable, Sendable {
  /// A judgement on a model, by held-back groups or by a person. A person has two kinds of their own: one puts away the
  /// model that stands (not promoted, and compared with what takes its place), the other puts a model where none stands
  /// (promoted, see ``isFound``).
  public struct Entry: Hashable, Sendable {
    /// The digest of the candidate's ``ModelBasis``.
    public var basis: Digest
    /// The digest of its file.
    public var candidate: Digest
    /// What it was compared with besides the rules: a digest, or a word where there was no present model. Of a model that
    /// a person put away: what they put in its place. Of one that was found in its place: itself.
    public var comparison: String
    /// Whether it is the present model from then on.
    public var isPromoted: Bool
    /// The marks of the groups whose picks judged it, sorted.
    public var groups: [String]
    /// The marks of the groups whose crops judged it, sorted.
    public var crops: [String]

    public init(
      basis: Digest, candidate: Digest, comparison: String, isPromoted: Bool, groups: Set<String>,
      crops: Set<String>
    ) {
      self.basis = basis
      self.candidate = candidate
      self.comparison = comparison
      self.isPromoted = isPromoted
      self.groups = groups.sorted()
      self.crops = crops.sorted()
    }

    /// Whether no fit judged it: one found it as the present model where the history had none, or its predecessor. A
    /// person put it there, or the fit that promoted it was killed before it could write so.
    public var isFound: Bool { comparison == candidate.hex }
  }

  /// The value of `schema`.
  public static let schema = "model_judgements_v1"
  /// Where the history lies, relative to the workspace; absent until a candidate was judged.
  public static let path = "\(RecommendationModel.folder)/judgements.json"

  /// Oldest first.
  public private(set) var entries: [Entry] = []

  public init() {}

  /// What stands for a group: the first 16 hexadecimal digits of the SHA-256 of `darkroom-judged-v1`, a zero byte and
  /// the name. Groups are kept, not lineages, for a group keeps its name when its lineage grows.
  /// - Parameter name: `PROJECT/GROUP`.
  public static func mark(_ name: String) -> String {
    String(Digest(of: "darkroom-judged-v1\0" + name).hex.prefix(16))
  }

  /// The marks of all groups whose picks judged a candidate.
  public var groups: Set<String> { Set(entries.flatMap(\.groups)) }
  /// The marks of all groups whose crops judged a candidate.
  public var crops: Set<String> { Set(entries.flatMap(\.crops)) }

  /// The model that lies in `current.json`, as far as the history knows: the one that was promoted last, or what a person
  /// put in its place since; `nil` where that is none, or nothing was promoted. A fit that finds another one there judges no
  /// candidate, but notes it: so whatever a candidate was compared with stood then.
  public var standing: Digest? {
    entries.reduce(nil) { standing, entry in
      if entry.isPromoted { return entry.candidate }
      return entry.candidate == standing ? Digest(hex: entry.comparison) : standing
    }
  }

  /// Whether this model was judged, or found in its place.
  public func knows(_ candidate: Digest) -> Bool { entries.contains { $0.candidate == candidate } }

  /// The history as it was when a candidate with this basis was compared with this: without the last entry, if that is
  /// of this very comparison. So a repeated run finds what the first one found. A promotion stays when its candidate is
  /// not the present model any more: then a person has put another one in its place, and nothing is repeated.
  /// - Parameter present: the digest of the present model; `nil` without one.
  public func before(basis: Digest, comparison: String, present: Digest?) -> JudgementHistory {
    var history = self
    if let last = entries.last, last.basis == basis, last.comparison == comparison,
      !last.isPromoted || last.candidate == present
    {
      history.entries.removeLast()
    }
    return history
  }

  /// Adds a judgement, as the last one.
  public mutating func append(_ entry: Entry) { entries.append(entry) }

  /// The file's content: one line of canonical JSON.
  public var text: String {
    JSONValue.object([
      "schema": .string(Self.schema),
      "judgements": .array(
        entries.map { entry in
          [
            "basis": .string(entry.basis.hex), "candidate": .string(entry.candidate.hex),
            "comparison": .string(entry.comparison), "promoted": .bool(entry.isPromoted),
            "groups": .array(entry.groups.map(JSONValue.string)),
            "crops": .array(entry.crops.map(JSONValue.string)),
          ]
        }),
    ]).canonical + "\n"
  }

  /// Reads the file.
  /// - Parameter path: for messages.
  /// - Throws: `Diagnostic` `judgements-unreadable`.
  public init(_ bytes: [UInt8], path: String) throws {
    do {
      let members = try ModelMembers(file: bytes, path: path, schema: Self.schema, "the history")
      entries = try members.objects("judgements").map { entry in
        Entry(
          basis: try entry.digest("basis"), candidate: try entry.digest("candidate"),
          comparison: try entry.text("comparison"), isPromoted: try entry.truth("promoted"),
          groups: Set(try entry.texts("groups")), crops: Set(try entry.texts("crops")))
      }
    } catch let error as Diagnostic {
      throw Diagnostic(
        code: "judgements-unreadable",
        "\(path) cannot be read: \(error.message); which groups have judged models is not known, so no model is judged, and the file stays as it is",
        at: error.location,
        help:
          "restore it from a backup; without one, move it away: then groups that are decided later judge against the present model, and all groups where there is none"
      )
    }
  }
}
