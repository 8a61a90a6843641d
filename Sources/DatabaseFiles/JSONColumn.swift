public import Foundation
public import PipelineCore

/// JSON in a column of a database that only this program writes and reads, so that plain Codable serves. Bytes are
/// base64.
public enum JSONColumn {
  /// The column's text: members sorted, so that equal values are equal texts.
  public static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The value of a column's text.
  /// - Throws: `DecodingError` for a text that this program did not write.
  public static func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }
}

extension Digest {
  /// The raw bytes for a BLOB column.
  public var data: Data { Data(rawBytes) }
}
