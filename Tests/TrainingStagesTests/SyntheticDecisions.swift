import DarkroomTesting
import FileSystem
import Learning
import PipelineCore
import RecommendationModels
import TrainingData

/// Decisions of a person with a known preference, as rows of a dataset.
struct SyntheticDecisions {
  /// What a choice depends on besides the preference.
  enum Person {
    /// The preference and Gumbel noise of this size: the best possible accuracy is that of the preference alone.
    case preferring(noise: Double)
    /// Nothing at all.
    case guessing
    /// Always the first image.
    case first
  }

  struct Group {
    var images: [ImageFigures]
    var hashes: [UInt64]
    var chosen: Int
    /// What whoever knows the preference would name.
    var best: Int
    /// What the person would crop of the chosen image.
    var rectangle: [Double]
  }

  var person: Person
  var random: SeededRandom

  init(_ person: Person, seed: UInt64) {
    self.person = person
    random = SeededRandom(seed: seed)
  }

  private mutating func uniform() -> Double { (Double(random.next() >> 11) + 0.5) * 0x1p-53 }

  private mutating func figures(stage: Double) -> ImageFigures {
    ImageFigures(
      width: 600 + random.next(below: 600), height: 600 + random.next(below: 600),
      sharpness: PortableMath.exp(3 + 3 * uniform()), exposure: uniform(), contrast: uniform() / 2,
      entropy: 4 + 4 * uniform(), colourfulness: 100 * uniform(), clippedShadows: uniform() / 10,
      clippedHighlights: uniform() / 10, attentionX: uniform(), attentionY: uniform(), stage: stage)
  }

  /// How much the person likes an image.
  static func liking(_ image: ImageFigures) -> Double {
    1.5 * PortableMath.log(1 + image.sharpness) + 4 * image.contrast + 0.02 * image.colourfulness
      + 0.3 * image.stage
  }

  mutating func next() -> Group {
    let stages = [1, 1.5, 2, 3].filter { _ in random.chance(0.75) }
    let images = (stages.count < 2 ? [1, 2] : stages).map { figures(stage: $0) }
    let likings = images.map(Self.liking)
    func best(_ values: [Double]) -> Int {
      values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    }
    let chosen: Int
    switch person {
    case .preferring(let noise):
      chosen = best(likings.map { $0 - noise * PortableMath.log(-PortableMath.log(uniform())) })
    case .guessing: chosen = random.next(below: images.count)
    case .first: chosen = 0
    }
    let picked = images[chosen]
    let half = 0.2 + 0.05 * uniform()
    let x = min(max(picked.attentionX, half), 1 - half)
    let y = min(max(picked.attentionY, half), 1 - half)
    return Group(
      images: images, hashes: images.map { _ in random.next() }, chosen: chosen, best: best(likings),
      rectangle: [x - half, y - half, x + half, y + half])
  }

  mutating func groups(_ count: Int) -> [Group] { (0..<count).map { _ in next() } }
}

/// Writes groups as a published dataset of a project.
struct SyntheticDataset {
  var project = "p1"
  var groups: [SyntheticDecisions.Group]
  /// The share of groups decided after a recommendation was seen, in percent.
  var shownPercent = 0
  /// The first group that was decided with a model's recommendation; from there on all were decided a month later.
  var modelSince: Int?
  /// The share of groups that have a crop, in percent.
  var croppedPercent = 30
  /// Groups whose crop is the recommended one, taken as it was, and those of them of which it was not seen.
  var acceptedCrops: Set<Int> = []
  var unseenCrops: Set<Int> = []
  /// What a recommender of confidence says of each group.
  var confidence: Double?
  /// Says the digest of an image by the numbers of its group and its own.
  var digest: (Int, Int) -> String? = { _, _ in nil }
  /// Groups of which no image was measured.
  var unmeasured: Set<Int> = []

  static func id(_ number: Int) -> String { "g_" + String(1_000_000 + number) }

  static func lineage(_ project: String, _ number: Int) -> String {
    Lineage.name(project: project, group: id(number))
  }

  func publish(_ workspace: TemporaryWorkspace) throws {
    var (selections, images, crops) = ("", "", "")
    for (number, group) in groups.enumerated() {
      let id = Self.id(number)
      let lineage = Self.lineage(project, number)
      let names = group.images.indices.map { "\(number)_\($0).png" }
      var row = SelectionRow(
        project: project, group: id, lineage: lineage, decision: nil, schemaVersion: 4, images: names,
        action: .approve, exposure: number % 100 < shownPercent ? .shown : .none,
        decidedAt: "2026-0\(number < modelSince ?? .max ? 1 : 2)-05T03:04:05.000000Z")
      if number == modelSince {
        row.modelDigest = Digest(of: "model").hex
        row.exposure = .blind
      }
      row.pickedIndex = group.chosen
      row.confidence = confidence
      row.append(to: &selections)
      for (index, figures) in group.images.enumerated() {
        ImageRow(
          project: project, group: id, lineage: lineage, index: index, image: names[index],
          digest: digest(number, index),
          stage: figures.stage, isPicked: index == group.chosen, isRecommended: nil, prompt: nil,
          measurement: unmeasured.contains(number)
            ? nil : ImageRow.Measurement(figures, hash: group.hashes[index])
        ).append(to: &images)
      }
      if number % 100 >= 100 - croppedPercent {
        var crop = CropRow(
          project: project, group: id, lineage: lineage, crop: "c\(number)", schemaVersion: 4,
          image: names[group.chosen], rectangle: group.rectangle, decidedAt: "2026-01-05T03:04:05.000000Z",
          exposure: !acceptedCrops.contains(number) ? .none : unseenCrops.contains(number) ? .blind : .shown)
        if acceptedCrops.contains(number) { crop.cropAccepted = true }
        crop.append(to: &crops)
      }
    }
    let manifest = "\(Digest(of: selections + images + crops).hex)\n"
    let version = String(manifest.prefix(16))
    let folder = DatasetFiles.folder(project: project)
    for (name, text) in [
      (SelectionRow.fileName, selections), (ImageRow.fileName, images), (CropRow.fileName, crops),
      (DatasetFiles.manifestName, manifest),
    ] {
      try workspace.write("\(folder)/versions/\(version)/\(name)", text)
    }
    let link = "\(workspace.path)/\(folder)/current"
    try FileSystem.removeFile(link)
    try FileSystem.makeLink(link, to: "versions/\(version)")
  }
}

extension ImageRow.Measurement {
  init(_ figures: ImageFigures, hash: UInt64) {
    self.init(
      width: figures.width, height: figures.height, sharpness: figures.sharpness, exposure: figures.exposure,
      contrast: figures.contrast, entropy: figures.entropy, colourfulness: figures.colourfulness,
      clippedShadows: figures.clippedShadows, clippedHighlights: figures.clippedHighlights,
      attentionX: figures.attentionX, attentionY: figures.attentionY,
      perceptualHash: hash)
  }
}
