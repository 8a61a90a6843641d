import PipelineCore
import TrainingData

/// Pairs of the image that a person chose and one that the same person passed over.
///
/// No column is ever null: readers that find out the columns' types from each split for itself get the same ones.
struct PreferenceExport: ExportWriter {
  private let folder: ExportFolder
  private let source: any ImageSource
  private var lines: SplitFiles
  private var groups = ExportAccount()
  private var pairs = ExportAccount()

  init(_ folder: ExportFolder, _ source: any ImageSource) {
    self.folder = folder
    self.source = source
    lines = SplitFiles(folder) { "\($0.rawValue).jsonl" }
  }

  var accounts: [String: ExportAccount] { ["groups": groups, "pairs": pairs] }

  mutating func add(_ group: DatasetGroup) throws {
    guard let row = group.selection else { return }
    if row.action == .reject { return groups.leaveOut(.reject) }
    guard let chosen = row.pickedIndex, row.images.indices.contains(chosen) else {
      return groups.leaveOut(.noPick)
    }
    if row.images.count == 1 { return groups.leaveOut(.oneImage) }
    groups.export(row.split)
    let prompt = prompt(group, chosen: chosen)
    var places: [Int: Result<String, MissingImage>] = [:]
    for rejected in row.images.indices where rejected != chosen {
      if let digest = digest(row, chosen), digest == self.digest(row, rejected) {
        pairs.leaveOut(.sameImage)
        continue
      }
      for index in [chosen, rejected] where places[index] == nil {
        places[index] = try place(group, row, index)
      }
      switch (places[chosen], places[rejected]) {
      case (.success(let chosenPlace)?, .success(let rejectedPlace)?):
        try lines.append(
          [
            "prompt": .string(prompt), "chosen": .string(chosenPlace), "rejected": .string(rejectedPlace),
            "chosen_digest": .string(digest(row, chosen) ?? ""),
            "rejected_digest": .string(digest(row, rejected) ?? ""),
            "group_id": .string(row.group), "lineage_id": .string(row.lineage),
            "project_id": .string(row.project),
            "split": .string(row.split.rawValue), "exposure": .string(row.exposure.rawValue),
          ], to: row.split)
        pairs.export(row.split)
      case (.failure(let missing)?, _), (_, .failure(let missing)?): pairs.leaveOut(missing.reason)
      case (nil, _), (_, nil): break
      }
    }
  }

  mutating func finish() throws { try lines.finish() }

  private func digest(_ row: SelectionRow, _ index: Int) -> String? {
    guard let digests = row.digests, digests.indices.contains(index) else { return nil }
    return digests[index]
  }

  /// What the images were made from: the chosen one's prompt, or that of the group's first image that has one.
  private func prompt(_ group: DatasetGroup, chosen: Int) -> String {
    group.images.first { $0.index == chosen }?.prompt ?? group.images.lazy.compactMap(\.prompt).first ?? ""
  }

  /// Where an image is, or goes.
  private func place(
    _ group: DatasetGroup, _ row: SelectionRow, _ index: Int
  ) throws -> Result<String, MissingImage> {
    if folder.images == .none { return .success(group.reference(row.images[index])) }
    switch try source.image(digest: digest(row, index), name: row.images[index]) {
    case .failure(let missing): return .failure(missing)
    case .success(let image):
      let name =
        "images/" + ExportName.key(group: row.group, index: index) + ExportName.suffix(row.images[index])
      if let reason = try folder.add(image, as: name) { return .failure(MissingImage(reason)) }
      return .success(name)
    }
  }
}
