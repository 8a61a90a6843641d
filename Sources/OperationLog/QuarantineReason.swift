/// Why a line of a log was not accepted; the raw values are what the files say.
public enum QuarantineReason: String, Sendable, CaseIterable {
  /// Not JSON, or nested deeper than 1,024 levels, or a number beyond 64 bits.
  case malformedJSON = "malformed-json"
  /// JSON, but not an object.
  case notAnObject = "not-an-object"
  case badUTF8 = "bad-utf8"
  /// A NUL byte, raw or as `\u0000`.
  case nulByte = "nul-byte"
  /// The same key twice in one object.
  case duplicateKey = "duplicate-key"
  case missingType = "missing-type"
  case unknownType = "unknown-type"
  case badTimestamp = "bad-timestamp"
  /// A known field with a value of another type or out of range.
  case wrongFieldType = "wrong-field-type"
  case overlongLine = "over-long-line"
  /// The last line of a file without a newline, which is not valid either: probably still being written.
  case unterminated
}
