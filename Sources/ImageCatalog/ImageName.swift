import PipelineCore

/// The extensions of files that count as images, in lower case; a file's own may be in any case.
public let imageExtensions: Set<String> = ["png", "jpg", "jpeg", "webp", "tif", "tiff"]

/// What a file's name says: `YYYYMMDD_HHMMSS_<stage>.ext`.
public struct ImageName: Sendable, Equatable {
  /// Seconds since 1970-01-01 00:00:00 of the date and time at the name's start, taken as UTC since names tell no
  /// zone; `nil` when the name does not begin with a date and time that exist.
  public let timestamp: Int64?
  /// The stage that is in the name, wherever it stands.
  public let rank: StageRank
  /// The stage's name, ``ProductionStages/unknownName`` without one.
  public let stageName: String

  /// Reads a file's name without its folder. After the time there must be `_`, `.` or nothing.
  public static func parse(_ name: String, stages: ProductionStages = .usual) -> ImageName {
    let stage = stages.stage(ofName: name)
    return ImageName(
      timestamp: timestamp(name), rank: stage?.rank ?? .unknown,
      stageName: stage?.name ?? ProductionStages.unknownName)
  }

  private static func timestamp(_ name: String) -> Int64? {
    let bytes = Array(name.utf8.prefix(16))
    guard bytes.count >= 15, bytes[8] == UInt8(ascii: "_") else { return nil }
    if bytes.count == 16, bytes[15] != UInt8(ascii: "_"), bytes[15] != UInt8(ascii: ".") { return nil }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      return value
    }
    guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
      let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15),
      let date = Day(year: year, month: month, day: day), hour < 24, minute < 60, second < 60
    else { return nil }
    return Int64(date.number) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
  }
}
