import CSimdJSON

/// One line of the operation log, checked and normalised. Its texts belong to the parser and last until its next line.
struct LogRecord {
  var type: EventType
  /// Microseconds since 1970-01-01T00:00:00Z.
  var timestamp: Int64
  /// Whether the timestamp named its offset; without one it was taken as UTC.
  var hasOffset: Bool
  var isMachine: Bool
  var script: ByteSlice
  var session: ByteSlice
  var operation: ByteSlice
  var sourceDirectory: ByteSlice
  var destinationDirectory: ByteSlice
  var notes: ByteSlice
  var fileCount: Int32?
  /// The names in `files` (or `files_sample`); `nil` when the record has neither.
  var files: UnsafeBufferPointer<csj_slice>?
  /// All other members that are not null, as canonical JSON.
  var extra: ByteSlice
}

/// What became of one line.
enum ParsedLine {
  case record(LogRecord)
  /// The reason, and the key it is about where there is one.
  case rejected(QuarantineReason, key: String?)
}

/// Reads lines of the operation log.
final class LineParser {
  private let reader: OpaquePointer

  /// Throws when there is no memory.
  init() throws {
    guard let reader = csj_reader_create() else { throw LogFailure.noMemory() }
    self.reader = reader
  }

  deinit { csj_reader_free(reader) }

  /// How many bytes must be readable behind a line.
  static let padding = Int(CSJ_PADDING)

  /// Reads the line of `count` bytes at `line`. Throws only when there is no memory.
  func parse(_ line: UnsafePointer<UInt8>, count: Int) throws -> ParsedLine {
    var record = csj_record()
    switch csj_read_record(reader, line, count, &record) {
    case CSJ_OK: return Self.checked(record)
    case CSJ_BAD_UTF8: return .rejected(.badUTF8, key: nil)
    case CSJ_NUL: return .rejected(.nulByte, key: nil)
    case CSJ_NOT_AN_OBJECT: return .rejected(.notAnObject, key: nil)
    case CSJ_DUPLICATE_KEY: return .rejected(.duplicateKey, key: ByteSlice(record.culprit).string)
    case CSJ_WRONG_TYPE: return .rejected(.wrongFieldType, key: ByteSlice(record.culprit).string)
    case CSJ_NO_MEMORY: throw LogFailure.noMemory()
    default: return .rejected(.malformedJSON, key: nil)
    }
  }

  private static func checked(_ record: csj_record) -> ParsedLine {
    let typeName = ByteSlice(record.type)
    if typeName.isAbsent { return .rejected(.missingType, key: nil) }
    guard let type = EventType(name: typeName) else { return .rejected(.unknownType, key: typeName.string) }
    guard let timestamp = LogTimestamp(ByteSlice(record.timestamp)) else {
      return .rejected(.badTimestamp, key: nil)
    }
    return .record(
      LogRecord(
        type: type, timestamp: timestamp.microseconds, hasOffset: timestamp.hasOffset,
        isMachine: ByteSlice(record.actor).equals("machine"),
        script: ByteSlice(record.script), session: ByteSlice(record.session_id),
        operation: ByteSlice(record.operation), sourceDirectory: ByteSlice(record.source_dir),
        destinationDirectory: ByteSlice(record.dest_dir), notes: ByteSlice(record.notes),
        fileCount: record.file_count < 0 ? nil : Int32(truncatingIfNeeded: record.file_count),
        files: record.has_file_list == 0
          ? nil : UnsafeBufferPointer(start: record.files, count: record.file_list_length),
        extra: ByteSlice(record.extra)))
  }
}

extension ByteSlice {
  @inline(__always) init(_ slice: csj_slice) {
    data = slice.data
    count = slice.length
  }
}

extension EventType {
  /// The type with this name in the log; `nil` when there is none.
  init?(name: ByteSlice) {
    // Most lines are file operations.
    if name.equals("file_operation") {
      self = .fileOperation
    } else if let type = Self.allCases.first(where: { name.equals($0.staticName) }) {
      self = type
    } else {
      return nil
    }
  }

  /// ``name`` without an allocation.
  var staticName: StaticString {
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
