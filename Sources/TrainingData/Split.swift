import PipelineCore

/// Which part of the learning a row serves: models are fitted on `train`, calibrated and chosen on `validation`, and
/// judged once on `test`.
public enum Split: String, Sendable, CaseIterable {
  case train, validation, test

  /// The split of a lineage: the first 8 bytes, as a big-endian number below 2⁶⁴, of the SHA-256 of
  /// `darkroom-split-v1`, a zero byte and the lineage's name. The first 80 % of the numbers are `train`, the next 10 %
  /// `validation`, the rest `test`. It depends on nothing else: more decisions move no lineage to another split.
  public init(lineage: String) {
    self.init(digest: Digest(of: "darkroom-split-v1\0" + lineage))
  }

  /// - Parameter digest: that of the text which ``init(lineage:)`` names.
  init(digest: Digest) {
    let number = digest.leadingWords.high
    // Products of whole numbers: no rounding of fractions decides.
    let percent = number.multipliedFullWidth(by: 100).high
    self = percent < 80 ? .train : percent < 90 ? .validation : .test
  }
}

/// The name of what belongs together for ever: a group with its crops, and groups with nearly the same images.
public enum Lineage {
  /// The lineage of a group that has no near-duplicates. With them, all have that of the group that was decided first.
  public static func name(project: String, group: String) -> String { "\(project)/\(group)" }
}
