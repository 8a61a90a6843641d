import DarkroomTesting
import FileSystem
import PipelineCore
import TrainingData

/// The rows of a made-up project.
struct RandomDataset {
  var selections: [SelectionRow] = []
  var crops: [CropRow] = []

  static let first = "2025-12-22"

  /// Decisions over some weeks around a new year, by up to four recommenders, with every kind of value absent at times.
  static func random(decisions: Int, _ random: inout SeededRandom) -> RandomDataset {
    var dataset = RandomDataset()
    let start = Day(first) ?? Day(number: 0)
    for number in 0..<decisions {
      let day = start.advanced(by: number * 60 / max(decisions, 1))
      let clock = "\(day)T0\(random.next(below: 10)):0\(random.next(below: 10)):00.\(100_000 + number)Z"
      dataset.add(number, decidedAt: clock, epoch: number * 4 / max(decisions, 1), &random)
    }
    return dataset
  }

  private mutating func add(_ number: Int, decidedAt: String, epoch: Int, _ random: inout SeededRandom) {
    let images = (0...random.next(below: 4)).map { "\($0).png" }
    let action: SelectionRow.Action =
      random.chance(0.15) ? .reject : random.chance(0.5) ? .crop : .approve
    let isRecommended = random.chance(0.8)
    let isOld = random.chance(0.2)
    let exposure: Exposure =
      !isRecommended ? .none : isOld ? .unknown : random.chance(0.3) ? .blind : .shown
    var row = SelectionRow(
      project: "p", group: "g_\(number)", lineage: "p/g_\(number)", decision: nil,
      schemaVersion: isOld ? 3 : 4,
      images: images, action: action, exposure: exposure, decidedAt: decidedAt)
    row.pickedIndex = action == .reject ? nil : random.next(below: images.count)
    if random.chance(0.8), !isOld { row.latency = Double(random.next(below: 400)) / 4 }
    if isRecommended {
      row.recommender = isOld ? nil : ["rule", "rule", "model", "model"][epoch]
      row.recommenderVersion = isOld ? nil : ["1", "2", "1", "1"][epoch]
      row.modelDigest = !isOld && epoch >= 2 ? ["", "", "aa", "bb"][epoch] : nil
      row.recommendedIndex = random.chance(0.5) ? (row.pickedIndex ?? 0) : random.next(below: images.count)
      row.selectionMatch = row.recommendedIndex == row.pickedIndex
      // Coarse, so that equal confidences are frequent.
      if random.chance(0.9) { row.confidence = Double(random.next(below: 41)) / 40 }
    }
    selections.append(row)
    if action == .crop { addCrop(of: row, number, &random) }
  }

  private mutating func addCrop(of row: SelectionRow, _ number: Int, _ random: inout SeededRandom) {
    var crop = CropRow(
      project: "p", group: row.group, lineage: row.lineage, crop: "c_\(number)",
      schemaVersion: row.schemaVersion, image: "0.png", rectangle: [0, 0, 1, 1], decidedAt: row.decidedAt,
      exposure: row.exposure)
    (crop.recommender, crop.recommenderVersion, crop.modelDigest) = (
      row.recommender, row.recommenderVersion, row.modelDigest
    )
    if row.recommendedIndex != nil, random.chance(0.7) {
      crop.recommendedCrop = [0, 0, 0.5, 1]
      crop.cropAccepted = random.chance(0.3)
      crop.cropMatch = random.chance(0.4)
      if random.chance(0.9) { crop.intersectionOverUnion = Double(random.next(below: 21)) / 20 }
    }
    crops.append(crop)
  }

  /// Writes the files as a join does.
  func write(to folder: String) throws -> DatasetFiles {
    try FileSystem.makeDirectories(folder)
    var (first, second) = ("", "")
    for row in selections { row.append(to: &first) }
    for row in crops { row.append(to: &second) }
    try FileSystem.create("\(folder)/\(SelectionRow.fileName)", first.utf8)
    try FileSystem.create("\(folder)/\(CropRow.fileName)", second.utf8)
    return DatasetFiles(path: folder)
  }
}
