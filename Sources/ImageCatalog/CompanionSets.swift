public import FileSystem
public import PipelineCore

/// An image with the files that travel with it: all of its folder with the same stem, to the byte.
public struct ImageSet: Sendable, Codable, Hashable {
  /// Relative to the project's root.
  public let image: RelativePath
  /// Relative to the project's root, sorted; empty for an image without companions.
  public let companions: [RelativePath]

  public init(image: RelativePath, companions: [RelativePath]) {
    self.image = image
    self.companions = companions
  }

  /// The image first, then the companions.
  public var files: [RelativePath] { [image] + companions }
}

/// The files of one folder as sets.
public struct CompanionSets: Sendable {
  /// Sets that may move, sorted by image.
  public let sets: [ImageSet]
  /// Companions without an image, sorted.
  public let orphans: [RelativePath]
  /// Images that are in no set, sorted: they, and what has their stem, must stay where they are.
  public let heldImages: [RelativePath]
  /// Why, for each of them; images with the same stem have the same warning.
  public let reasons: [RelativePath: Diagnostic]
  /// Why, one warning for each stem.
  public let conflicts: [Diagnostic]

  /// Puts the files of one folder together.
  /// - Parameter folder: files that all lie directly in one folder, each once, in any order.
  public static func make(_ folder: [ListedFile]) -> CompanionSets {
    // A chain of files for each stem: arrays of their own for 100,000 sets would cost more than
    // all the rest.
    var last: [RelativePath: Int] = [:]
    last.reserveCapacity(folder.count)
    var stems: [Int] = []
    var next = Array(repeating: -1, count: folder.count)
    for (index, file) in folder.enumerated() {
      if let known = last.updateValue(index, forKey: RelativePath(file.path.stem)) {
        next[known] = index
      } else {
        stems.append(index)
      }
    }
    var sets: [ImageSet] = []
    sets.reserveCapacity(stems.count)
    var orphans: [RelativePath] = []
    var held: [RelativePath] = []
    var conflicts: [Diagnostic] = []
    var reasons: [RelativePath: Diagnostic] = [:]
    func hold(_ images: [RelativePath], _ reason: Diagnostic) {
      held += images
      conflicts.append(reason)
      for image in images { reasons[image] = reason }
    }
    for first in stems {
      if next[first] < 0, folder[first].kind == .image, !folder[first].isHeld {
        sets.append(ImageSet(image: folder[first].path, companions: []))
        continue
      }
      var files: [ListedFile] = []
      var index = first
      while index >= 0 {
        files.append(folder[index])
        index = next[index]
      }
      let images = files.filter { $0.kind == .image }.map(\.path).sorted()
      let companions = files.filter { $0.kind == .companion }.map(\.path).sorted()
      guard let image = images.first else {
        orphans += companions
        continue
      }
      if images.count > 1 {
        let names = images.map { FileSystem.shown($0.rawValue) }.joined(separator: ", ")
        hold(
          images,
          Diagnostic(
            .warning, code: "stem-conflict",
            "\(names) have the same name but for the extension; nobody can tell whose their companions are, so that none of them moves",
            help: "rename one of them, and its companions with it"))
      } else if files.contains(where: \.isHeld) {
        hold(
          [image],
          Diagnostic(
            .warning, code: "set-held",
            "beside \(FileSystem.shown(image.rawValue)) lies something with its name that cannot be moved; it stays with all its companions",
            help: "the warnings on the folder say what it is"))
      } else {
        sets.append(ImageSet(image: image, companions: companions))
      }
    }
    return CompanionSets(
      sets: sets.sorted { $0.image < $1.image }, orphans: orphans.sorted(), heldImages: held.sorted(),
      reasons: reasons,
      conflicts: conflicts.sorted { $0.message.utf8.lexicographicallyPrecedes($1.message.utf8) })
  }
}
