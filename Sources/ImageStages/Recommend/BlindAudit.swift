import ImageCatalog
import PipelineCore

/// Decides of which groups the recommendation is hidden from people.
struct BlindAudit {
  /// 0 to 1.
  let share: Double

  /// Whether the group's recommendation is hidden: the first 8 bytes, as a fraction of 2⁶⁴, of the SHA-256 of
  /// `darkroom-blind-v1`, a zero byte and the group's id are below the share. It depends on nothing else, so it cannot
  /// be steered, and a higher share only adds groups.
  func hides(_ group: GroupID) -> Bool {
    let word = Digest(of: "darkroom-blind-v1\0" + group.rawValue).leadingWords.high
    return Double(word) * 0x1p-64 < share
  }
}
