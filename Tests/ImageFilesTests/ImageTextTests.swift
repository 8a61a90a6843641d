import DarkroomTesting
import FileSystem
import ImageFiles
import PipelineCore
import Testing

@Suite struct ImageTextTests {
  private let workspace: TemporaryWorkspace
  private var folder: String { workspace.path }

  init() throws { workspace = try TemporaryWorkspace() }

  @Test("Texts that were written are read again, and a crop keeps them")
  func roundTrip() throws {
    let texts = [
      ImageText(keyword: "parameters", text: "a café, masterpiece\nSteps: 20"),
      ImageText(keyword: "prompt", text: "{\"größe\": \"日本\"}"), ImageText(keyword: "empty", text: ""),
      ImageText(keyword: String(repeating: "k", count: 79), text: String(repeating: "long ", count: 5000)),
    ]
    let raster = try #require(RGBRaster(width: 2, height: 2, bytes: [UInt8](repeating: 7, count: 12)))
    try ImageFiles.create("\(folder)/texts.png", pixels: raster, texts: texts)
    #expect(try ImageFiles.texts("\(folder)/texts.png") == texts)
    _ = try ImageFiles.crop("\(folder)/texts.png", left: 0, top: 0, width: 1, height: 2, to: "\(folder)/crop")
    #expect(try ImageFiles.texts("\(folder)/crop") == texts)
  }

  @Test("All kinds of text chunks are read")
  func kinds() throws {
    let files = try ImageJudge.run("judge_png.py", "make", folder, "3", "40").count
    var found: Set<String> = []
    for number in 0..<files {
      for text in try ImageFiles.texts("\(folder)/\(number).png") {
        found.insert("\(text.keyword): \(text.text)")
      }
    }
    #expect(
      found == [
        "parameters: a café, masterpiece\nSteps: 20", "prompt: " + String(repeating: "{}", count: 200),
        "workflow: " + String(repeating: "Größe ü", count: 9), "note: Größe ü",
      ])
  }

  @Test(
    "Keywords that no PNG can have are refused", arguments: ["", "日本", String(repeating: "k", count: 80)])
  func keywords(keyword: String) throws {
    let raster = try #require(RGBRaster(width: 1, height: 1, bytes: [1, 2, 3]))
    #expect(throws: Diagnostic.self) {
      try ImageFiles.create(
        "\(folder)/a.png", pixels: raster, texts: [ImageText(keyword: keyword, text: "")])
    }
    #expect(try FileStatus("\(folder)/a.png") == nil)
  }

  @Test("What is created has the pixels that were given", arguments: [ImageFormat.png, .webp, .tiff])
  func created(format: ImageFormat) throws {
    var random = SeededRandom(seed: 1)
    let bytes = (0..<30 * 20 * 3).map { _ in UInt8(random.next(below: 256)) }
    let raster = try #require(RGBRaster(width: 30, height: 20, bytes: bytes))
    try ImageFiles.create("\(folder)/a.\(format)", pixels: raster, format: format)
    // The judge of PNG reads it; other formats become one.
    let crop = try ImageFiles.crop(
      "\(folder)/a.\(format)", left: 0, top: 0, width: 30, height: 20, to: "\(folder)/b.png", as: .png)
    #expect(crop.method == .exact)
    let read = try ImageFiles.crop(
      "\(folder)/b.png", left: 3, top: 4, width: 1, height: 1, to: "\(folder)/c.png")
    #expect(read.width == 1)
    try ImageFiles.create("\(folder)/reference.png", pixels: raster)
    #expect(try ImageFiles.features("\(folder)/b.png") == ImageFiles.features("\(folder)/reference.png"))
  }

  @Test("A raster has as many bytes as its size asks for")
  func rasters() {
    #expect(RGBRaster(width: 2, height: 1, bytes: [1, 2, 3, 4, 5]) == nil)
    #expect(RGBRaster(width: 0, height: 0, bytes: []) == nil)
    #expect(RGBRaster(width: -1, height: -1, bytes: [1, 2, 3]) == nil)
    #expect(RGBRaster(width: 1, height: 2, bytes: [1, 2, 3, 4, 5, 6]) != nil)
  }
}
