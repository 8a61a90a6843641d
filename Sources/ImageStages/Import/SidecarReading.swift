import FileSystem
import ImageCatalog
import PipelineCore
import Projects

/// Makes records of the older system's `.decision` files. Nothing is guessed: what a file does not say is left out, and
/// where that makes no row, the file is put aside.
struct SidecarReading {
  let project: ImageProject

  typealias Refusal = OlderLog.Refusal

  /// The decision of a whole group.
  /// - Returns: `nil` while nobody decided.
  func record(_ sidecar: GroupSidecar, _ file: SidecarFile) throws(Refusal) -> OlderRecord? {
    guard let decision = sidecar.userDecision else { return nil }
    if let other = sidecar.others["project_id"]?.stringValue, !other.utf8.elementsEqual(project.id.utf8) {
      throw Refusal(reason: "it is of project \(FileSystem.shown(other)), not of \(project.id)")
    }
    let word = decision["action"]?.stringValue ?? ""
    guard word != "skip" else { return nil }
    guard let action = Self.actions[word] else {
      throw Refusal(reason: "its action \"\(FileSystem.shown(word))\" is none that is known")
    }
    for image in sidecar.images where !Self.isName(image) {
      throw Refusal(reason: "\(FileSystem.shown(image)) is no name of an image")
    }
    guard Set(sidecar.images.map { RelativePath($0) }).count == sidecar.images.count else {
      throw Refusal(reason: "an image occurs twice in it")
    }
    let picked = try Self.index(decision, "user_decision", sidecar.images)
    guard (picked == nil) == (action == .reject) else {
      throw Refusal(reason: action == .reject ? "it rejects and picks an image" : "it picks no image")
    }
    let said = decision["timestamp"]?.stringValue ?? sidecar.others["timestamp"]?.stringValue
    var record = try record(
      sidecar.group, said, file, images: sidecar.images, action: action, picked: picked)
    record.row.directory = folder(of: file)
    if let recommendation = sidecar.recommendation {
      guard let index = try Self.index(recommendation, "ai_recommendation", sidecar.images) else {
        throw Refusal(reason: "its ai_recommendation picks no image")
      }
      record.row.aiSelectedIndex = index
      record.row.aiConfidence = try Self.confidence(recommendation)
      record.row.aiCrop = try Self.crop(recommendation)
    }
    return record
  }

  /// The decision that an image waits to be cropped for, where no row tells more.
  func record(_ sidecar: ImageSidecar, _ file: SidecarFile) throws(Refusal) -> OlderRecord {
    guard sidecar.version < ImageSidecar.currentVersion else {
      throw Refusal(
        reason: "Darkroom wrote it itself: `darkroom run` writes the row of that decision, from the inbox")
    }
    guard sidecar.needsCrop else {
      throw Refusal(reason: "the crop is made and there is no row of its group: where it is, nothing says")
    }
    let image = try name(sidecar, file)
    let crop: CropRectangle?
    do throws(Diagnostic) {
      crop = try sidecar.rectangle(width: nil, height: nil)
    } catch {
      throw Refusal(reason: "ai_crop_coords: \(error.message)")
    }
    if sidecar.route == .suggestion, crop == nil {
      throw Refusal(reason: "the suggested crop was accepted, and ai_crop_coords has none")
    }
    let said = sidecar.others["timestamp"]?.stringValue ?? Self.time(in: sidecar.group)
    var record = try record(
      sidecar.group, said, file, images: [image], action: sidecar.route == .manual ? .crop : .approve,
      picked: 0)
    record.row.aiCrop = crop
    record.row.aiCropAccepted = sidecar.route == .suggestion ? true : nil
    return record
  }

  /// Whether a sidecar is about the image that a row picked.
  func isAbout(_ sidecar: ImageSidecar, _ file: SidecarFile, _ row: DecisionRow) -> Bool {
    guard let index = row.userSelectedIndex, row.images.indices.contains(index) else { return false }
    let picked = RelativePath(row.images[index])
    return sidecar.image.map { RelativePath($0) == picked }
      ?? (RelativePath(file.path.stem) == RelativePath(picked.stem))
  }

  private func record(
    _ group: GroupID, _ said: String?, _ file: SidecarFile, images: [String], action: DecisionRow.Action,
    picked: Int?
  ) throws(Refusal) -> OlderRecord {
    let modified = UTCTime(microseconds: file.modified).description
    do throws(Diagnostic) {
      let row = try DecisionRow(
        older: group, timestamp: said ?? modified, project: project.id, images: images, action: action,
        userSelectedIndex: picked)
      var record = OlderRecord(row: row, isDated: said != nil)
      if said == nil {
        record.notes = [
          MigrationNote(
            group: group, column: "decided_at", new: modified,
            reason: "the .decision file does not say when: the time of its last change")
        ]
      }
      return record
    } catch {
      throw Refusal(reason: error.message)
    }
  }

  // MARK: What members say

  private static let actions: [String: DecisionRow.Action] = [
    "approve": .approve, "override": .approve, "crop": .crop, "manual_crop": .crop, "reject": .reject,
  ]

  /// Which image `selected_index` and `selected_image` mean; `nil` when both are absent.
  private static func index(_ value: JSONValue, _ member: String, _ images: [String]) throws(Refusal) -> Int?
  {
    let number = value["selected_index"].flatMap { $0 == .null ? nil : $0 }
    let name = value["selected_image"].flatMap { $0 == .null ? nil : $0 }
    let byName = name?.stringValue.flatMap { wanted in
      images.firstIndex { RelativePath($0) == RelativePath(wanted) }
    }
    if name != nil, byName == nil {
      throw Refusal(reason: "selected_image of \(member) is none of its images")
    }
    guard let number else { return byName }
    guard let index = number.integerValue.flatMap({ Int(exactly: $0) }), images.indices.contains(index) else {
      throw Refusal(
        reason: "selected_index of \(member) is \(number.canonical), and there are \(images.count) images")
    }
    guard byName == nil || byName == index else {
      throw Refusal(reason: "selected_index and selected_image of \(member) are different images")
    }
    return index
  }

  private static func confidence(_ recommendation: JSONValue) throws(Refusal) -> Double? {
    guard let value = recommendation["confidence"], value != .null else { return nil }
    guard let number = value.doubleValue, (0...1).contains(number) else {
      throw Refusal(reason: "its confidence is \(value.canonical), not a number from 0 to 1")
    }
    return number
  }

  private static func crop(_ recommendation: JSONValue) throws(Refusal) -> CropRectangle? {
    let value = recommendation["crop_coords"] ?? recommendation["crop_coordinates"] ?? .null
    guard value != .null, recommendation["crop_needed"]?.boolValue != false else { return nil }
    guard let items = value.arrayValue, case let numbers = items.compactMap(\.doubleValue),
      numbers.count == 4, items.count == 4
    else { throw Refusal(reason: "its recommended crop is no array of 4 numbers") }
    do throws(Diagnostic) {
      // The file does not say the image's size: pixels are refused.
      return try CropRectangle.legacy(
        x1: numbers[0], y1: numbers[1], x2: numbers[2], y2: numbers[3], width: nil, height: nil
      ).rectangle
    } catch {
      throw Refusal(reason: "its recommended crop: \(error.message)")
    }
  }

  private static func isName(_ text: String) -> Bool {
    !text.utf8.contains(UInt8(ascii: "/")) && !text.utf8.contains(0) && text != "." && text != ".."
  }

  /// The image's name as the file has it, else that of the one image beside it.
  private func name(_ sidecar: ImageSidecar, _ file: SidecarFile) throws(Refusal) -> String {
    if let image = sidecar.image {
      guard Self.isName(image) else {
        throw Refusal(reason: "\(FileSystem.shown(image)) is no name of an image")
      }
      return image
    }
    guard file.images.count == 1, let image = file.images.first else {
      throw Refusal(
        reason: file.images.isEmpty
          ? "it does not name its image, and there is none beside it" : "two images beside it have its name")
    }
    return image
  }

  /// The time that ids of the older system have in them, which is when the group was decided, in UTC:
  /// `PROJECT_group_20251021T234530123456_batch001_img002`, the part of a second and the `T` not always there.
  private static func time(in group: GroupID) -> String? {
    guard let match = group.rawValue.firstMatch(of: /_group_(\d{8})[T_](\d{6})(\d{6})?Z?(?:_|$)/) else {
      return nil
    }
    let (day, clock) = (Array(match.1), Array(match.2))
    func part(_ characters: ArraySlice<Character>) -> String { String(characters) }
    let text =
      "\(part(day[0..<4]))-\(part(day[4..<6]))-\(part(day[6..<8]))T"
      + "\(part(clock[0..<2])):\(part(clock[2..<4])):\(part(clock[4..<6]))"
      + (match.3.map { ".\($0)" } ?? "") + "Z"
    return UTCTime(text) == nil ? nil : text
  }

  /// The group's folder below the project's root: that of the sidecar, unless it was moved into a production folder or
  /// lies elsewhere.
  private func folder(of file: SidecarFile) -> String? {
    // `try?`: a root that is not there has nothing below it.
    let root = (try? FileSystem.resolved(project.root)) ?? project.root
    if RelativePath(file.folder) == RelativePath(root) { return "" }
    guard file.folder.utf8.starts(with: (root + "/").utf8) else { return nil }
    let folder = String(decoding: file.folder.utf8.dropFirst(root.utf8.count + 1), as: UTF8.self)
    let first = folder.split(separator: "/").first.map(String.init) ?? ""
    return project.production.all.contains(first) ? nil : folder
  }
}
