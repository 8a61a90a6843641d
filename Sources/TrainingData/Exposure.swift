/// Whether the person who decided had seen the recommendation.
public enum Exposure: String, Sendable, CaseIterable {
  /// It was on the screen.
  case shown
  /// There was one and it was hidden on purpose, to measure what recommendations do to people.
  case blind
  /// There was none.
  case none
  /// There was one, and the older system did not record whether it was seen.
  case unknown
}
