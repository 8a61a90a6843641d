#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import FileSystem
import PipelineCore

/// Everything that a dataset says of one group.
public struct DatasetGroup: Sendable {
  /// The group's id.
  public let id: String
  /// Its decision; `nil` for a group of which only crops are known.
  public internal(set) var selection: SelectionRow?
  /// Its images, in the order of their places.
  public internal(set) var images: [ImageRow] = []
  /// Its crops, in their order.
  public internal(set) var crops: [CropRow] = []
}

extension DatasetFiles {
  /// Reads the three files side by side, group by group in the order of the ids' bytes. One pass; nothing but the
  /// current group is kept.
  /// - Throws: as ``forEach(_:_:)``; `Diagnostic` `training-row` when a file is not in the order of its groups.
  public func forEachGroup(_ body: (DatasetGroup) throws -> Void) throws {
    try withRows(SelectionRow.self, group: \.group) { selections in
      try withRows(ImageRow.self, group: \.group) { images in
        try withRows(CropRow.self, group: \.group) { crops in
          while let id = Self.first([selections.group, images.group, crops.group]) {
            var group = DatasetGroup(id: id)
            while let row = try selections.next(of: id) {
              if let other = group.selection {
                throw Diagnostic(
                  code: "training-row", "group \(other.group) has two rows in \(SelectionRow.fileName)",
                  help: "run `training.join` again: something else wrote or changed the dataset")
              }
              group.selection = row
            }
            while let row = try images.next(of: id) { group.images.append(row) }
            while let row = try crops.next(of: id) { group.crops.append(row) }
            try body(group)
          }
        }
      }
    }
  }

  /// The smallest of the groups' ids.
  private static func first(_ groups: [String?]) -> String? {
    groups.compactMap(\.self).min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func withRows<Row: TrainingRow>(
    _ type: Row.Type, group: @escaping (Row) -> String, _ body: (GroupedRows<Row>) throws -> Void
  ) throws {
    let file = "\(path)/\(Row.fileName)"
    try FileSystem.withDescriptor(file, O_RDONLY | O_NOFOLLOW, operation: "read") { descriptor in
      try body(try GroupedRows(LineSource(descriptor: descriptor, path: file), group: group))
    }
  }
}

/// The rows of one file, one ahead of those that were handed out.
private final class GroupedRows<Row: TrainingRow> {
  private let lines: LineSource
  private let groupOf: (Row) -> String
  private var row: Row?

  init(_ lines: LineSource, group: @escaping (Row) -> String) throws {
    self.lines = lines
    groupOf = group
    try advance()
  }

  /// The group of the next row; `nil` at the end.
  var group: String? { row.map(groupOf) }

  /// The next row if it is of this group.
  func next(of group: String) throws -> Row? {
    guard let row, groupOf(row).utf8.elementsEqual(group.utf8) else { return nil }
    try advance()
    if let next = self.row, groupOf(next).utf8.lexicographicallyPrecedes(group.utf8) {
      throw Diagnostic(
        code: "training-row", "group \(groupOf(next)) comes after group \(group), which is greater",
        at: SourceLocation(path: lines.path, line: lines.number),
        help: "run `training.join` again: something else wrote or changed the dataset")
    }
    return row
  }

  private func advance() throws {
    guard let line = try lines.next() else { return row = nil }
    row = try DatasetFiles.row(line, lines.number, lines.path) as Row
  }
}

/// The lines of an open file, one at a time.
private final class LineSource {
  let path: String
  /// The number of the line that was handed out last, from 1.
  private(set) var number = 0
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var position = 0
  private static let block = 256 << 10

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// The next line without its end; `nil` at the end of the file.
  func next() throws -> [UInt8]? {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { position = end + 1 }
        number += 1
        return Array(buffer[position..<end])
      }
      searched = buffer.count - position
      buffer.removeFirst(position)
      position = 0
      let more = try [UInt8](unsafeUninitializedCapacity: Self.block) { memory, count in
        count = try FileSystem.read(descriptor, path, into: UnsafeMutableRawBufferPointer(memory))
      }
      if more.isEmpty { break }
      buffer += more
    }
    if buffer.isEmpty { return nil }
    defer { buffer = [] }
    number += 1
    return buffer
  }
}
