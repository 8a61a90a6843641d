public import PipelineCore

extension UnitKey {
  /// The key as a file name: other characters than letters, digits, `.`, `_`, `=`, `-` as `%XX`; long ones cut and
  /// made unique by a digest; `_` for a stage without fan-out.
  public var fileName: String {
    if self == .whole { return "_" }
    if rawValue == "_" { return "%5f" }
    var name = ""
    for byte in rawValue.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "="):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: ".") where !name.isEmpty: name += "."
      default: name += "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
      }
    }
    return name.utf8.count <= 120 ? name : name.prefix(100) + "-" + Digest(of: rawValue).short
  }
}
