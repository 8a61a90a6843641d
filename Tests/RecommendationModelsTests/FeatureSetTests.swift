import DarkroomTesting
import Learning
import PipelineCore
import Testing

@testable import RecommendationModels

/// Figures of an image of noise.
func figures(_ random: inout SeededRandom, stage: Double = 1) -> ImageFigures {
  func fraction() -> Double { Double(random.next(below: 1_000)) / 1_000 }
  return ImageFigures(
    width: 100 + random.next(below: 900), height: 100 + random.next(below: 900), sharpness: 500 * fraction(),
    exposure: fraction(), contrast: fraction() / 2, entropy: 8 * fraction(), colourfulness: 100 * fraction(),
    clippedShadows: fraction(), clippedHighlights: fraction(), attentionX: fraction(), attentionY: fraction(),
    stage: stage)
}

@Suite struct FeatureSetTests {
  @Test("A row has one finite number for each column, whatever was measured")
  func rows() throws {
    var random = SeededRandom(seed: 1)
    #expect(Set(FeatureSet.columns).count == FeatureSet.columns.count)
    for count in 1...5 {
      let rows = FeatureSet.rows(of: (0..<count).map { figures(&random, stage: Double($0 % 3)) })
      #expect(rows.count == count)
      for row in rows { #expect(row.count == FeatureSet.columns.count && row.allSatisfy { $0.isFinite }) }
    }
    let empty = ImageFigures(
      width: 0, height: 0, sharpness: 0, exposure: 0, contrast: 0, entropy: 0, colourfulness: 0,
      clippedShadows: 0, clippedHighlights: 0, attentionX: 0, attentionY: 0, stage: 0)
    #expect(FeatureSet.rows(of: [empty, empty]).joined().allSatisfy { $0.isFinite })
    #expect(FeatureSet.cropRow(of: empty).allSatisfy { $0.isFinite })
    #expect(FeatureSet.cropRow(of: empty).count == FeatureSet.cropColumns.count)
  }

  @Test("Figures are differences to the mean; ranks and the highest stage are of the group")
  func relative() throws {
    var random = SeededRandom(seed: 2)
    var group = (0..<3).map { figures(&random, stage: [1, 3, 3][$0]) }
    for (index, contrast) in [0.1, 0.4, 0.1].enumerated() { group[index].contrast = contrast }
    let rows = FeatureSet.rows(of: group)
    func column(_ name: String) throws -> [Double] {
      let place = try #require(FeatureSet.columns.firstIndex(of: name))
      return rows.map { $0[place] }
    }
    for (value, wanted) in zip(try column("contrast above mean"), [-0.1, 0.2, -0.1]) {
      #expect(abs(value - wanted) < 1e-12)
    }
    #expect(try column("contrast rank") == [0.25, 1, 0.25])
    #expect(try column("is highest stage") == [0, 1, 1])
    #expect(try column("position") == [0, 0.5, 1])
    #expect(FeatureSet.ruleChoice(group) == 1)
  }

  @Test("Every proposed rectangle lies in the image, whatever the regression says")
  func rectangles() throws {
    var random = SeededRandom(seed: 3)
    for _ in 0..<2_000 {
      let predicted = (0..<4).map { _ in Double(random.next(below: 4_001)) / 1_000 - 2 }
      let rectangle = try #require(CropProposer.rectangle(predicted))
      #expect(rectangle.allSatisfy { (0...1).contains($0) })
      #expect(rectangle[0] < rectangle[2] && rectangle[1] < rectangle[3], "\(predicted)")
    }
    #expect(CropProposer.rectangle([0.5, .nan, 0, 0]) == nil)
    // A rectangle comes back from its own targets.
    let drawn = [0.1, 0.25, 0.7, 0.85]
    #expect(try #require(CropProposer.rectangle(CropProposer.targets(drawn))) == drawn)
  }
}
