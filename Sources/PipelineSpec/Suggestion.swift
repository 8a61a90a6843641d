/// Finds the name that somebody probably meant.
public enum Suggestion {
  /// The candidate nearest to `name` by edit distance, the first of equals; `nil` when none is near.
  ///
  /// Case, `-`, `_` and spaces do not count, so that `continue-on-error` finds `continueOnError`. A third of
  /// the longer name's characters may differ.
  public static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = folded(name)
    guard wanted.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in candidates where candidate != name {
      let other = folded(candidate)
      let limit = min(max(wanted.count, other.count) / 3, (best?.distance ?? .max) - 1)
      guard abs(wanted.count - other.count) <= limit else { continue }
      let distance = distance(wanted, other)
      if distance <= limit { best = (candidate, distance) }
    }
    return best?.name
  }

  /// `did you mean …` for a name, or else the list of what there is.
  public static func help(for name: String, among candidates: [String], what: String) -> String? {
    if let near = nearest(to: name, among: candidates) { return "did you mean `\(near)`?" }
    guard !candidates.isEmpty else { return nil }
    let shown = candidates.prefix(20).map { "`\($0)`" }.joined(separator: ", ")
    return "\(what): \(shown)" + (candidates.count > 20 ? " and \(candidates.count - 20) more" : "")
  }

  private static func folded(_ name: String) -> [UInt8] {
    name.lowercased().utf8.filter {
      $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: " ")
    }
  }

  /// How many insertions, deletions, replacements and swaps of neighbours lead from `a` to `b` (optimal string
  /// alignment distance).
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var before: [Int] = []
    var above = Array(0...b.count)
    for row in 1...a.count {
      var current = [row] + [Int](repeating: 0, count: b.count)
      for column in 1...b.count {
        let isSame = a[row - 1] == b[column - 1]
        var best = min(above[column] + 1, current[column - 1] + 1, above[column - 1] + (isSame ? 0 : 1))
        if row > 1, column > 1, a[row - 1] == b[column - 2], a[row - 2] == b[column - 1] {
          best = min(best, before[column - 2] + 1)
        }
        current[column] = best
      }
      (before, above) = (above, current)
    }
    return above[b.count]
  }
}
