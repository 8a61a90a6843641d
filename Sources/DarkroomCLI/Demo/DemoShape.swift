/// An ellipse with soft edges, lit from one side.
struct DemoShape {
  /// The centre in pixels; may lie outside the picture.
  let x: Int
  let y: Int
  /// Half the width and half the height in pixels, at least 1.
  let radiusX: Int
  let radiusY: Int
  let colour: DemoColour
  /// How much it covers, in 4096ths.
  var opacity = 4_096
  /// How quickly the edge becomes full: 4 for a blur that reaches the middle, 40 for an outline.
  var sharpness = 40
  /// How much the light's side is brighter and the other darker, in 4096ths; 0 for a flat light.
  var relief = 1_400
  /// How much of the picture's texture shows, in 4096ths.
  var texture = 1_600

  /// The light comes from the upper left. Both in 1024ths.
  private static let (lightX, lightY) = (-600, -820)

  /// Paints it onto samples of `width` × `height` pixels, three for each pixel.
  func paint(on samples: inout [Int], width: Int, height: Int, field: [Int]) {
    let columns = max(0, x - radiusX)..<max(0, min(width, x + radiusX))
    guard !columns.isEmpty else { return }
    for row in max(0, y - radiusY)..<max(0, min(height, y + radiusY)) {
      let v = (row - y) * 1_024 / radiusY
      for column in columns {
        let u = (column - x) * 1_024 / radiusX
        let distance = (u * u + v * v) >> 10
        if distance >= 1_024 { continue }
        let cover = DemoNoise.scaled(min(4_096, (1_024 - distance) * sharpness), opacity)
        let pixel = row * width + column
        let light =
          4_096 + DemoNoise.scaled((u * Self.lightX + v * Self.lightY) >> 8, relief)
          + DemoNoise.scaled(field[pixel], texture) - DemoNoise.scaled(distance, relief)
        samples[3 * pixel] = DemoNoise.mix(samples[3 * pixel], DemoNoise.scaled(colour.red, light), cover)
        samples[3 * pixel + 1] = DemoNoise.mix(
          samples[3 * pixel + 1], DemoNoise.scaled(colour.green, light), cover)
        samples[3 * pixel + 2] = DemoNoise.mix(
          samples[3 * pixel + 2], DemoNoise.scaled(colour.blue, light), cover)
      }
    }
  }
}
