public import Learning
import PipelineCore

/// Proposes a rectangle for an image: a regression from its figures and attention point to centre and size.
public struct CropProposer: Hashable, Sendable {
  /// Predicts ``outputs`` from ``FeatureSet/cropColumns``.
  public let regression: RidgeRegression

  /// Centres as fractions of the image's sides, and the natural logarithms of width and height as such fractions: sizes
  /// are factors of the image's.
  public static let outputs = ["centre x", "centre y", "log width", "log height"]
  /// No proposed side is smaller, as a fraction of the image's.
  public static let smallestSide = 0.05
  /// Proposed coordinates are multiples of this.
  private static let grid = 10_000.0

  /// - Throws: `learning-model` when the regression predicts something else.
  public init(_ regression: RidgeRegression) throws {
    guard regression.outputs == Self.outputs else {
      throw Diagnostic(
        code: "learning-model",
        "the crop's regression predicts \(regression.outputs.joined(separator: ", ")), not \(Self.outputs.joined(separator: ", "))",
        help: "the model was altered; fit it again")
    }
    self.regression = regression
  }

  /// The rectangle [x1, y1, x2, y2] as fractions of the displayed image: always 0 ≤ x1 < x2 ≤ 1, likewise y; `nil` when
  /// the figures are beyond all numbers.
  public func rectangle(for image: ImageFigures) -> [Double]? {
    rectangle(features: FeatureSet.cropRow(of: image))
  }

  /// The same for a row of ``FeatureSet/cropColumns``.
  public func rectangle(features: [Double]) -> [Double]? { Self.rectangle(regression.predict(features)) }

  /// What is to be predicted for this rectangle: the values of ``outputs``.
  public static func targets(_ rectangle: [Double]) -> [Double] {
    [
      (rectangle[0] + rectangle[2]) / 2, (rectangle[1] + rectangle[3]) / 2,
      PortableMath.log(max(rectangle[2] - rectangle[0], 1e-6)),
      PortableMath.log(max(rectangle[3] - rectangle[1], 1e-6)),
    ]
  }

  /// The nearest rectangle inside the image with these predicted values.
  static func rectangle(_ predicted: [Double]) -> [Double]? {
    guard predicted.count == 4, predicted.allSatisfy(\.isFinite) else { return nil }
    func edges(_ centre: Double, _ logSize: Double) -> (Double, Double) {
      let size = min(max(PortableMath.exp(logSize), smallestSide), 1)
      let low = min(max(centre - size / 2, 0), 1 - size)
      return ((low * grid).rounded() / grid, ((low + size) * grid).rounded() / grid)
    }
    let (x1, x2) = edges(predicted[0], predicted[2])
    let (y1, y2) = edges(predicted[1], predicted[3])
    return [x1, y1, min(x2, 1), min(y2, 1)]
  }
}
