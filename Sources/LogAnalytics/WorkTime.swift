public import OperationLog

/// The one definition of a person's work time; sessions, bins, aggregates, slices and project metrics all use it.
///
/// Take the file operations that people did with one script, in the order of (timestamp, event id). The gap
/// between two neighbours counts as work, up to ``longestContribution``; a gap of ``sessionGap`` or more starts a
/// new session and counts nothing. The counted time is the interval that ends at the later event, so the
/// intervals of one script never overlap, and no span of time can hold more work of a script than its length.
/// The work belongs to what the later event did (its project, operation and destination), and each part of the
/// interval belongs to the bin and the day it lies in.
///
/// All times are whole microseconds, so that sums are exact in any order.
public enum WorkTime {
  /// Five minutes: a gap this long or longer starts a new session.
  public static let sessionGap: Int64 = 300_000_000
  /// One minute: the most that one gap counts.
  public static let longestContribution: Int64 = 60_000_000

  /// The work between two neighbouring events of a script, in microseconds, both given in microseconds since
  /// 1970; `nil` when the later event starts a new session.
  public static func contribution(from earlier: Int64, to later: Int64) -> Int64? {
    let gap = later - earlier
    return gap >= sessionGap ? nil : min(max(gap, 0), longestContribution)
  }
}

extension EventRow {
  /// Whether the event is a person's file operation, the only kind that makes work time.
  public var isWork: Bool { type == .fileOperation && !isMachine }

  /// The images the event counts for: `file_count`, or 1 when the record does not say. A negative count says
  /// nothing sensible and is 0.
  public var files: Int64 { max(0, Int64(fileCount ?? 1)) }
}
