import PipelineCore

/// Sums over file operations.
public struct Tally: Sendable, Equatable {
  /// File operations by people and machines.
  public var events: Int64 = 0
  /// Images they touched; a record without a count is one image.
  public var files: Int64 = 0
  /// The part of ``events`` that machines did.
  public var machineEvents: Int64 = 0
  /// The part of ``files`` that machines did.
  public var machineFiles: Int64 = 0
  /// People's work time; see ``WorkTime``.
  public var workMicroseconds: Int64 = 0

  public init() {}

  public static func += (sum: inout Self, other: Self) {
    sum.events += other.events
    sum.files += other.files
    sum.machineEvents += other.machineEvents
    sum.machineFiles += other.machineFiles
    sum.workMicroseconds += other.workMicroseconds
  }

  var members: [String: JSONValue] {
    [
      "events": .integer(events), "files": .integer(files), "machine_events": .integer(machineEvents),
      "machine_files": .integer(machineFiles), "work_seconds": .seconds(workMicroseconds),
    ]
  }
}
