import FileSystem
import PipelineCore

/// Looks for what must not be in several splits of a dataset, in its rows alone: a group, a crop and its source, and
/// nearly the same image.
///
/// Give it all lines of the three files, in any order of the files, then ask for ``leaks()``. It believes nothing but what
/// the rows say: neither the lineage that they name nor what the join knew.
public struct LeakageCheck {
  /// A row of a dataset.
  public struct Place: Sendable, Equatable {
    /// The file's name.
    public var file: String
    /// From 1.
    public var line: Int
    public var split: Split
  }

  /// Two rows that belong together and are in different splits.
  public struct Leak: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
      /// Rows of one group.
      case group
      /// Rows of one lineage.
      case lineage
      /// A crop and an image with the content that was cropped, or that the crop has.
      case crop
      /// Two images with the same content, or with perceptual hashes that differ in few bits.
      case nearDuplicate = "near-duplicate"
    }
    public var kind: Kind
    /// The group, lineage, digest or pair of hashes that is in both.
    public var subject: String
    public var first: Place
    public var second: Place
  }

  /// The most leaks that are kept; more are counted only.
  public static let mostLeaks = 100

  /// Rows that were looked at.
  public private(set) var rows = 0
  /// Leaks that were found so far, kept or not.
  public private(set) var count = 0
  private var found: [Leak] = []
  private let nearDuplicates: NearDuplicates

  private var linesRead = [0, 0, 0]
  private var groups = PlaceTable()
  private var lineages = PlaceTable()
  private var contents = PlaceTable()
  private var hashes: [UInt64] = []
  private var hashRows: [PlaceTable.Row] = []
  private static let files = [SelectionRow.fileName, CropRow.fileName, ImageRow.fileName]

  /// - Parameter nearDuplicates: which hashes count as near.
  public init(_ nearDuplicates: NearDuplicates = NearDuplicates()) { self.nearDuplicates = nearDuplicates }

  /// Checks a dataset.
  /// - Throws: `FileError`; `Diagnostic` `training-row` with file and line of a row that cannot be read.
  public static func leaks(
    in dataset: DatasetFiles, _ nearDuplicates: NearDuplicates = NearDuplicates()
  ) throws -> (leaks: [Leak], count: Int, rows: Int) {
    var check = LeakageCheck(nearDuplicates)
    for (index, file) in files.enumerated() {
      let path = "\(dataset.path)/\(file)"
      try FileSystem.forEachLine(path) { line, number in
        do { try line.withUnsafeBytes { try check.add($0, file: index, line: number) } } catch var problem
          as Diagnostic
        {
          problem.location = SourceLocation(path: path, line: number)
          throw problem
        }
      }
    }
    let leaks = check.leaks()
    return (leaks, check.count, check.rows)
  }

  /// Takes in whole lines of the file with the rows of this type, those that follow the ones before.
  public mutating func add<Row: TrainingRow>(_ type: Row.Type, lines: UnsafeRawBufferPointer) throws {
    guard let file = Self.files.firstIndex(of: Row.fileName) else { return }
    var rest = lines[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      linesRead[file] += 1
      try add(UnsafeRawBufferPointer(rebasing: rest[..<end]), file: file, line: linesRead[file])
      rest = rest[(end + 1)...]
    }
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer, file: Int, line: Int) throws {
    var fields = RowFields(bytes)
    var digests: [UnsafeRawBufferPointer] = []
    var hash: UnsafeRawBufferPointer?
    if file == 1, let made = fields.text(",\"crop_digest\":") { digests.append(made) }
    let group = fields.text(",\"group_id\":")
    if file == 0 {
      fields.forEachText(",\"image_digests\":") { digests.append($0) }
    } else if let digest = fields.text(",\"image_digest\":") {
      digests.append(digest)
    }
    let lineage = fields.text(",\"lineage_id\":")
    if file == 2 { hash = fields.text(",\"perceptual_hash\":") }
    guard let group, let lineage, let word = fields.text(",\"split\":"),
      let split = Split.allCases.first(where: { $0.rawValue.utf8.elementsEqual(word) })
    else {
      throw Diagnostic(
        code: "training-row", "this row of \(Self.files[file]) has no group, lineage or split",
        help: "run `training.join` again: something else wrote or changed the dataset")
    }
    rows += 1
    let row = PlaceTable.Row(file: file, line: line, split: split)
    note(.group, group, groups.first(PlaceTable.name(group), row), row)
    note(.lineage, lineage, lineages.first(PlaceTable.name(lineage), row), row)
    for digest in digests {
      let first = contents.first(PlaceTable.name(digest), row)
      note(first.file == 1 || file == 1 ? .crop : .nearDuplicate, digest, first, row)
    }
    if let hash, let bits = UInt64(String(decoding: hash, as: UTF8.self), radix: 16) {
      hashes.append(bits)
      hashRows.append(row)
    }
  }

  private mutating func note(
    _ kind: Leak.Kind, _ subject: UnsafeRawBufferPointer, _ first: PlaceTable.Row, _ second: PlaceTable.Row
  ) {
    if first.split != second.split { note(kind, String(decoding: subject, as: UTF8.self), first, second) }
  }

  private mutating func note(
    _ kind: Leak.Kind, _ subject: String, _ first: PlaceTable.Row, _ second: PlaceTable.Row
  ) {
    count += 1
    guard found.count < Self.mostLeaks else { return }
    func place(_ row: PlaceTable.Row) -> Place {
      Place(file: Self.files[row.file], line: row.line, split: row.split)
    }
    found.append(Leak(kind: kind, subject: subject, first: place(first), second: place(second)))
  }

  /// All leaks among the rows so far: ``count`` of them, the first ``mostLeaks`` given. Call it once, at the end.
  public mutating func leaks() -> [Leak] {
    for (a, b) in nearDuplicates.links(hashes) {
      let (first, second) = (hashRows[a], hashRows[b])
      if first.split == second.split { continue }
      note(.nearDuplicate, "\(Self.hexadecimal(hashes[a])) and \(Self.hexadecimal(hashes[b]))", first, second)
    }
    return found
  }

  private static func hexadecimal(_ bits: UInt64) -> String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
