import DarkroomTesting
import ImageFiles
import PipelineCore
import Testing

@testable import ImageMeasurement

@Suite struct MeasurementTableTests {
  private static func image(_ digest: Digest, _ number: Int) -> MeasuredImage {
    MeasuredImage(
      digest: digest,
      features: ImageFeatures(
        sharpness: Double(number), exposure: 0.5, contrast: 0.25, entropy: 7, colourfulness: 3,
        clippedShadows: 0.125,
        clippedHighlights: 0, attention: .init(x: 0.75, y: 1), perceptualHash: "00000000000000ff",
        width: 10 + number,
        height: 20), prompt: number % 2 == 0 ? nil : "a cat № \(number)")
  }

  private static func find(_ table: MeasurementTable, _ text: String) -> MeasurementTable.Figures? {
    Array(text.utf8).withUnsafeBytes { table.figures(of: $0) }
  }

  @Test(
    "Each image that was measured is found, and no other", arguments: [0, 1, 2, 3, 64, 1_000], [false, true])
  func finds(count: Int, areCrowded: Bool) throws {
    let workspace = try TemporaryWorkspace()
    // Crowded: digests that begin alike, as those of files never do.
    let digests = (0..<count).map { number -> Digest in
      let digest = Digest(of: "\(number)")
      return areCrowded
        ? Digest(hex: String(repeating: "f", count: 16) + digest.hex.dropFirst(16)) ?? digest : digest
    }
    try MeasurementDatabase(workspace: workspace.path, project: "p").record(
      digests.enumerated().map { Self.image($1, $0) })
    let table = try #require(try MeasurementTable(workspace: workspace.path, project: "p"))
    for (number, digest) in digests.enumerated() {
      let figures = try #require(Self.find(table, digest.hex))
      #expect(figures.width == 10 + Int32(number) && figures.sharpness == Double(number))
      #expect(figures.prompt == (number % 2 == 0 ? nil : "a cat № \(number)"))
      #expect(figures.height == 20 && figures.exposure == 0.5 && figures.contrast == 0.25)
      #expect(figures.entropy == 7 && figures.colourfulness == 3 && figures.clippedShadows == 0.125)
      #expect(figures.clippedHighlights == 0 && figures.attentionX == 0.75 && figures.attentionY == 1)
      #expect(figures.perceptualHash == 0xFF)
    }
    for other in [
      Digest(of: "other").hex, "", "short", String(repeating: "0", count: 64),
      String(repeating: "f", count: 64),
    ] {
      #expect(Self.find(table, other) == nil)
    }
  }

  @Test("Without a database there is no table")
  func none() throws {
    #expect(try MeasurementTable(workspace: TemporaryWorkspace().path, project: "p") == nil)
  }
}
