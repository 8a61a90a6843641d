import DarkroomTesting
import FileSystem
import ImageFiles
import PipelineCore
import Testing

/// Our own reading of sequential JPEGs against libjpeg's: progressive ones with the same coefficients are left to it.
@Suite struct JPEGScanTests {
  private let workspace: TemporaryWorkspace
  private var folder: String { workspace.path }

  init() throws { workspace = try TemporaryWorkspace() }

  private func pairs(_ seed: Int, _ body: (_ stem: String, _ width: Int, _ height: Int) throws -> Void) throws
  {
    for line in try ImageJudge.run("make_pairs.py", folder, "\(seed)", "60") {
      let fields = line.split(separator: " ").compactMap { Int($0) }
      try body("\(folder)/\(fields[0])", fields[1], fields[2])
    }
  }

  @Test("Crops of both are the same bytes when they are encoded again, and the same pixels when not")
  func crops() throws {
    var random = SeededRandom(seed: 5)
    var methods: [String: Int] = [:]
    try pairs(1) { stem, width, height in
      for number in 0..<6 {
        var rectangle = Rectangle.random(width: width, height: height, using: &random)
        if number % 2 == 0 { rectangle = rectangle.aligned(to: 16) }
        var made: [CroppedImage] = []
        for kind in ["a", "b"] {
          made.append(
            try ImageFiles.crop(
              "\(stem).\(kind).jpg", left: rectangle.left, top: rectangle.top, width: rectangle.width,
              height: rectangle.height, to: "\(stem).\(kind)\(number)"))
        }
        #expect(made[0].method == made[1].method)
        if made[0].method == .losslessTransform {
          methods["lossless", default: 0] += 1
          #expect(try pixels("\(stem).a\(number)", rectangle) == pixels("\(stem).b\(number)", rectangle))
        } else {
          methods["reencoded", default: 0] += 1
          #expect(made[0].digest == made[1].digest, "\(stem) \(rectangle)")
        }
      }
    }
    #expect((methods["lossless"] ?? 0) > 100 && (methods["reencoded"] ?? 0) > 100)
  }

  /// The digest of all pixels, as a JPEG of the highest quality that libjpeg makes of them in one way.
  private func pixels(_ path: String, _ rectangle: Rectangle) throws -> Digest {
    guard try ImageFiles.probe(path).channels != 4 else { return Digest(of: "four inks become no PNG") }
    return try ImageFiles.crop(
      path, left: 0, top: 0, width: rectangle.width, height: rectangle.height, to: "\(path).png", as: .png
    ).digest
  }

  @Test("A bit that was changed in the pixels is an error of both, or of neither and the same pixels")
  func damage() throws {
    var random = SeededRandom(seed: 6)
    var refused = 0
    let rounds = 400
    _ = try ImageJudge.run("make_pairs.py", folder, "2", "12")
    let sources = try (0..<12).map { try FileSystem.read("\(folder)/\($0).a.jpg") }
    for round in 0..<rounds {
      var bytes = sources[random.next(below: sources.count)]
      let half = bytes.count / 2
      bytes[half + random.next(below: half)] ^= 1 << UInt8(random.next(below: 8))
      let path = "\(folder)/changed\(round)"
      try FileSystem.create(path, bytes)
      // `verify` is libjpeg's, a crop ours.
      let isGood = (try? ImageFiles.verify(path)) != nil  // `try?`: whether it throws is the question.
      // `try?`: damage may be in the header, too.
      guard let facts = try? ImageFiles.probe(path) else {
        #expect(!isGood)
        refused += 1
        continue
      }
      func crop(_ left: Int) -> Bool {
        // `try?`: as above.
        (try? ImageFiles.crop(
          path, left: left, top: 0, width: facts.width - left, height: facts.height, to: "\(path).\(left)"))
          != nil
      }
      #expect(crop(0) == isGood)
      if facts.width > 1 { #expect(crop(1) == isGood) }
      if !isGood { refused += 1 }
    }
    #expect(refused > rounds / 20 && refused < rounds)
  }
}
