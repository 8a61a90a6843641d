import DarkroomTesting
import FileSystem
import PipelineCore
import Testing
import TrainingData
import TrainingExport

/// Each format is judged by the reader that people load it with.
@Suite struct FormatTests {
  private static let groups = 60

  @Test(
    "The format's own reader finds all rows and rectangles of the dataset, and the images to the byte",
    arguments: ExportFormat.allCases)
  func readable(format: ExportFormat) throws {
    let bench = try ExportBench(groups: Self.groups, seed: 7)
    let (path, contents) = try bench.write(format)
    let name = format == .coco ? "coco_none" : format.rawValue
    let compared = try Readers.check(name, path, bench.dataset.path)
    let expected =
      switch format {
      case .jsonl, .csv: bench.selections.count + bench.crops.count + bench.images.count
      case .imagefolder, .webdataset: bench.images.count
      case .coco, .yolo: bench.crops.count
      case .preferences: contents.accounts["pairs"]?.seen ?? -1
      }
    #expect(compared == "\(expected)")
    #expect(expected > 30)
  }

  @Test("Formats that may bring images along do", arguments: [ExportFormat.coco, .preferences])
  func withImages(format: ExportFormat) throws {
    let bench = try ExportBench(groups: Self.groups, seed: 8)
    let (path, contents) = try bench.write(format, images: .copy)
    #expect(contents.files.contains { $0.path.hasPrefix("images/") })
    try Readers.check(format.rawValue, path, bench.dataset.path)
  }

  @Test("Hard links share their bytes with the originals, copies do not")
  func links() throws {
    let bench = try ExportBench(groups: 12, seed: 9)
    for images in [ExportImages.link, .copy] {
      let (path, contents) = try bench.write(.imagefolder, images: images, to: images.rawValue)
      var count = 0
      for file in contents.files where file.path.hasSuffix(".png") {
        let digest = try #require(file.digest)
        let place = try #require(bench.places[digest.hex])
        let original = try #require(try FileStatus("\(bench.imageFolder)/\(place)"))
        let exported = try #require(try FileStatus("\(path)/\(file.path)"))
        #expect((original.identity == exported.identity) == (images == .link))
        count += 1
      }
      #expect(count == bench.images.count)
      try Readers.check("imagefolder", path, bench.dataset.path)
    }
  }

  @Test("Shards keep to their limits, and all their samples are read")
  func shards() throws {
    let bench = try ExportBench(groups: Self.groups, seed: 10)
    let (path, contents) = try bench.write(.webdataset, limits: ShardLimits(bytes: 40_000, samples: 9))
    #expect(contents.files.count > 10)
    for file in contents.files {
      #expect(file.bytes <= 40_000)
      #expect((1...9).contains(file.rows ?? 0))
    }
    #expect(try Readers.check("webdataset", path, bench.dataset.path) == "\(bench.images.count)")
  }

  @Test("An image that is gone, in the Trash, changed or unknown is left out and counted, never guessed")
  func leftOut() throws {
    let bench = try ExportBench(groups: 20, seed: 11)
    let many = Set(bench.selections.filter { $0.images.count > 1 }.map(\.group))
    let picked = Set(bench.crops.filter { many.contains($0.group) }.compactMap(\.imageDigest)).sorted()
    let gone = Array(picked.prefix(2))
    let file = { (digest: String) in "\(bench.imageFolder)/\(bench.places[digest] ?? "")" }
    try FileSystem.removeFile(file(gone[0]))
    // The same size, other bytes: only the digest shows it.
    var bytes = try FileSystem.read(file(gone[1]))
    bytes[bytes.count - 1] ^= 1
    try FileSystem.removeFile(file(gone[1]))
    try FileSystem.create(file(gone[1]), bytes)
    for format in ExportFormat.allCases where format.pixels != .never {
      for images in [ExportImages.copy, .link] {
        let (path, contents) = try bench.write(
          format, images: images, to: "\(format.rawValue)-\(images.rawValue)")
        try Readers.check(format.rawValue, path, bench.dataset.path, gone: gone)
        let accounts = contents.accounts.values
        #expect(accounts.contains { ($0.leftOut[.gone] ?? 0) > 0 }, "\(format)")
        #expect(accounts.contains { ($0.leftOut[.changed] ?? 0) > 0 }, "\(format)")
      }
    }
  }

  @Test(
    "Two exports have the same bytes, and a dry run counts them without writing",
    arguments: ExportFormat.allCases)
  func deterministic(format: ExportFormat) throws {
    let bench = try ExportBench(groups: 30, seed: 12)
    let limits = ShardLimits(bytes: 30_000, samples: 100)
    // SQLite's own files beside a database that is read come and go.
    func files() throws -> [String] {
      try FileSystem.filesBelow(bench.root).filter { !$0.contains("custody.sqlite-") }
    }
    let before = try files()
    let measured = try bench.export(format, limits: limits).measure()
    #expect(try files() == before)
    let first = try bench.write(format, limits: limits, to: "1")
    let second = try bench.write(format, limits: limits, to: "2")
    let files = try FileSystem.filesBelow(first.path)
    #expect(try FileSystem.filesBelow(second.path) == files)
    for file in files {
      #expect(try FileSystem.read("\(first.path)/\(file)") == FileSystem.read("\(second.path)/\(file)"))
    }
    #expect(measured.bytes == first.contents.bytes)
    #expect(measured.accounts == first.contents.accounts)
    #expect(measured.files.map(\.path) == first.contents.files.map(\.path))
    #expect(measured.files.map(\.bytes) == first.contents.files.map(\.bytes))
    #expect(measured.files.allSatisfy { $0.digest == nil })
  }

  @Test("JSON lines are the dataset's own bytes")
  func sameBytes() throws {
    let bench = try ExportBench(groups: 20, seed: 13)
    let (path, _) = try bench.write(.jsonl)
    for name in ["selections", "crops", "images"] {
      #expect(
        try FileSystem.read("\(path)/\(name).jsonl") == FileSystem.read("\(bench.dataset.path)/\(name).jsonl")
      )
    }
  }

  @Test("A format that is nothing without images refuses to be without")
  func needsImages() throws {
    let bench = try ExportBench(groups: 1, seed: 1)
    for format in ExportFormat.allCases where format.pixels == .required {
      #expect(throws: Diagnostic.self) { try bench.export(format, images: ExportImages.none) }
    }
  }
}
