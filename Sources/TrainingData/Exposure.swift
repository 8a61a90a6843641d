/// Whether the person who decided had seen the recommendation. Only `shown` and `blind` are evidence: what nobody
/// recorded is `unknown`, and is never counted as either.
public enum Exposure: String, Sendable, CaseIterable {
  /// It was on the screen: the decision says when it was shown, and that it was not hidden.
  case shown
  /// There was one and it was hidden on purpose, to measure what recommendations do to people.
  case blind
  /// There was none.
  case none
  /// There was one, and nothing says whether it was seen: the older system did not record it, and a decision without a
  /// time of showing does not either.
  case unknown
}
