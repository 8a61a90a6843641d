import PipelineCore

/// How the lines of one input file, or of all, were accounted for.
struct LineAccount {
  var file: String?
  var lines: Int64?
  var accepted: Int64?
  var duplicates: Int64?
  /// Lines by reason; `nil` when not recorded.
  var quarantined: [(reason: String, lines: Int64)]?
  var blank: Int64?
  /// What is wrong with the compressed file, when it could be read only in part.
  var damage: String?

  init(_ record: SourceRecord) {
    file = record.text("file")
    lines = record.count("lines")
    accepted = record.count("accepted")
    duplicates = record.count("duplicates")
    blank = record.count("blank")
    damage = record.text("corrupt_gzip")
    if let reasons = record.object("quarantined") {
      quarantined = reasons.members.keys.sorted().compactMap { key in reasons.count(key).map { (key, $0) } }
    }
  }

  init() {}

  var quarantinedLines: Int64? { quarantined.map { $0.reduce(0) { $0 &+ $1.lines } } }

  /// Accepted, duplicate, quarantined and blank lines together; `nil` when one of them is not recorded.
  var accounted: Int64? {
    guard let accepted, let duplicates, let quarantinedLines, let blank else { return nil }
    return accepted &+ duplicates &+ quarantinedLines &+ blank
  }

  /// Whether every line is accounted for; `nil` when that is not recorded.
  var isBalanced: Bool? {
    guard let lines, let accounted else { return nil }
    return lines == accounted
  }

  /// Adds another account; a figure that either lacks is lacking in the sum.
  mutating func add(_ other: LineAccount) {
    func sum(_ a: Int64?, _ b: Int64?) -> Int64? { if let a, let b { a &+ b } else { nil } }
    lines = sum(lines, other.lines)
    accepted = sum(accepted, other.accepted)
    duplicates = sum(duplicates, other.duplicates)
    blank = sum(blank, other.blank)
    guard let mine = quarantined, let theirs = other.quarantined else {
      quarantined = nil
      return
    }
    let merged = Dictionary((mine + theirs).map { ($0.reason, $0.lines) }, uniquingKeysWith: &+)
    quarantined = merged.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  static let zero: LineAccount = {
    var account = LineAccount()
    (account.lines, account.accepted, account.duplicates, account.blank) = (0, 0, 0, 0)
    account.quarantined = []
    return account
  }()
}

/// The accounts of all input files, with their sum.
struct Reconciliation {
  static let filesPath = "reconciliation_v1/files.jsonl"
  static let totalPath = "reconciliation_v1/total.json"

  /// In the order of the snapshot; `nil` when the list is absent or cannot be read.
  var files: [LineAccount]?
  /// As the snapshot states it; the sum over the files when it states none.
  var total: LineAccount
  /// Whether the stated total is the sum of the files; `nil` when one of them is not recorded.
  var totalMatchesFiles: Bool?

  init(files: [LineAccount]?, stated: LineAccount?) {
    self.files = files
    let sum = files.map { files in files.reduce(into: LineAccount.zero) { $0.add($1) } }
    total = stated ?? sum ?? LineAccount()
    if let sum, let stated {
      totalMatchesFiles =
        sum.lines == stated.lines && sum.accepted == stated.accepted && sum.duplicates == stated.duplicates
        && sum.quarantinedLines == stated.quarantinedLines && sum.blank == stated.blank
    }
  }
}
