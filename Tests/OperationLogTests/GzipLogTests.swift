import Foundation
import PipelineCore
import Testing

@testable import OperationLog

@Suite struct GzipLogTests {
  private let plain = Array((0..<4000).map { sampleLine($0, second: $0) }.joined().utf8)

  private func extract(_ bytes: [UInt8]) throws -> LogWorkspace.Extraction {
    let workspace = try LogWorkspace()
    try workspace.write(bytes, to: "data/logs/a.log.gz")
    return try workspace.extract("data/logs/a.log.gz")
  }

  @Test func sameAsPlain() throws {
    let workspace = try LogWorkspace()
    try workspace.write(plain, to: "data/logs/a.log")
    let expected = try workspace.extract("data/logs/a.log")
    let packed = try extract(try LogWorkspace.gzip(plain))
    #expect(packed.accounting.total == expected.accounting.total)
    #expect(packed.accounting.corruptGzip == nil)
    #expect(packed.accounting.resume == nil)
    #expect(packed.events.compactMap { $0["event_id"] } == expected.events.compactMap { $0["event_id"] })
  }

  @Test func manyMembers() throws {
    var bytes: [UInt8] = []
    // Cut in the middle of lines, and with empty members between.
    for start in stride(from: 0, to: plain.count, by: 100_001) {
      bytes += try LogWorkspace.gzip(Array(plain[start..<min(plain.count, start + 100_001)]))
      bytes += try LogWorkspace.gzip([])
    }
    let extraction = try extract(bytes)
    #expect(extraction.accounting.total.accepted == 4000)
    #expect(extraction.accounting.corruptGzip == nil)
    #expect(extraction.accounting.bytes == Int64(bytes.count))
  }

  @Test func emptyMemberAlone() throws {
    let extraction = try extract(try LogWorkspace.gzip([]))
    #expect(extraction.accounting.total.lines == 0)
    #expect(extraction.accounting.corruptGzip == nil)
  }

  @Test func truncated() throws {
    let packed = try LogWorkspace.gzip(plain)
    for length in [
      0, 1, 2, 9, 10, 11, 100, packed.count / 2, packed.count - 9, packed.count - 8, packed.count - 1,
    ] {
      let extraction = try extract(Array(packed[..<length]))
      #expect(extraction.accounting.corruptGzip != nil, "cut to \(length) of \(packed.count)")
      #expect(extraction.accounting.total.isBalanced)
      #expect(extraction.result.findings.contains { $0.code == "corrupt-gzip" })
      if length == packed.count / 2 { #expect(extraction.accounting.total.accepted > 500) }
      if length >= packed.count - 8 { #expect(extraction.accounting.total.accepted == 4000) }
    }
  }

  @Test func wrongChecksum() throws {
    for index in [8, 1] {
      var packed = try LogWorkspace.gzip(plain)
      packed[packed.count - index] ^= 1
      let extraction = try extract(packed)
      #expect(extraction.accounting.corruptGzip?.contains("checksum") == true)
      #expect(extraction.accounting.total.accepted == 4000)
    }
  }

  @Test func garbage() throws {
    let packed = try LogWorkspace.gzip(plain)
    let after = try extract(packed + Array("garbage".utf8))
    #expect(after.accounting.total.accepted == 4000)
    #expect(after.accounting.corruptGzip?.contains("follow") == true)
    let instead = try extract(plain)
    #expect(instead.accounting.total.lines == 0)
    #expect(instead.accounting.corruptGzip?.contains("not a gzip file") == true)
    var damaged = packed
    for index in 2000..<2100 { damaged[index] ^= 0x55 }
    let middle = try extract(damaged)
    #expect(middle.accounting.corruptGzip != nil)
    #expect(middle.accounting.total.isBalanced)
  }

  @Test func singleBytesAfterTheEnd() throws {
    let packed = try LogWorkspace.gzip(plain)
    #expect(try extract(packed + [0x1F]).accounting.corruptGzip != nil)
    #expect(try extract(packed + [0]).accounting.corruptGzip != nil)
    #expect(try extract(packed + [0x1F, 0x8B]).accounting.corruptGzip != nil)
  }
}
