import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import TrainingData

@Suite struct LeakageCheckTests {
  private static let hash: UInt64 = 0x1234_5678_9abc_def1

  /// Rows of two groups in different splits, which have nothing in common.
  private struct Dataset {
    var selections: [SelectionRow]
    var crops: [CropRow]
    var images: [ImageRow]

    init() {
      let groups = [("g1", Split.train), ("g2", Split.test)]
      selections = groups.map { group, split in
        var row = Rows.selection(full: true)
        (row.group, row.lineage, row.split) = (group, "mojo/\(group)", split)
        row.digests = ["\(group) a", "\(group) b"].map { Digest(of: $0).hex }
        return row
      }
      crops = groups.map { group, split in
        var row = Rows.crop
        (row.group, row.lineage, row.split, row.crop) = (group, "mojo/\(group)", split, group)
        row.imageDigest = Digest(of: "\(group) a").hex
        row.cropDigest = Digest(of: "\(group) crop").hex
        return row
      }
      images = groups.flatMap { group, split in
        ["a", "b"].enumerated().map { index, name in
          var row = Rows.image(measured: true)
          (row.group, row.lineage, row.split, row.index) = (group, "mojo/\(group)", split, index)
          row.digest = Digest(of: "\(group) \(name)").hex
          let hash = Digest(of: "hash \(group) \(name)").leadingWords.high
          row.measurement?.perceptualHash = hash
          return row
        }
      }
    }

    func leaks(_ workspace: TemporaryWorkspace) throws -> [LeakageCheck.Leak] {
      func write<Row: TrainingRow>(_ rows: [Row]) throws {
        let text = rows.reduce(into: "") { $1.append(to: &$0) }
        try FileSystem.create("\(workspace.path)/\(Row.fileName)", text.utf8)
      }
      try write(selections)
      try write(crops)
      try write(images)
      let found = try LeakageCheck.leaks(in: DatasetFiles(path: workspace.path))
      #expect(found.rows == selections.count + crops.count + images.count)
      #expect(found.count == found.leaks.count)
      return found.leaks
    }
  }

  @Test("A dataset whose groups have nothing in common passes")
  func clean() throws {
    #expect(try Dataset().leaks(TemporaryWorkspace()) == [])
  }

  @Test("An image of a group in another split is found, with both places")
  func group() throws {
    var dataset = Dataset()
    dataset.images[1].split = .validation
    dataset.images[1].lineage = "mojo/other"
    let leaks = try dataset.leaks(TemporaryWorkspace())
    let leak = try #require(leaks.first { $0.kind == .group })
    #expect(leak.subject == "g1")
    #expect(leak.first == .init(file: "selections.jsonl", line: 1, split: .train))
    #expect(leak.second == .init(file: "images.jsonl", line: 2, split: .validation))
  }

  @Test("A lineage in two splits is found")
  func lineage() throws {
    var dataset = Dataset()
    for index in dataset.images.indices { dataset.images[index].lineage = "mojo/g1" }
    let leaks = try dataset.leaks(TemporaryWorkspace())
    #expect(leaks.contains { $0.kind == .lineage && $0.subject == "mojo/g1" && $0.second.line == 3 })
  }

  @Test("A crop and its source in different splits are found", arguments: [false, true])
  func crop(byItsOwnContent: Bool) throws {
    var dataset = Dataset()
    let source = Digest(of: "g2 b").hex
    if byItsOwnContent { dataset.crops[0].cropDigest = source } else { dataset.crops[0].imageDigest = source }
    let leaks = try dataset.leaks(TemporaryWorkspace())
    let leak = try #require(leaks.first { $0.kind == .crop })
    #expect(leak.subject == source)
    #expect(Set([leak.first.file, leak.second.file]) == ["selections.jsonl", "crops.jsonl"])
  }

  @Test(
    "Nearly the same images in different splits are found, up to the distance and not beyond",
    arguments: 0...6)
  func nearDuplicate(bits: Int) throws {
    var dataset = Dataset()
    var near = Self.hash
    for bit in 0..<bits { near ^= 1 << UInt64(bit * 9) }
    dataset.images[0].measurement?.perceptualHash = Self.hash
    dataset.images[3].measurement?.perceptualHash = near
    let leaks = try dataset.leaks(TemporaryWorkspace())
    #expect(leaks.isEmpty == (bits > NearDuplicates().distance))
    for leak in leaks {
      #expect(leak.kind == .nearDuplicate && Set([leak.first.line, leak.second.line]) == [1, 4])
    }
  }

  @Test("The same file in groups of different splits is found, measured or not")
  func sameContent() throws {
    var dataset = Dataset()
    dataset.images[0].digest = dataset.images[3].digest
    dataset.images[0].measurement = nil
    let leaks = try dataset.leaks(TemporaryWorkspace())
    #expect(leaks.contains { $0.kind == .nearDuplicate })
  }

  @Test("A row that says nothing of its split is an error with its place")
  func damaged() throws {
    let workspace = try TemporaryWorkspace()
    for file in ["selections.jsonl", "crops.jsonl"] { try FileSystem.create("\(workspace.path)/\(file)", []) }
    try FileSystem.create(
      "\(workspace.path)/images.jsonl",
      "{\"a\":0,\"group_id\":\"g\",\"lineage_id\":\"l\",\"split\":\"dev\"}\n".utf8)
    let error = #expect(throws: Diagnostic.self) {
      try LeakageCheck.leaks(in: DatasetFiles(path: workspace.path))
    }
    #expect(error?.location?.line == 1)
  }
}
