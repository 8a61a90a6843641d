import DarkroomTesting
import FileSystem
import ImageFiles
import PipelineCore
import Testing

/// Every kind of damage is one clear error, and nothing is left behind.
@Suite struct BadImageTests {
  private let workspace: TemporaryWorkspace
  private var folder: String { workspace.path }

  init() throws { workspace = try TemporaryWorkspace() }

  /// The code of what a call throws; `nil` when it throws nothing.
  private func code(_ call: () throws -> Void) -> String? {
    do {
      try call()
      return nil
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.message.contains(folder), "the path is told: \(diagnostic)")
      return diagnostic.code
    } catch {
      return "\(type(of: error))"
    }
  }

  private func crop(_ name: String, _ target: String = "crop") throws {
    _ = try ImageFiles.crop(
      "\(folder)/\(name)", left: 1, top: 1, width: 3, height: 3, to: "\(folder)/\(target)")
  }

  @Test("Bad files are refused with their code, by a crop, a check and a thumbnail")
  func codes() throws {
    let lines = try ImageJudge.run("make_bad.py", folder)
    #expect(lines.count > 40)
    for line in lines {
      let fields = line.split(separator: " ").map(String.init)
      let (name, expected) = (fields[0], fields[1])
      let found = [
        code { try crop(name) }, code { _ = try ImageFiles.verify("\(folder)/\(name)") },
        code { _ = try ImageFiles.thumbnail("\(folder)/\(name)", longestSide: 4, to: "\(folder)/thumbnail") },
      ]
      // An unknown compression matters only to who has to write it again.
      if name == "jpeg-kind.tif" {
        #expect(found[0] == expected)
      } else {
        #expect(found == [expected, expected, expected], "\(name)")
      }
      #expect(try FileStatus("\(folder)/crop") == nil)
      #expect(try FileStatus("\(folder)/thumbnail") == nil)
    }
  }

  private func small(_ format: ImageFormat) throws -> [UInt8] {
    var random = SeededRandom(seed: 3)
    let noise = (0..<12 * 10 * 3).map { _ in UInt8(random.next(below: 256)) }
    let raster = try #require(RGBRaster(width: 12, height: 10, bytes: noise))
    try ImageFiles.create("\(folder)/small.\(format)", pixels: raster, format: format)
    return try FileSystem.read("\(folder)/small.\(format)")
  }

  @Test("A file that ends anywhere before its end is refused", arguments: ImageFormat.allCases)
  func cuts(format: ImageFormat) throws {
    let bytes = try small(format)
    for count in 0..<bytes.count {
      try FileSystem.removeFile("\(folder)/cut")
      try FileSystem.create("\(folder)/cut", bytes[..<count])
      let found = code { try crop("cut") }
      let codes = ["image-truncated", "image-corrupt", "image-unsupported"]
      #expect(found.map(codes.contains) == true, "\(count) of \(bytes.count): \(found ?? "no error")")
      #expect(try FileStatus("\(folder)/crop") == nil)
    }
  }

  @Test("One changed bit anywhere in a PNG is noticed")
  func flips() throws {
    let bytes = try small(.png)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << UInt8(index % 8)
      try FileSystem.removeFile("\(folder)/changed")
      try FileSystem.create("\(folder)/changed", changed)
      #expect(code { try crop("changed") } != nil, "byte \(index)")
    }
  }

  @Test("A name that promises another format is a warning, and the content decides")
  func mismatch() throws {
    _ = try small(.png)
    try FileSystem.rename("\(folder)/small.png", to: "\(folder)/small.jpg")
    let crop = try ImageFiles.crop(
      "\(folder)/small.jpg", left: 0, top: 0, width: 2, height: 2, to: "\(folder)/crop")
    #expect(crop.warnings.map(\.code) == ["image-format-mismatch"])
    #expect(crop.warnings.map(\.severity) == [.warning])
    #expect(try ImageFiles.probe("\(folder)/crop").format == .png)
  }

  @Test("A taken name is an error, and what is there stays")
  func taken() throws {
    _ = try small(.png)
    try workspace.write("crop", "precious")
    #expect(code { try crop("small.png") } == "FileError")
    #expect(try workspace.text("crop") == "precious")
  }

  @Test("No file, a folder and a link to nothing are errors of the file")
  func noFile() throws {
    try FileSystem.makeDirectory("\(folder)/folder")
    try FileSystem.makeLink("\(folder)/link", to: "nothing")
    for name in ["missing", "folder", "link"] { #expect(code { try crop(name) } == "FileError") }
  }

  @Test(
    "A rectangle that is not inside is refused",
    arguments: [
      (-1, 0, 2, 2), (0, -1, 2, 2), (0, 0, 0, 2), (0, 0, 2, 0), (11, 0, 2, 2), (0, 9, 2, 2), (0, 0, 13, 1),
      (Int.max, 0, 1, 1), (0, 0, Int.max, 1), (1, 1, Int.max, Int.max), (0, 0, -1, 5),
    ])
  func rectangles(left: Int, top: Int, width: Int, height: Int) throws {
    for format in [ImageFormat.png, .jpeg] {
      _ = try small(format)
      let found = code {
        _ = try ImageFiles.crop(
          "\(folder)/small.\(format)", left: left, top: top, width: width, height: height,
          to: "\(folder)/crop")
      }
      #expect(found == "image-rectangle")
    }
  }

  @Test("Limits are the caller's", arguments: ImageFormat.allCases)
  func limits(format: ImageFormat) throws {
    let bytes = try small(format)
    let path = "\(folder)/small.\(format)"
    #expect(code { _ = try ImageFiles.probe(path, limits: ImageLimits(pixels: 119)) } == "image-too-large")
    #expect(code { _ = try ImageFiles.verify(path, limits: ImageLimits(pixels: 119)) } == "image-too-large")
    let less = ImageLimits(fileBytes: Int64(bytes.count) - 1)
    #expect(code { _ = try ImageFiles.verify(path, limits: less) } == "image-too-large")
    let enough = ImageLimits(pixels: 120, fileBytes: Int64(bytes.count))
    #expect(try ImageFiles.verify(path, limits: enough).width == 12)
  }

  @Test("Bytes after the end are told and left out", arguments: [ImageFormat.png, .jpeg, .webp])
  func trailing(format: ImageFormat) throws {
    let bytes = try small(format) + Array("and more".utf8)
    try FileSystem.create("\(folder)/longer", bytes)
    let crop = try ImageFiles.crop(
      "\(folder)/longer", left: 0, top: 0, width: 12, height: 10, to: "\(folder)/crop")
    #expect(crop.warnings.map(\.code) == ["image-trailing-data"])
    #expect(!(try FileSystem.read("\(folder)/crop")).suffix(8).elementsEqual("and more".utf8))
  }
}
