import DarkroomTesting
import Dispatch
import FileSystem
import Foundation
import ImageFiles
import PipelineCore
import Testing

@testable import ImageMeasurement

@Suite struct MeasurementDatabaseTests {
  private let workspace: TemporaryWorkspace
  private let path: String

  init() throws {
    workspace = try TemporaryWorkspace()
    path = "\(workspace.path)/\(MeasurementDatabase.path(project: "mojo3"))"
  }

  private func open() throws -> MeasurementDatabase {
    try MeasurementDatabase(workspace: workspace.path, project: "mojo3", patience: 0.05)
  }

  private func reading() throws -> MeasurementDatabase? {
    try MeasurementDatabase.openForReading(workspace: workspace.path, project: "mojo3", patience: 0.05)
  }

  /// An image with random figures.
  private func image(_ name: Int, _ random: inout SeededRandom, method: Int = MeasuredImage.method)
    -> MeasuredImage
  {
    func number(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &random) }
    let hash = String(random.next() >> 9, radix: 16)
    return MeasuredImage(
      digest: Digest(of: "image \(name)"),
      features: ImageFeatures(
        sharpness: number(0...5000), exposure: number(0...1), contrast: number(0...0.5),
        entropy: number(0...8), colourfulness: number(0...120), clippedShadows: number(0...1),
        clippedHighlights: number(0...1), attention: .init(x: number(0...1), y: number(0...1)),
        perceptualHash: String(repeating: "0", count: 16 - hash.count) + hash,
        width: 1 + random.next(below: 8000), height: 1 + random.next(below: 8000)),
      prompt: random.chance(0.5) ? "a \"cat\"\n№ \(name)" : nil, method: method)
  }

  private func images(_ count: Int, seed: UInt64 = 1) -> [MeasuredImage] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { image($0, &random) }
  }

  private func all(_ database: MeasurementDatabase) throws -> [MeasuredImage] {
    var images: [MeasuredImage] = []
    try database.forEach { images.append($0) }
    return images
  }

  @Test("What is recorded comes back, in the order of digests, in any of the ways to read")
  func reads() throws {
    #expect(try reading() == nil)
    let database = try open()
    #expect(try all(database) == [])
    let images = images(1_000)
    for start in stride(from: 0, to: 1_000, by: 7) {
      try database.record(Array(images[start..<min(1_000, start + 7)]))
    }
    let sorted = images.sorted { $0.digest.hex.utf8.lexicographicallyPrecedes($1.digest.hex.utf8) }
    let other = try #require(try reading())
    for database in [database, other] {
      #expect(try all(database) == sorted)
      var paged: [MeasuredImage] = []
      while case let page = try database.page(after: paged.last?.digest, limit: 64), !page.isEmpty {
        paged += page
      }
      #expect(paged == sorted)
      let asked = images.prefix(50).map(\.digest) + [Digest(of: "another")] + images.prefix(2).map(\.digest)
      let found = try database.images(asked)
      #expect(found.count == 50 && found.values.allSatisfy { image in images.contains { $0 == image } })
      #expect(try database.measuredDigests() == Set(images.map(\.digest)))
      #expect(try database.measuredDigests(of: asked) == Set(images.prefix(50).map(\.digest)))
    }
    #expect(throws: Diagnostic.self) { try other.record([images[0]]) }
    #expect(try Tool.sqlite(path, "PRAGMA journal_mode; PRAGMA integrity_check;") == "delete\nok\n")
  }

  @Test("A content is measured once; a later way of measuring replaces an earlier one, never the other way")
  func once() throws {
    let database = try open()
    var random = SeededRandom(seed: 3)
    let first = image(0, &random)
    let other = image(0, &random)
    let later = image(0, &random, method: MeasuredImage.method + 1)
    let earlier = image(1, &random, method: MeasuredImage.method)
    try database.record([first])
    try database.record([other])
    #expect(try all(database) == [first])
    try database.record([later])
    try database.record([first, earlier])
    #expect(try Set(all(database).map(\.method)) == [MeasuredImage.method, MeasuredImage.method + 1])
    #expect(try database.images([first.digest])[first.digest] == later)
    try Tool.sqlite(path, "PRAGMA ignore_check_constraints = 1; UPDATE image_measurements SET version = 0;")
    #expect(try database.measuredDigests().isEmpty)
    #expect(try database.measuredDigests(of: [first.digest]).isEmpty)
    #expect(try database.images([first.digest]).count == 1)
  }

  @Test("After a write the file holds everything; nothing new leaves it byte for byte the same")
  func bytes() throws {
    let images = images(300)
    do {
      let database = try open()
      try database.record(images)
      #expect(try FileSystem.list("\(workspace.path)/\(MeasurementDatabase.folder)") == ["mojo3.db"])
      let copy = "\(workspace.path)/copy.db"
      try FileSystem.create(copy, try FileSystem.read(path))
      #expect(try Tool.sqlite(copy, "SELECT count(*) FROM image_measurements;") == "300\n")
    }
    let digest = try FileSystem.digest(path).digest
    let status = try FileStatus(path)
    do {
      let database = try open()
      try database.record([])
      try database.record(images)
      _ = try all(database)
      _ = try reading()?.measuredDigests()
    }
    #expect(try FileSystem.digest(path).digest == digest)
    #expect(try FileStatus(path) == status)
  }

  @Test("Any number of threads record at once, and share commits")
  func threads() throws {
    let database = try open()
    let images = images(400)
    DispatchQueue.concurrentPerform(iterations: 100) { index in
      #expect(throws: Never.self) {
        // Some bring what others have brought.
        let own = [images[4 * index], images[4 * index + 1], images[4 * index + 2], images[4 * index + 3]]
        try database.record(own + [images[(4 * index + 4) % 400]])
        #expect(try database.images(own.map(\.digest)).count == 4)
      }
    }
    #expect(try database.measuredDigests().count == 400)
  }

  @Test("What one thread cannot record, it is told")
  func failure() throws {
    let database = try open()
    var bad = images(1)[0].features
    bad.entropy = 9
    let error = #expect(throws: Diagnostic.self) {
      try database.record([MeasuredImage(digest: Digest(of: "bad"), features: bad)])
    }
    #expect(error?.code == "measurement-row-invalid")
    // The next one is not held up by it.
    try database.record(images(1))
    #expect(try all(database).count == 1)
  }

  @Test("The file in the repository makes the same database")
  func schema() throws {
    _ = try open()
    let text = try String(
      contentsOfFile: "\(Tool.repository)/data/schema/image_measurements_v1.sql", encoding: .utf8)
    #expect(text == MeasurementSQL.text)
    let other = "\(workspace.path)/other.db"
    try Tool.sqlite(other, text)
    let question = "PRAGMA user_version; SELECT type, name, tbl_name, sql FROM sqlite_master;"
    let answer = try Tool.sqlite(other, question)
    #expect(try Tool.sqlite(path, question) == answer)
    #expect(answer.hasPrefix("1\n"))
  }

  @Test("The constraints hold against others")
  func constraints() throws {
    try open().record(images(1))
    let bad = [
      "digest = 'x'", "digest = upper(digest)", "digest = NULL", "width = 0", "width = 1.5", "height = -1",
      "sharpness = -0.1", "sharpness = 1e300", "sharpness = 'NaN'", "exposure = 1.1", "contrast = 0.6",
      "entropy = 8.1", "colourfulness = -1", "clipped_shadows = 2", "clipped_highlights = NULL",
      "attention_x = -0.1", "attention_y = 1.01", "perceptual_hash = 'ABCDEFABCDEFABCD'",
      "perceptual_hash = '0'", "perceptual_hash = NULL", "version = 0", "version = NULL",
    ]
    for setting in bad {
      #expect(throws: Tool.Failure.self, "\(setting)") {
        try Tool.sqlite(path, "UPDATE image_measurements SET \(setting);")
      }
    }
    try Tool.sqlite(path, "UPDATE image_measurements SET exposure = 1, width = 2;")
  }

  private func codes(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch let error as Diagnostic {
      #expect(error.message.contains(path) && error.help != nil)
      return error.code
    } catch {
      return "\(error)"
    }
  }

  @Test("A database that is not ours, newer or damaged is told and untouched")
  func refusals() throws {
    try FileSystem.makeDirectories("\(workspace.path)/\(MeasurementDatabase.folder)")
    func expect(_ code: String) throws {
      let digest = try FileSystem.digest(path).digest
      #expect(codes { _ = try open() } == code)
      #expect(codes { _ = try reading() } == code)
      #expect(try FileSystem.digest(path).digest == digest)
      try FileSystem.removeFile(path)
    }
    try Tool.sqlite(path, "CREATE TABLE notes (text);")
    try expect("measurement-database-foreign")
    try Tool.sqlite(path, "CREATE TABLE image_measurements (digest); PRAGMA user_version = 1;")
    try expect("measurement-database-foreign")
    try Tool.sqlite(path, MeasurementSQL.text + "PRAGMA user_version = 2;")
    try expect("measurement-database-newer")
    try FileSystem.create(path, String(repeating: "not a database. ", count: 100).utf8)
    try expect("measurement-database-corrupt")
    // An empty file is what a kill at the very beginning leaves.
    try FileSystem.create(path, [])
    #expect(try reading() == nil)
    #expect(try all(open()) == [])
  }

  @Test("A damaged page is told when it is read")
  func damage() throws {
    try open().record(images(2_000))
    var bytes = try FileSystem.read(path)
    for page in stride(from: 2 * 4_096, to: bytes.count, by: 4_096) {
      for index in page..<page + 64 { bytes[index] = 0xFF }
    }
    try FileSystem.removeFile(path)
    try FileSystem.create(path, bytes)
    #expect(codes { _ = try all(open()) } == "measurement-database-corrupt")
    #expect(codes { _ = try reading()?.measuredDigests() } == "measurement-database-corrupt")
  }

  @Test("A lock of another program is waited for, then told")
  func locked() throws {
    let database = try open()
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    holder.arguments = ["sqlite3", path]
    let (input, output) = (Pipe(), Pipe())
    holder.standardInput = input
    holder.standardOutput = output
    try holder.run()
    defer {
      input.fileHandleForWriting.closeFile()
      holder.waitUntilExit()
    }
    input.fileHandleForWriting.write(Data("BEGIN EXCLUSIVE;\nSELECT 'held';\n".utf8))
    #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "held\n")
    #expect(codes { try database.record(images(1)) } == "measurement-database-locked")
    #expect(codes { _ = try open() } == "measurement-database-locked")
    #expect(codes { _ = try reading() } == "measurement-database-locked")
    input.fileHandleForWriting.write(Data("COMMIT;\nSELECT 'free';\n".utf8))
    #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "free\n")
    try database.record(images(1))
    #expect(try all(database).count == 1)
  }

  @Test("What a kill in the middle of a commit left is seen past, by readers, too")
  func hotJournal() throws {
    try open().record(images(100))
    let before = try FileSystem.digest(path).digest
    // A transaction that has reached the file and is not committed: the journal beside it undoes it.
    _ = try Tool.run(
      ["sqlite3", path],
      input: """
        PRAGMA cache_spill = 1; PRAGMA cache_size = 1;
        BEGIN; UPDATE image_measurements SET width = width + 1;
        .shell kill -9 $PPID

        """)
    #expect(try FileStatus(path + "-journal") != nil)
    #expect(try FileSystem.digest(path).digest != before)
    let database = try #require(try reading())
    let sorted = try all(database)
    #expect(Set(sorted.map(\.features.width)) == Set(images(100).map(\.features.width)))
    #expect(try FileStatus(path + "-journal") == nil)
    #expect(try FileSystem.digest(path).digest == before)
  }

  @Test("An image is measured with the digest of the bytes that were decoded")
  func measuring() throws {
    let file = "\(workspace.path)/a.png"
    let bytes = (0..<40 * 30 * 3).map { UInt8($0 * 7 % 251) }
    let pixels = try #require(RGBRaster(width: 40, height: 30, bytes: bytes))
    try ImageFiles.create(file, pixels: pixels)
    let image = try MeasuredImage.measure(file)
    #expect(try image.digest == FileSystem.digest(file).digest)
    #expect(try image.features == ImageFiles.features(file))
    #expect(image.features.width == 40 && image.method == MeasuredImage.method)
    #expect(String(image.perceptualHash, radix: 16) == image.features.perceptualHash.drop { $0 == "0" })
    try open().record([image])
    #expect(try all(open()) == [image])
  }
}
