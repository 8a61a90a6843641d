import FileSystem
import ImageCatalog
import PipelineCore

/// A log of decisions of the older system, told by its header: `select_crop_log.csv` or `selection_only_log.csv`.
///
/// The columns are found by their names: `directory`, `image_count`, `chosen_index`, `chosen_path`, `timestamp`, for
/// each image `image_N_path`, and where they are known `width_N` and `height_N`. Crop logs also have `crop_x1` to
/// `crop_y2`, and `session_id`, which is kept with the crop. The set's name and the stages say nothing that is kept.
struct OlderLog {
  enum Kind: String {
    /// Who picked an image also drew the crop.
    case crop = "crop log"
    /// An image was picked as it is.
    case selection = "selection log"
  }

  /// What keeps a record from being taken over.
  struct Refusal: Error {
    var reason: String
  }

  let kind: Kind
  private let columns: [String: Int]

  private static let needed = [
    "directory", "image_count", "chosen_index", "chosen_path", "timestamp", "image_0_path",
  ]
  private static let crop = ["crop_x1", "crop_y1", "crop_x2", "crop_y2"]

  /// - Throws: ``Refusal`` for the header of another kind of file.
  init(header: [String]) throws(Refusal) {
    var columns: [String: Int] = [:]
    for (index, name) in header.enumerated() where columns.updateValue(index, forKey: name) != nil {
      throw Refusal(reason: "the column \(FileSystem.shown(name)) occurs twice")
    }
    let missing = Self.needed.filter { columns[$0] == nil }
    if !missing.isEmpty { throw Refusal(reason: "its header lacks \(missing.joined(separator: ", "))") }
    switch Self.crop.count(where: { columns[$0] != nil }) {
    case 0: kind = .selection
    case Self.crop.count: kind = .crop
    default: throw Refusal(reason: "its header has some of \(Self.crop.joined(separator: ", ")), not all")
    }
    self.columns = columns
  }

  /// The row of decisions that a record is, and the crop that it says was made.
  /// - Parameters:
  ///   - fields: the record's, in the header's order.
  ///   - project: the project whose images it is about.
  /// - Returns: both, and whether pixels became fractions in them.
  /// - Throws: ``Refusal`` with the reason in words.
  func record(_ fields: [String], project: ImageProject) throws(Refusal) -> OlderRecord {
    guard fields.count == columns.count else {
      throw Refusal(reason: "it has \(fields.count) fields, the header \(columns.count)")
    }
    let folder = try folder(fields, project)
    let names = try names(fields, folder, project)
    let chosen = try number("chosen_index", fields)
    guard names.indices.contains(chosen) else {
      throw Refusal(reason: "chosen_index is \(chosen), and there are \(names.count) images")
    }
    guard try name("chosen_path", fields, folder, project).utf8.elementsEqual(names[chosen].utf8) else {
      throw Refusal(reason: "chosen_path is not the image that chosen_index names")
    }
    let stems = names.map { RelativePath($0).stem }
    guard Set(stems.map { RelativePath($0) }).count == stems.count else {
      throw Refusal(reason: "two of its images have the same stem")
    }
    do throws(Diagnostic) {
      var row = try DecisionRow(
        older: GroupID(project: project.id, folder: folder, stems: stems),
        timestamp: text("timestamp", fields),
        project: project.id, images: names, action: kind == .crop ? .crop : .approve,
        userSelectedIndex: chosen)
      row.directory = folder.rawValue
      row.imageWidth = size("width_\(chosen)", fields)
      row.imageHeight = size("height_\(chosen)", fields)
      guard kind == .crop else { return OlderRecord(row: row) }
      let edges = Self.crop.map { Double(text($0, fields)) ?? .nan }
      let crop = try CropRectangle.legacy(
        x1: edges[0], y1: edges[1], x2: edges[2], y2: edges[3], width: row.imageWidth, height: row.imageHeight
      )
      row.finalCrop = crop.rectangle
      row.cropTimestamp = row.decidedAt
      guard let moment = UTCTime(row.decidedAt) else {
        throw Diagnostic(code: "decision-row-invalid", "\(row.decidedAt) is no date and time")
      }
      let session = text("session_id", fields)
      let made = OlderCrop(
        project: project.id, group: row.group, image: names[chosen], rectangle: crop.rectangle, at: moment,
        imageWidth: row.imageWidth, imageHeight: row.imageHeight, session: session.isEmpty ? nil : session)
      return OlderRecord(row: row, crop: made, isRepaired: crop.wasPixels)
    } catch {
      throw Refusal(reason: error.message)
    }
  }

  private func text(_ column: String, _ fields: [String]) -> String {
    columns[column].map { fields[$0] } ?? ""
  }

  private func number(_ column: String, _ fields: [String]) throws(Refusal) -> Int {
    let text = text(column, fields)
    guard let number = Int(text) else {
      throw Refusal(reason: "\(column) is \"\(FileSystem.shown(text))\", no whole number")
    }
    return number
  }

  /// A size in pixels; `nil` where the log does not know it. Older tools wrote 0, too.
  private func size(_ column: String, _ fields: [String]) -> Int? {
    let text = text(column, fields)
    return (Int(text) ?? Double(text).flatMap { Int(exactly: $0) }).flatMap { $0 > 0 ? $0 : nil }
  }

  /// The group's folder, relative to the project's root.
  private func folder(_ fields: [String], _ project: ImageProject) throws(Refusal) -> RelativePath {
    let text = text("directory", fields)
    if text == "." || text.isEmpty || text == project.root { return "" }
    return try relative(text, "directory", project)
  }

  private func names(
    _ fields: [String], _ folder: RelativePath, _ project: ImageProject
  ) throws(Refusal) -> [String] {
    let count = try number("image_count", fields)
    let room = columns.keys.count { $0.hasPrefix("image_") && $0.hasSuffix("_path") }
    guard (1...room).contains(count) else {
      throw Refusal(reason: "image_count is \(count), and the header has room for 1 to \(room)")
    }
    var names: [String] = []
    for index in 0..<count { names.append(try name("image_\(index)_path", fields, folder, project)) }
    for index in count..<room where !text("image_\(index)_path", fields).isEmpty {
      throw Refusal(reason: "image_count is \(count), and there is an image_\(index)_path")
    }
    return names
  }

  /// The name of an image of the folder, of its path or its bare name.
  private func name(
    _ column: String, _ fields: [String], _ folder: RelativePath, _ project: ImageProject
  ) throws(Refusal) -> String {
    let path = try relative(text(column, fields), column, project)
    guard path.folder == folder || path.folder.rawValue.isEmpty else {
      throw Refusal(reason: "\(column) is not in the directory")
    }
    return path.name
  }

  private func relative(
    _ text: String, _ column: String, _ project: ImageProject
  ) throws(Refusal) -> RelativePath {
    let path = text.utf8.first == UInt8(ascii: "/") ? project.relative(text) : RelativePath(text)
    guard let path else { throw Refusal(reason: "\(column) is outside the project's folder") }
    let parts = path.rawValue.split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." || $0.utf8.contains(0) }) {
      throw Refusal(reason: "\(column) is \"\(FileSystem.shown(text))\", no path below the project's folder")
    }
    return path
  }
}
