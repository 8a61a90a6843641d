import DarkroomTesting
import Foundation
import PipelineCore
import Testing

@testable import OperationLog

@Suite struct DaySegmentTests {
  private func segment() throws -> (LogWorkspace, String, [UInt8]) {
    let workspace = try LogWorkspace()
    try workspace.write((0..<20).map { sampleLine($0, second: 20 - $0) }.joined(), to: "data/logs/a.log")
    let extraction = try workspace.extract("data/logs/a.log")
    let name = "internal/day=2025-10-10/rows"
    return (
      workspace, workspace.root + "/" + extraction.artifact + "/" + name, try #require(extraction.files[name])
    )
  }

  @Test func bothReadersAgree() throws {
    let (workspace, path, _) = try segment()
    let whole = try DaySegment.read(path)
    let events = try DayEvents.read(path)
    #expect(whole.rows.map(\.event) == events.rows)
    #expect(whole.strings == events.strings)
    #expect(whole.imageNames == events.imageNames)
    #expect(whole.sources == ["data/logs/a.log"])
    #expect(try DaySegment.rowCount(path, name: "rows") == 20)
    #expect(whole.rows.map(\.line) == Array((1...20).reversed()))
    _ = workspace
  }

  /// A cut or changed file is an error or reads as other rows, and never a crash.
  @Test func damageIsNoticed() throws {
    let (workspace, _, bytes) = try segment()
    let path = workspace.root + "/damaged"
    for length in 0..<bytes.count {
      try Data(bytes[..<length]).write(to: URL(fileURLWithPath: path))
      #expect(throws: Diagnostic.self) { try DayEvents.read(path) }
    }
    var random = SeededRandom(seed: 5)
    for _ in 0..<300 {
      var damaged = bytes
      damaged[random.next(below: 200)] = UInt8(random.next(below: 256))
      damaged[random.next(below: bytes.count)] ^= UInt8(1 << random.next(below: 8))
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      do {
        let events = try DayEvents.read(path)
        #expect(events.rows.count == 20)
      } catch let error as Diagnostic {
        #expect(error.code == "damaged-artifact")
      }
    }
  }

  /// The hash is the one that its documentation describes, which Python computes on its own.
  @Test(arguments: ["a", "image_1", "eight888", "20251010_085207_stage1_generated"])
  func imageNameHash(_ name: String) throws {
    let program = """
      import sys
      data = sys.argv[1].encode()
      M = 2**64 - 1
      def mix(s, w):
          p = ((s ^ w) & M) * 0x9E3779B97F4A7C15
          return (p >> 64) ^ (p & M)
      s = (len(data) * 0xA0761D6478BD642F + 0xE7037ED1A0B428DB) & M
      for i in range(0, len(data), 8): s = mix(s, int.from_bytes(data[i:i+8].ljust(8, b"\\0"), "little"))
      print(mix(s, 0))
      """
    let output = try LogWorkspace.run(["python3", "-c", program, name])
    let expected = UInt64(
      String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    func hash(_ path: String) -> UInt64? {
      var path = path
      return path.withUTF8 { ImageName.hash(of: ByteSlice(data: $0.baseAddress, count: $0.count)) }
    }
    for path in ["\(name).png", "\(name).JPEG", "some/folder.x/\(name).webp", "/\(name).jpg"] {
      #expect(hash(path) == expected)
    }
    for path in [name, "\(name).yaml", "\(name).pngx", "\(name)/.png", ".png", "", "\(name).png/x"] {
      #expect(hash(path) == nil)
    }
  }
}
