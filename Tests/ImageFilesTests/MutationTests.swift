import DarkroomTesting
import FileSystem
import ImageFiles
import PipelineCore
import Testing

/// Files that were changed at random are refused or read, and never end the program.
@Suite struct MutationTests {
  private let workspace: TemporaryWorkspace
  private var folder: String { workspace.path }

  init() throws { workspace = try TemporaryWorkspace() }

  @Test("Thousands of changed files", arguments: ["png", "jpeg", "webp", "tiff"], [1, 2])
  func mutations(format: String, seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let names: [String]
    if format == "png" {
      let lines = try ImageJudge.run("judge_png.py", "make", folder, "9", "45")
      names = lines.indices.map { "\($0).png" }
    } else {
      let lines = try ImageJudge.run("judge_pillow.py", "make", format, folder, "9", "30")
      names = lines.compactMap { $0.split(separator: " ").first.map(String.init) }
    }
    let sources = try names.map { try FileSystem.read("\(folder)/\($0)") }
    let rounds = ["png": 2000, "jpeg": 1500][format] ?? 300
    var refused = 0
    for _ in 0..<rounds {
      var bytes = sources[random.next(below: sources.count)]
      for _ in 0...random.next(below: 4) { Self.mutate(&bytes, &random) }
      // Beyond the checksums there is more to break.
      if format == "png", random.chance(0.8) { Self.repairChecksums(&bytes) }
      if try isRefused(bytes) { refused += 1 }
    }
    #expect(refused > rounds / 4)
    #expect(refused < rounds)
  }

  /// Reads a file in all ways; whether it was refused.
  private func isRefused(_ bytes: [UInt8]) throws -> Bool {
    let path = "\(folder)/changed"
    try FileSystem.removeFile(path)
    try FileSystem.create(path, bytes)
    let limits = ImageLimits(pixels: 4_000_000)
    do {
      let facts = try ImageFiles.probe(path, limits: limits)
      _ = try ImageFiles.texts(path)
      _ = try ImageFiles.features(path, limits: limits)
      let crop = try ImageFiles.crop(
        path, left: facts.width / 3, top: facts.height / 3, width: facts.width - facts.width / 3,
        height: facts.height - facts.height / 3, to: "\(folder)/crop", limits: limits)
      defer { try? FileSystem.removeFile("\(folder)/crop") }  // `try?`: the next crop would fail.
      // What was accepted can be read again.
      #expect(try ImageFiles.verify("\(folder)/crop", limits: limits).width == crop.width)
      return false
    } catch let error as Diagnostic {
      #expect(error.code.hasPrefix("image-"), "\(error)")
      #expect(try FileStatus("\(folder)/crop") == nil)
      return true
    }
  }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    guard !bytes.isEmpty else { return }
    let place = random.next(below: bytes.count)
    switch random.next(below: 6) {
    case 0: bytes[place] ^= 1 << UInt8(random.next(below: 8))
    case 1: bytes[place] = UInt8(random.next(below: 256))
    case 2: bytes[place] = [0, 1, 127, 128, 255][random.next(below: 5)]
    case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.next(below: 8)))
    case 4:
      bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + random.next(below: 30))], at: place)
    default: bytes.removeLast(random.next(below: min(bytes.count, 40)))
    }
  }

  /// Makes the checksum of each chunk right, as far as there are chunks.
  private static func repairChecksums(_ bytes: inout [UInt8]) {
    var offset = 8
    while offset + 12 <= bytes.count {
      let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = offset + 8 + length
      guard end + 4 <= bytes.count else { return }
      var checksum: UInt32 = .max
      for byte in bytes[offset + 4..<end] {
        checksum ^= UInt32(byte)
        for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0xedb8_8320 : 0) }
      }
      for index in 0..<4 {
        bytes[end + index] = UInt8(truncatingIfNeeded: ~checksum >> (24 - 8 * UInt32(index)))
      }
      offset = end + 4
    }
  }
}
