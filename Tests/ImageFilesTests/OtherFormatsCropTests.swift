import DarkroomTesting
import FileSystem
import ImageFiles
import PipelineCore
import Testing

/// Crops of JPEG, WebP and TIFF against Pillow.
@Suite struct OtherFormatsCropTests {
  private let workspace: TemporaryWorkspace
  private var folder: String { workspace.path }

  init() throws { workspace = try TemporaryWorkspace() }

  @Test("A crop shows what its source shows there", arguments: ["jpeg", "webp", "tiff"])
  func property(format: String) throws {
    var random = SeededRandom(seed: 7)
    let count = 150
    var lines = ""
    var methods: [String: Int] = [:]
    for line in try ImageJudge.run("judge_pillow.py", "make", format, folder, "1", "\(count)") {
      let fields = line.split(separator: " ")
      let numbers = fields.compactMap { Int($0) }
      let file = String(fields[0])
      var rectangle = Rectangle.random(width: numbers[0], height: numbers[1], using: &random)
      if format == "jpeg", random.chance(0.6) { rectangle = rectangle.aligned(to: 16) }
      let facts = try ImageFiles.probe("\(folder)/\(file)")
      #expect([facts.width, facts.height, facts.orientation] == numbers)
      #expect(facts.format.rawValue == format)
      #expect(try ImageFiles.verify("\(folder)/\(file)") == facts)
      let crop = try ImageFiles.crop(
        "\(folder)/\(file)", left: rectangle.left, top: rectangle.top, width: rectangle.width,
        height: rectangle.height, to: "\(folder)/crop-\(file)")
      let method = name(of: crop.method)
      methods[String(method.prefix { $0 != ":" }), default: 0] += 1
      lines += "\(file) crop-\(file) \(method) \(rectangle)\n"
    }
    try workspace.write("crops.txt", lines)
    let verdict = try ImageJudge.run("judge_pillow.py", "judge", format, folder)
    #expect(verdict == ["\(count) judged"])
    // Each way was gone often enough to be judged.
    switch format {
    case "jpeg": #expect((methods["losslessTransform"] ?? 0) > 30 && (methods["reencoded"] ?? 0) > 30)
    case "webp": #expect((methods["exact"] ?? 0) > 30 && (methods["reencoded"] ?? 0) > 30)
    default: #expect(methods == ["exact": count])
    }
  }
}

/// As the judge reads it.
private func name(of method: CroppedImage.Method) -> String {
  switch method {
  case .exact: "exact"
  case .losslessTransform: "losslessTransform"
  case .reencoded(let quality): "reencoded:\(quality)"
  }
}
