import DarkroomTesting
import FileSystem
import Foundation
import ImageFiles
import PipelineCore
import Testing

@Suite struct ReducedImageTests {
  private let workspace: TemporaryWorkspace
  private var folder: String { workspace.path }

  init() throws { workspace = try TemporaryWorkspace() }

  @Test(
    "A thumbnail shows what Pillow shows in small, and is never larger than its image",
    arguments: [1, 100, 800])
  func thumbnails(side: Int) throws {
    for line in try ImageJudge.run("judge_reduced.py", "make", folder) {
      let fields = line.split(separator: " ").map(String.init)
      let path = "\(folder)/\(fields[0])"
      let size = try ImageFiles.thumbnail(path, longestSide: side, to: path + ".small")
      let facts = try ImageFiles.probe(path + ".small")
      #expect(facts.format == ImageFormat(fileExtension: fields[1]))
      #expect(facts.width == size.width && facts.height == size.height)
      #expect(max(size.width, size.height) <= side)
    }
    let verdict = try ImageJudge.run("judge_reduced.py", "judge", folder, "\(side)")
    #expect(verdict == ["16 judged"])
  }

  private struct Judged: Decodable {
    var name: String
    var sharpness, exposure, contrast, entropy, colourfulness, clippedShadows, clippedHighlights: Double
    var perceptualHash: String
  }

  @Test("Figures are those of their formulas")
  func features() throws {
    let lines = try ImageJudge.run("judge_reduced.py", "features", folder)
    #expect(lines.count == 6)
    for line in lines {
      let judged = try JSONDecoder().decode(Judged.self, from: Data(line.utf8))
      let features = try ImageFiles.features("\(folder)/\(judged.name)")
      #expect(abs(features.sharpness - judged.sharpness) < 1e-5)
      #expect(abs(features.exposure - judged.exposure) < 1e-5)
      #expect(abs(features.contrast - judged.contrast) < 1e-5)
      #expect(abs(features.entropy - judged.entropy) < 1e-5)
      #expect(abs(features.colourfulness - judged.colourfulness) < 1e-5)
      #expect(abs(features.clippedShadows - judged.clippedShadows) < 1e-5)
      #expect(abs(features.clippedHighlights - judged.clippedHighlights) < 1e-5)
      #expect(features.perceptualHash == judged.perceptualHash)
      #expect(features.clippedShadows > 0 && features.clippedHighlights > 0)
    }
  }

  /// A grey image with a square of another colour.
  private func spotted(at place: (x: Int, y: Int), _ name: String) throws -> String {
    var bytes = [UInt8](repeating: 90, count: 200 * 120 * 3)
    for y in place.y..<place.y + 20 {
      for x in place.x..<place.x + 20 { bytes[(y * 200 + x) * 3] = 250 }
    }
    let raster = try #require(RGBRaster(width: 200, height: 120, bytes: bytes))
    try ImageFiles.create("\(folder)/\(name)", pixels: raster)
    return "\(folder)/\(name)"
  }

  @Test("Attention goes to what differs", arguments: [(0, 0), (150, 20), (80, 95)])
  func attention(x: Int, y: Int) throws {
    let features = try ImageFiles.features(try spotted(at: (x, y), "spot.png"))
    // A window of 30 pixels holds the square of 20 somewhere.
    #expect(abs(features.attention.x * 200 - Double(x + 10)) <= 15)
    #expect(abs(features.attention.y * 120 - Double(y + 10)) <= 15)
    #expect(features.width == 200 && features.height == 120)
  }

  @Test("The same image has the same figures, small or as another format")
  func stable() throws {
    let path = try spotted(at: (50, 50), "spot.png")
    let features = try ImageFiles.features(path)
    #expect(try ImageFiles.features(path) == features)
    let bytes = try JSONEncoder().encode(features)
    #expect(try JSONDecoder().decode(ImageFeatures.self, from: bytes) == features)
  }

  // MARK: Cache

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.contains("/") }.sorted()
  }

  @Test("The cache makes a thumbnail once, under the image's digest")
  func cache() throws {
    let path = try spotted(at: (9, 9), "spot.png")
    let digest = try FileSystem.digest(path).digest
    let cache = ThumbnailCache(folder: "\(folder)/cache")
    let first = try cache.thumbnail(of: path, digest: digest, longestSide: 64)
    #expect(first == "\(folder)/cache/\(digest.hex.prefix(2))/\(digest.hex)-64.jpg")
    let status = try FileStatus(first)
    #expect(try cache.thumbnail(of: path, digest: digest, longestSide: 64) == first)
    #expect(try FileStatus(first) == status)
    // Even when the image has gone.
    try FileSystem.removeFile(path)
    #expect(try cache.thumbnail(of: path, digest: digest, longestSide: 64) == first)
    #expect(throws: FileError.self) { try cache.thumbnail(of: path, digest: digest, longestSide: 32) }
    #expect(try names("\(folder)/cache").count == 1)
  }

  @Test("What a power failure left is made anew", arguments: [0, 3, 100])
  func incomplete(left: Int) throws {
    let path = try spotted(at: (9, 9), "spot.png")
    let digest = try FileSystem.digest(path).digest
    let cache = ThumbnailCache(folder: "\(folder)/cache")
    let name = try cache.thumbnail(of: path, digest: digest, longestSide: 64)
    let whole = try FileSystem.read(name)
    try FileSystem.removeFile(name)
    try FileSystem.create(name, whole.prefix(left) + [UInt8](repeating: 0, count: left))
    #expect(try cache.thumbnail(of: path, digest: digest, longestSide: 64) == name)
    #expect(try FileSystem.read(name) == whole)
  }

  @Test("An image with another digest gets no thumbnail")
  func changed() throws {
    let path = try spotted(at: (9, 9), "spot.png")
    let cache = ThumbnailCache(folder: "\(folder)/cache")
    #expect {
      try cache.thumbnail(of: path, digest: Digest(of: "another"), longestSide: 64)
    } throws: {
      ($0 as? Diagnostic)?.code == "image-changed"
    }
    #expect(try FileStatus("\(folder)/cache") == nil)
  }

  @Test("Many threads may ask for the same thumbnail")
  func threads() throws {
    let path = try spotted(at: (9, 9), "spot.png")
    let digest = try FileSystem.digest(path).digest
    let cache = ThumbnailCache(folder: "\(folder)/cache")
    DispatchQueue.concurrentPerform(iterations: 32) { _ in
      #expect(throws: Never.self) {
        let name = try cache.thumbnail(of: path, digest: digest, longestSide: 64)
        #expect(try ImageFiles.verify(name).width == 64)
      }
    }
    #expect(try names("\(folder)/cache").count == 1)
  }
}
