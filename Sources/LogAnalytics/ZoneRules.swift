import Foundation
import PipelineCore

/// When a time zone has which offset from UTC, for the stretches of time that somebody asks about.
struct ZoneRules: Sendable, Equatable {
  /// A span of time with one offset; it ends where the next one starts.
  struct Span: Sendable, Equatable {
    /// Seconds since 1970, UTC.
    let start: Int64
    /// Seconds that the wall clock is ahead of UTC.
    let offset: Int
  }
  /// Ascending; the first one has no beginning.
  let spans: [Span]

  init(spans: [Span]) { self.spans = spans }

  /// Looks up an IANA zone.
  /// - Parameters:
  ///   - identifier: the zone's name, such as `Europe/Berlin`.
  ///   - stretches: seconds since 1970, ascending; the rules hold inside these and 40 days around each.
  /// - Throws: `Diagnostics` for a name that is no zone.
  init(_ identifier: String, stretches: [ClosedRange<Int64>]) throws {
    guard let zone = TimeZone(identifier: identifier) else {
      throw Diagnostics([
        Diagnostic(
          code: "unknown-time-zone", "\(identifier) is not a time zone that this system knows",
          help: "use an IANA name such as Europe/Berlin")
      ])
    }
    func offset(_ second: Int64) -> Int {
      zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(second)))
    }
    // The zone is asked every six hours: no zone changes its clock twice within so short a time.
    let step: Int64 = 21_600
    let margin: Int64 = 40 * 86_400
    var spans: [Span] = []
    var known = Int64.min
    for stretch in stretches {
      // Stretches may be nearer to each other than their margins.
      var second = max(stretch.lowerBound - margin, known)
      var current = offset(second)
      if spans.last?.offset != current {
        spans.append(Span(start: spans.isEmpty ? .min : second, offset: current))
      }
      while second < stretch.upperBound + margin {
        let next = offset(second + step)
        if next != current {
          spans.append(
            Span(start: Self.change(second, second + step) { offset($0) != current }, offset: next))
          current = next
        }
        second += step
      }
      known = second
    }
    self.spans = spans.isEmpty ? [Span(start: .min, offset: 0)] : spans
  }

  /// The first second after `before` at which `isAfter` holds, which it does at `after`.
  private static func change(_ before: Int64, _ after: Int64, isAfter: (Int64) -> Bool) -> Int64 {
    var (before, after) = (before, after)
    while after - before > 1 {
      let middle = before + (after - before) / 2
      if isAfter(middle) { after = middle } else { before = middle }
    }
    return after
  }

  /// The position in ``spans`` of the span that holds `second`.
  func index(at second: Int64) -> Int {
    var (low, high) = (0, spans.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if spans[middle].start <= second { low = middle } else { high = middle }
    }
    return low
  }

  func offset(at second: Int64) -> Int { spans[index(at: second)].offset }

  /// The end of a span; the last one has none.
  func end(ofSpan index: Int) -> Int64 { index + 1 < spans.count ? spans[index + 1].start : .max }
}
