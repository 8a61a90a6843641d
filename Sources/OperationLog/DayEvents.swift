public import PipelineCore

/// The events of one UTC day in the compact form that the analytics read: rows with numbers into a list of strings.
///
/// Rows are sorted by (timestamp, event id) and no event id occurs twice, so that the same events give the
/// same bytes whatever files they came from.
public struct DayEvents: Sendable {
  public let day: Day
  /// The texts that rows refer to by index. Index 0 is the empty string and stands for an absent field.
  public var strings: [String]
  public var rows: [EventRow]
  /// Stable 64-bit hashes of image base names (without folder and extension); each row has a range of them.
  public var imageNames: [UInt64]

  public init(day: Day, strings: [String] = [""], rows: [EventRow] = [], imageNames: [UInt64] = []) {
    self.day = day
    self.strings = strings
    self.rows = rows
    self.imageNames = imageNames
  }
}

/// One event of the operation log in fixed-width columns.
public struct EventRow: Sendable, Equatable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var timestamp: Int64
  /// The first 16 bytes of the SHA-256 over the canonical record: the digits of `event_id`.
  public var eventID: EventID
  /// Index of the script's name in ``DayEvents/strings``.
  public var script: UInt32
  /// Index of the operation's name; 0 when the record has none.
  public var operation: UInt32
  /// Index of the source directory; 0 when absent.
  public var sourceDirectory: UInt32
  /// Index of the destination directory; 0 when absent.
  public var destinationDirectory: UInt32
  /// How many images the operation touched; `nil` when the record does not say.
  public var fileCount: Int32?
  public var type: EventType
  /// Whether a machine did it: machine events are never a person's work time.
  public var isMachine: Bool
  /// The row's part of ``DayEvents/imageNames``: start and count.
  public var firstImage: UInt32
  public var imageCount: UInt32

  public init(
    timestamp: Int64, eventID: EventID, script: UInt32, operation: UInt32 = 0, sourceDirectory: UInt32 = 0,
    destinationDirectory: UInt32 = 0, fileCount: Int32? = nil, type: EventType = .fileOperation,
    isMachine: Bool = false, firstImage: UInt32 = 0, imageCount: UInt32 = 0
  ) {
    self.timestamp = timestamp
    self.eventID = eventID
    self.script = script
    self.operation = operation
    self.sourceDirectory = sourceDirectory
    self.destinationDirectory = destinationDirectory
    self.fileCount = fileCount
    self.type = type
    self.isMachine = isMachine
    self.firstImage = firstImage
    self.imageCount = imageCount
  }
}

/// 128 bits of SHA-256 over an event's canonical record; prints as `evt:` and 32 hexadecimal digits.
public struct EventID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let high: UInt64
  public let low: UInt64
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
  public var description: String {
    func padded(_ word: UInt64) -> String {
      let text = String(word, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    return "evt:" + padded(high) + padded(low)
  }
  public static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

/// The record types of the operation log.
public enum EventType: UInt8, Sendable, CaseIterable {
  case sessionStart, sessionEnd, batchStart, batchEnd, fileOperation, userAction, directoryState,
    metricModeUpdate

  /// The value of `type` in the log.
  public var name: String {
    switch self {
    case .sessionStart: "session_start"
    case .sessionEnd: "session_end"
    case .batchStart: "batch_start"
    case .batchEnd: "batch_end"
    case .fileOperation: "file_operation"
    case .userAction: "user_action"
    case .directoryState: "directory_state"
    case .metricModeUpdate: "metric_mode_update"
    }
  }
}
