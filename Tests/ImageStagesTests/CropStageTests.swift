import DarkroomTesting
import FileCustody
import FileSystem
import Foundation
import ImageCatalog
import ImageFiles
import PipelineCore
import Synchronization
import Testing

@testable import ImageStages

@Suite struct CropStageTests {
  let bench: StageBench
  let image = "20250701_080000_stage2_upscaled.png"
  let other = "20250701_090000_stage2_upscaled.png"
  let stem = "20250701_080000_stage2_upscaled"

  init() throws {
    bench = try StageBench()
    try bench.set("a/\(image)")
    try bench.write("a/\(stem).caption", "a caption")
    try bench.set("b/\(other)")
  }

  private func rectangle() throws -> CropRectangle { try StageBench.rectangle() }

  /// Decides to crop, and runs a night.
  @discardableResult private func crop(_ images: String...) async throws -> Decision {
    try await bench.run()
    let decisions = try images.map { try bench.decide($0, .crop, crop: try rectangle()) }
    try await bench.run()
    return decisions[0]
  }

  @Test func aCropIsANewFileBesideCopiesOfItsCompanions() async throws {
    let before = try bench.tree()
    try await bench.run()
    let decision = try bench.decide(image, .crop, crop: try rectangle())
    let night = try await bench.run()
    #expect(night.stages.first { $0.id == "crop" }?.counters == ["crops": 1])
    let after = try bench.tree()
    for name in [image, "\(stem).yaml", "\(stem).caption"] {
      #expect(
        after[RelativePath("__crop/\(name)")] == before[RelativePath("a/\(name)")], "the source is as it was")
    }
    for name in ["\(stem).yaml", "\(stem).caption"] {
      #expect(after[RelativePath("__cropped/\(name)")] == before[RelativePath("a/\(name)")])
    }
    let facts = try ImageFiles.probe("\(bench.root)/__cropped/\(image)")
    let pixels = try rectangle().pixels(width: 80, height: 72, minimum: 64)
    #expect(facts.width == pixels.width && facts.height == pixels.height)
    #expect(after.count == 3 + 3 + 2, "the sidecar is gone, and nothing hidden is left: \(after.keys)")
    let row = try #require(try bench.rows().first { $0.group == decision.group })
    #expect(row.finalCrop == (try rectangle()) && row.cropTimestamp != nil)
    try await bench.expectIdempotence()
  }

  @Test func anAcceptedCropIsTheRecommendedOne() async throws {
    try await bench.run()
    let shown = try bench.shown(try bench.group(image), image, crop: try rectangle())
    try bench.decide(image, .acceptCrop, crop: try rectangle(), recommendation: shown)
    try await bench.run()
    #expect(try bench.exists("__crop_auto/\(image)") && bench.exists("__cropped/\(image)"))
    #expect(try bench.rows().first?.aiCropAccepted == true)
    #expect(try bench.rows().first?.cropMatch == true)
    try await bench.expectIdempotence()
  }

  @Test func aCropWaitsForItsRectangle() async throws {
    try await bench.run()
    try bench.decide(image, .crop)
    #expect(try await bench.run().done("crop").isEmpty)
    #expect(try bench.exists("__crop/\(stem).decision") && !bench.exists("__cropped"))
    try bench.decide(image, .crop, crop: try rectangle())
    #expect(try await bench.run().done("crop").count == 1)
    #expect(try bench.exists("__cropped/\(image)") && !bench.exists("__crop/\(stem).decision"))
    try await bench.expectIdempotence()
  }

  @Test func takingItBackRemovesTheCropOnly() async throws {
    let before = try bench.tree()
    let decision = try await crop(image, other)
    let all = try bench.tree()
    try bench.undo(decision)
    try await bench.run()
    let after = try bench.tree()
    #expect(after.filter { $0.key.folder == "a" } == before.filter { $0.key.folder == "a" })
    #expect(after[RelativePath("__cropped/\(other)")] == all[RelativePath("__cropped/\(other)")])
    #expect(try bench.rows().count == 1)
    try await bench.expectIdempotence()
  }

  // MARK: Bad input: the group is not cropped, the other one is

  private func expectRefusal(
    _ code: String, words: [String], row: Bool = false,
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws {
    let before = try bench.tree()
    let night = try await bench.night()
    #expect(night.errors("crop") == [code], sourceLocation: sourceLocation)
    #expect(night.done("crop").count == 1, sourceLocation: sourceLocation)
    let errors = night.findings("crop").filter { $0.severity == .error }
    let said = errors.map(\.description).joined()
    for word in words { #expect(said.contains(word), "\(said)", sourceLocation: sourceLocation) }
    let after = try bench.tree()
    for (path, digest) in before where path.name.hasPrefix(stem) {
      #expect(
        (after[path] ?? after[RelativePath("__crop/\(path.name)")]) == digest, "\(path)",
        sourceLocation: sourceLocation)
    }
    #expect(
      !after.keys.contains { $0.rawValue.contains(".darkroom-") || $0.rawValue.contains(".custody-") },
      sourceLocation: sourceLocation)
    #expect(try bench.exists("__cropped/\(other)"), sourceLocation: sourceLocation)
    #expect(try bench.rows().count { $0.finalCrop != nil } == 1, sourceLocation: sourceLocation)
    #expect(night.errors("audit") == ["crop-not-made"], sourceLocation: sourceLocation)
  }

  /// Sends both images to be cropped; the second one can be.
  private func decideBoth(crop: CropRectangle? = nil) throws {
    try bench.decide(image, .crop, crop: crop ?? rectangle())
    try bench.decide(other, .crop, crop: try rectangle())
  }

  @Test func aRectangleUnderTheMinimum() async throws {
    try await bench.run()
    try decideBoth(crop: try CropRectangle(x1: 0, y1: 0, x2: 0.5, y2: 1))
    try await expectRefusal("crop-too-small", words: ["40", "64"])
  }

  /// No such line gets into a decision: `CropRectangleTests` has them all. The group is as if undecided.
  @Test(arguments: [
    "[0.5,0,0.1,1]", "[0,0,1.5,1]", "[-0.1,0,0.5,1]", "[0,0,0.5]", #"["NaN",0,1,1]"#, "[0.2,0,0.2,1]",
  ])
  func aRectangleThatIsNone(_ text: String) async throws {
    try await bench.run()
    try decideBoth()
    let path = DecisionInbox.path(project: StageBench.project)
    let inbox = try #require(try bench.workspace.text(path))
    let good = try rectangle().json.canonical
    var lines = inbox.split(separator: "\n").map(String.init)
    lines[0] = lines[0].replacing("\"crop\":\(good)", with: "\"crop\":\(text)")
    try bench.workspace.write(path, lines.map { $0 + "\n" }.joined())
    let before = try bench.tree().filter { $0.key.folder == "a" }
    let night = try await bench.night()
    #expect(night.done("crop").count == 1)
    let errors = night.findings("audit").filter { $0.severity == .error }
    #expect(!errors.isEmpty && errors.allSatisfy { $0.location?.line == 1 && $0.location?.path == path })
    #expect(try bench.tree().filter { $0.key.folder == "a" } == before)
    #expect(try bench.exists("__cropped/\(other)"))
  }

  @Test(arguments: ["png", "yaml", "caption"]) func aNameThatIsTaken(_ kind: String) async throws {
    try bench.write("__cropped/\(stem).\(kind)", "somebody's")
    try await bench.run()
    try decideBoth()
    try await expectRefusal("destination-taken", words: ["__cropped/\(stem).\(kind)", "rename"])
    #expect(try bench.workspace.text("images/__cropped/\(stem).\(kind)") == "somebody's")
    #expect(try bench.exists("__crop/\(stem).decision"), "it still waits for its crop")
    try FileSystem.removeFile("\(bench.root)/__cropped/\(stem).\(kind)")
    try await bench.run()
    #expect(try bench.exists("__cropped/\(image)"))
  }

  /// A kill leaves the hidden file in which a crop was being made; then nobody wants the crop any more.
  @Test(arguments: [true, false]) func aKilledCropThatIsTakenBackLeavesNothing(onlyRectangle: Bool)
    async throws
  {
    try await bench.run()
    let before = (try bench.tree(), try FileSystem.list(bench.root))
    let decision = try bench.decide(image, .crop)
    try await bench.run()
    let routed = try bench.tree()
    let line = try bench.decide(image, .crop, crop: try rectangle())
    let order = OrderID(
      cause: .crop, project: StageBench.project, group: decision.group.rawValue, decision: line.id)
    try bench.write("__crop/.darkroom-\(order).new", "half a crop")
    let others = ".darkroom-\(String(repeating: "0", count: 32)).new"
    try bench.write("a/\(others)", "not of this group")
    if onlyRectangle { try bench.undo(line) } else { try bench.undo(decision) }
    try await bench.run()
    #expect(try bench.exists("a/\(others)"), "whose it is cannot be told")
    try FileSystem.removeFile("\(bench.root)/a/\(others)")
    if onlyRectangle {
      #expect(try bench.tree() == routed)
    } else {
      #expect(try bench.tree() == before.0)
      #expect(try FileSystem.list(bench.root) == before.1)
    }
    try await bench.expectIdempotence()
  }

  @Test func anImageThatChangedSinceItWasRouted() async throws {
    try await bench.run()
    try bench.decide(image, .crop)
    try bench.decide(other, .crop, crop: try rectangle())
    try await bench.run()
    try FileSystem.removeFile("\(bench.root)/__crop/\(image)")
    try bench.image("__crop/\(image)", width: 100)
    try bench.decide(image, .crop, crop: try rectangle())
    let night = try await bench.night()
    #expect(night.errors("crop") == ["image-changed"])
    #expect(
      night.findings("crop").first?.message.contains("not what was decided on; nothing was cropped") == true)
    #expect(try !bench.exists("__cropped/\(image)") && bench.exists("__cropped/\(other)"))
    #expect(night.errors("audit") == ["content-changed", "crop-not-made"])
  }

  /// Somebody writes into the image all the while. A crop that comes of it is the crop of what was decided on.
  @Test func anImageThatChangesWhileItIsCropped() async throws {
    try await bench.run()
    try bench.decide(image, .crop)
    try await bench.run()
    let path = "\(bench.root)/__crop/\(image)"
    let (first, pixels) = (
      try FileSystem.read(path), try rectangle().pixels(width: 80, height: 72, minimum: 64)
    )
    let reference = "\(bench.dataHome)/reference.png"
    _ = try ImageFiles.crop(
      path, left: pixels.left, top: pixels.top, width: pixels.width, height: pixels.height, to: reference)
    try bench.image("aside.png")
    let second = Array(try FileSystem.read("\(bench.root)/aside.png").prefix(first.count))
    try bench.decide(image, .crop, crop: try rectangle())

    let writer = Writer()
    let writing = Task.detached { try writer.write([second, first], to: path) }
    for _ in 1...12 where try !bench.exists("__cropped/\(image)") {
      let night = try await bench.night(only: ["crop"])
      #expect(night.errors("crop").allSatisfy { $0.hasPrefix("image-") || $0 == "source-changed" })
      #expect(night.errors("crop").isEmpty == (try bench.exists("__cropped/\(image)")))
    }
    writer.isOver.store(true, ordering: .relaxed)
    try await writing.value
    _ = try await bench.night(only: ["crop"])
    #expect(
      try FileSystem.read("\(bench.root)/__cropped/\(image)") == FileSystem.read(reference))
    #expect(try FileSystem.read(path) == first)
    #expect(try !bench.paths().contains { $0.contains(".darkroom-") })
  }

  /// Writes into a file, one content after the other, until it is over; the last one stays.
  private final class Writer: Sendable {
    let isOver = Atomic(false)

    func write(_ contents: [[UInt8]], to path: String) throws {
      while !isOver.load(ordering: .relaxed) {
        for bytes in contents {
          try FileSystem.withDescriptor(path, O_WRONLY, operation: "write") {
            try FileSystem.write($0, path, bytes)
          }
        }
      }
    }
  }

  @Test func anImageThatIsGone() async throws {
    try await bench.run()
    try bench.decide(image, .crop)
    try await bench.run()
    try FileSystem.rename("\(bench.root)/__crop/\(image)", to: "\(bench.dataHome)/aside")
    try decideBoth()
    let night = try await bench.night()
    #expect(night.errors("crop") == ["source-missing"] && night.done("crop").count == 1)
    #expect(night.findings("crop").first?.help?.contains("darkroom where \(image)") == true)
    try FileSystem.rename("\(bench.dataHome)/aside", to: "\(bench.root)/__crop/\(image)")
    try await bench.run()
    #expect(try bench.exists("__cropped/\(image)"))
  }

  @Test func aCompanionThatIsGoneCostsTheWholeCrop() async throws {
    try await bench.run()
    try bench.decide(image, .crop)
    try await bench.run()
    try FileSystem.rename("\(bench.root)/__crop/\(stem).caption", to: "\(bench.dataHome)/aside")
    try decideBoth()
    try await expectRefusal("source-missing", words: ["__crop/\(stem).caption", "is not there any more"])
    #expect(try !bench.exists("__cropped/\(image)"))
  }

  /// What cannot be cropped: `BadImageTests` has forty kinds of it.
  @Test(arguments: ["empty", "text", "truncated", "bomb"]) func aBadImage(_ kind: String) async throws {
    let path = "\(bench.root)/a/\(image)"
    let whole = try FileSystem.read(path)
    try FileSystem.removeFile(path)
    switch kind {
    case "empty": try FileSystem.create(path, [UInt8]())
    case "text": try FileSystem.create(path, "no image".utf8)
    case "truncated": try FileSystem.create(path, whole.dropLast(whole.count / 3))
    default: try FileSystem.create(path, Self.bomb())
    }
    try await bench.run()
    try decideBoth()
    let codes = ["empty": "image-truncated", "text": "image-unsupported", "truncated": "image-truncated"]
    try await expectRefusal(codes[kind] ?? "image-too-large", words: ["__crop/\(image)"])
  }

  /// A small PNG that says that it has 60,000 by 60,000 pixels.
  private static func bomb() -> [UInt8] {
    func big(_ number: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }
    func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
      let bytes = Array(name.utf8) + content
      var crc = UInt32.max
      for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
      }
      return big(UInt32(content.count)) + bytes + big(~crc)
    }
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", big(60_000) + big(60_000) + [8, 2, 0, 0, 0])
      + chunk("IDAT", [0x78, 0x9C, 0x03, 0, 0, 0, 0, 1]) + chunk("IEND", [])
  }

  /// An extension that promises another format: the content decides, and it is a warning.
  @Test func aWrongExtension() async throws {
    try FileSystem.rename("\(bench.root)/a/\(image)", to: "\(bench.root)/a/\(stem).jpg")
    try await bench.run()
    try bench.decide("\(stem).jpg", .crop, crop: try rectangle())
    let night = try await bench.run()
    #expect(night.warnings("crop") == ["image-format-mismatch"])
    #expect(try ImageFiles.probe("\(bench.root)/__cropped/\(stem).jpg").format == .png)
  }

  @Test func aDatabaseThatCannotBeUsedMakesNoCrop() async throws {
    try await bench.run()
    try bench.decide(image, .crop)
    try await bench.run()
    try bench.decide(image, .crop, crop: try rectangle())
    let lock = try DatabaseLock(
      "\(bench.workspace.path)/\(DecisionDatabase.path(project: StageBench.project))")
    let night = try await bench.night(only: ["crop"])
    #expect(night.errors("crop") == ["decision-database-locked"])
    #expect(try !bench.exists("__cropped") && bench.receipts(.crop).isEmpty)
    lock.release()
    try await bench.run()
    #expect(try bench.exists("__cropped/\(image)"))
  }
}
