import DarkroomTesting
import FileSystem
import ImageFiles
import PipelineCore
import Testing

@Suite struct PNGCropTests {
  private let workspace: TemporaryWorkspace
  private var folder: String { workspace.path }

  init() throws { workspace = try TemporaryWorkspace() }

  @Test("A crop of any kind of PNG has exactly the samples and chunks of its source", arguments: [1, 2])
  func property(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let sources = try ImageJudge.run("judge_png.py", "make", folder, "\(seed)", "150")
    var lines = ""
    for (number, line) in sources.enumerated() {
      let facts = line.split(separator: " ").compactMap { Int($0) }
      let (width, height) = (facts[0], facts[1])
      let rectangle = Rectangle.random(width: width, height: height, using: &random)
      let source = "\(folder)/\(number).png"
      let probed = try ImageFiles.probe(source)
      #expect([probed.width, probed.height, probed.orientation, probed.bitDepth, probed.channels] == facts)
      #expect(try ImageFiles.verify(source) == probed)
      let crop = try ImageFiles.crop(
        source, left: rectangle.left, top: rectangle.top, width: rectangle.width, height: rectangle.height,
        to: "\(folder)/\(number).crop.png")
      #expect(crop.method == .exact)
      #expect(crop.warnings == [])
      #expect(crop.digest == (try FileSystem.digest("\(folder)/\(number).crop.png").digest))
      #expect(crop.sourceDigest == (try FileSystem.digest(source).digest))
      #expect(crop.bytes == (try FileStatus("\(folder)/\(number).crop.png")?.size))
      lines += "\(number).png \(number).crop.png \(rectangle)\n"
    }
    try workspace.write("crops.txt", lines)
    let verdict = try ImageJudge.run("judge_png.py", "judge", folder)
    #expect(verdict == ["150 judged"])
  }
}
