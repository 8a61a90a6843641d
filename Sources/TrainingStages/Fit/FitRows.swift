import PipelineCore
import RecommendationModels
import TrainingData

/// What there is to learn from: decided groups and crops, as numbers.
struct FitRows {
  /// A group in which a person picked one of several measured images.
  struct Group {
    /// `PROJECT/GROUP`.
    var name: String
    /// Groups of one lineage are no evidence of their own.
    var lineage: String
    var split: Split
    /// Whether the decision was made without seeing a recommendation.
    var isClean: Bool
    /// One row of features for each image.
    var candidates: [[Double]]
    var chosen: Int
    /// What the rules would have recommended.
    var rule: Int
  }

  /// A finished crop of a measured image, drawn by a person or taken unseen.
  struct Crop {
    /// `PROJECT/GROUP`.
    var name: String
    var lineage: String
    var split: Split
    var features: [Double]
    var rectangle: [Double]
    /// Whether nobody was shown a rectangle before it was drawn. Where one was shown, only those that people corrected are
    /// here, which says nothing good of who proposed it.
    var isClean = true
  }

  /// Why a decision or a crop is not learned from.
  enum LeftOut: String, CaseIterable {
    /// The person rejected all images.
    case nothingPicked = "nothing-picked"
    /// There was nothing to choose from.
    case oneImage = "one-image"
    /// Not all images of the group were measured before they were gone.
    case notMeasured = "not-measured"
    /// A recommended crop that was taken as it was seen: it says what was recommended, not what a person would draw.
    case acceptedProposal = "accepted-proposal"
    /// The same images, or nearly the same, are in another project, and in a split that judges this one.
    case nearDuplicate = "near-duplicate-of-another-split"
  }

  private(set) var groups: [Group] = []
  private(set) var crops: [Crop] = []
  private(set) var decisions = 0
  private(set) var croppings = 0
  private(set) var leftOut: [LeftOut: Int] = [:]
  private(set) var cropsLeftOut: [LeftOut: Int] = [:]
  private var hashes: [(lineage: String, hash: UInt64)] = []
  private var contents: [(lineage: String, content: UInt64)] = []
  private var datasets = 0

  /// Rows that were made elsewhere; ``add(_:checkCancellation:)`` adds those of datasets.
  init(groups: [Group] = [], crops: [Crop] = []) {
    self.groups = groups
    self.crops = crops
  }

  func groups(_ split: Split) -> [Group] { groups.filter { $0.split == split } }
  func crops(_ split: Split) -> [Crop] { crops.filter { $0.split == split } }

  /// A decision while its images are not read yet.
  private struct Pick {
    var name: String
    var images: Int
    var chosen: Int
    var isClean: Bool
    var lineage: String
    var split: Split
  }

  /// Adds a project's dataset. Groups keep the dataset's order.
  mutating func add(_ dataset: DatasetFiles, checkCancellation: () throws -> Void) throws {
    datasets += 1
    var picks: [String: Pick] = [:]
    // RFC 3339 in UTC with six digits: times compare as texts.
    var firstUse: String?
    var withoutRecommendation: [(group: String, decidedAt: String)] = []
    try dataset.forEach(SelectionRow.self) { row in
      decisions += 1
      if row.modelDigest != nil, firstUse.map({ row.decidedAt < $0 }) ?? true { firstUse = row.decidedAt }
      if row.images.count < 2 { return leftOut[.oneImage, default: 0] += 1 }
      guard let chosen = row.pickedIndex else { return leftOut[.nothingPicked, default: 0] += 1 }
      picks[row.group] = Pick(
        name: Lineage.name(project: row.project, group: row.group), images: row.images.count, chosen: chosen,
        isClean: row.exposure == .blind, lineage: row.lineage, split: row.split)
      if row.exposure == .none { withoutRecommendation.append((row.group, row.decidedAt)) }
    }
    // Once a model is in use, groups without a recommendation are those that it was not sure of: the hard ones, by
    // which alone no model may be judged.
    for row in withoutRecommendation where firstUse.map({ row.decidedAt < $0 }) ?? true {
      picks[row.group]?.isClean = true
    }
    try checkCancellation()
    var drawn: [String: [CropRow]] = [:]
    try dataset.forEach(CropRow.self) { row in
      croppings += 1
      drawn[row.group, default: []].append(row)
      rememberContent(row.cropDigest, row.lineage)
      rememberContent(row.imageDigest, row.lineage)
    }
    var images: [ImageRow] = []
    func finish(_ rows: inout FitRows) {
      guard let group = images.first?.group else { return }
      rows.remember(images)
      if let pick = picks.removeValue(forKey: group) { rows.add(pick, images) }
      for crop in drawn.removeValue(forKey: group) ?? [] { rows.add(crop, images) }
      images.removeAll(keepingCapacity: true)
    }
    try dataset.forEach(ImageRow.self) { row in
      if let first = images.first, first.group != row.group {
        finish(&self)
        try checkCancellation()
      }
      images.append(row)
    }
    finish(&self)
    // What has no image row at all.
    leftOut[.notMeasured, default: 0] += picks.count
    cropsLeftOut[.notMeasured, default: 0] += drawn.values.reduce(0) { $0 + $1.count }
  }

  private mutating func add(_ pick: Pick, _ rows: [ImageRow]) {
    let rows = rows.sorted { $0.index < $1.index }
    let figures = rows.compactMap(ImageFigures.init)
    guard rows.map(\.index) == Array(0..<pick.images), figures.count == pick.images,
      rows.indices.contains(pick.chosen)
    else { return leftOut[.notMeasured, default: 0] += 1 }
    groups.append(
      Group(
        name: pick.name, lineage: pick.lineage, split: pick.split, isClean: pick.isClean,
        candidates: FeatureSet.rows(of: figures), chosen: pick.chosen, rule: FeatureSet.ruleChoice(figures)))
  }

  private mutating func add(_ crop: CropRow, _ rows: [ImageRow]) {
    if crop.cropAccepted == true, crop.exposure != .blind {
      return cropsLeftOut[.acceptedProposal, default: 0] += 1
    }
    guard let row = rows.first(where: { $0.image.utf8.elementsEqual(crop.image.utf8) }),
      let figures = ImageFigures(row)
    else { return cropsLeftOut[.notMeasured, default: 0] += 1 }
    crops.append(
      Crop(
        name: Lineage.name(project: crop.project, group: crop.group), lineage: crop.lineage,
        split: crop.split, features: FeatureSet.cropRow(of: figures),
        rectangle: crop.rectangle, isClean: crop.recommendedCrop == nil || crop.exposure == .blind))
  }

  /// Keeps what tells of images in other projects that they are the same: of all groups, learned from or not, for what
  /// is like two others connects them.
  private mutating func remember(_ rows: [ImageRow]) {
    for row in rows {
      rememberContent(row.digest, row.lineage)
      if let hash = row.measurement?.perceptualHash {
        hashes.append((row.lineage, hash))
      }
    }
  }

  private mutating func rememberContent(_ digest: String?, _ lineage: String) {
    if let content = digest.flatMap({ UInt64($0.prefix(16), radix: 16) }) {
      contents.append((lineage, content))
    }
  }

  /// Joins lineages of different projects that have the same or nearly the same images, or a crop of such, and leaves out
  /// what would let a model be judged on what it was fitted on: of such a cluster only rows of the most guarded split
  /// stay. Within a project the join has done so already.
  mutating func separateProjects() {
    defer { (hashes, contents) = ([], []) }
    guard datasets > 1 else { return }
    let clusters = NearDuplicates().clusters(hashes, contents: contents)
    var guarded: [String: Split] = [:]
    func note(_ lineage: String, _ split: Split) {
      let name = clusters.name(of: lineage)
      if let present = guarded[name], present.guardedness >= split.guardedness { return }
      guarded[name] = split
    }
    for group in groups { note(group.lineage, group.split) }
    for crop in crops { note(crop.lineage, crop.split) }
    let before = (groups.count, crops.count)
    groups = groups.compactMap { group in
      var group = group
      group.lineage = clusters.name(of: group.lineage)
      return guarded[group.lineage] == group.split ? group : nil
    }
    crops = crops.compactMap { crop in
      var crop = crop
      crop.lineage = clusters.name(of: crop.lineage)
      return guarded[crop.lineage] == crop.split ? crop : nil
    }
    leftOut[.nearDuplicate] = before.0 - groups.count
    cropsLeftOut[.nearDuplicate] = before.1 - crops.count
  }
}

extension Split {
  /// Rows of a more guarded split must not be known to those of a less guarded one.
  fileprivate var guardedness: Int {
    switch self {
    case .train: 0
    case .validation: 1
    case .test: 2
    }
  }
}

extension ImageFigures {
  /// `nil` for an image that was not measured.
  init?(_ row: ImageRow) {
    guard let measured = row.measurement else { return nil }
    self.init(
      width: measured.width, height: measured.height, sharpness: measured.sharpness,
      exposure: measured.exposure, contrast: measured.contrast, entropy: measured.entropy,
      colourfulness: measured.colourfulness, clippedShadows: measured.clippedShadows,
      clippedHighlights: measured.clippedHighlights, attentionX: measured.attentionX,
      attentionY: measured.attentionY, stage: row.stage)
  }
}
