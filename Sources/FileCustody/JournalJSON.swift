import Foundation
import PipelineCore

/// JSON columns of the journal: written and read by this program, so plain Codable serves. Bytes are base64.
enum JournalJSON {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }
}

extension Digest {
  /// The raw bytes for a BLOB column.
  var data: Data { Data(rawBytes) }
}
