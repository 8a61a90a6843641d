/// What a group's pictures show: somebody before lights out of focus. Nobody who exists.
struct DemoScene {
  let width: Int
  let height: Int
  private let top: DemoColour
  private let bottom: DemoColour
  private let lights: [DemoShape]
  private let body: [DemoShape]
  private let face: DemoShape
  private let field: [Int]
  private let tint: [Int]

  /// - Parameter character: makes clothes and hair the same in all pictures of one folder.
  init(width: Int, height: Int, character: Int, random: inout DemoRandom) {
    self.width = width
    self.height = height
    let evening = random.happens(40)
    let sky =
      evening
      ? DemoColour(red: 1_100, green: 900, blue: 1_500) : DemoColour(red: 1_900, green: 2_200, blue: 2_500)
    top = sky.varied(600, &random)
    bottom = top.scaled(random.pick(45...75)).varied(250, &random)
    lights = (0..<random.pick(5...11)).map { _ in
      let radius = random.pick(width / 24...width / 8)
      return DemoShape(
        x: random.pick(0...width), y: random.pick(0...height * 2 / 3), radiusX: radius, radiusY: radius,
        colour: DemoColour(red: 3_700, green: 3_100, blue: 2_300).varied(700, &random),
        opacity: random.pick(500...1_700), sharpness: random.pick(8...30), relief: 0, texture: 300)
    }
    field = DemoNoise.field(width: width, height: height, octaves: DemoNoise.texture, random: &random)
    tint = DemoNoise.field(width: width, height: height, octaves: DemoNoise.tint, random: &random)

    var own = DemoRandom(seed: 0xC0_10_12 &+ UInt64(character))
    let cloth = DemoColour(red: 1_700, green: 1_500, blue: 1_700).varied(1_300, &own)
    let hair = DemoColour(red: 1_100, green: 800, blue: 600).varied(500, &own)
    let skin = DemoColour(red: 3_100, green: 2_350, blue: 1_900).scaled(own.pick(55...115))
    let unit = min(width, height)
    let x = width / 2 + random.pick(-unit / 7...unit / 7)
    let y = height * random.pick(36...46) / 100
    let size = unit * random.pick(15...20) / 100
    body = [
      DemoShape(
        x: x + size / 6, y: y + size * 4, radiusX: size * 5 / 2, radiusY: size * 5 / 2, colour: cloth,
        texture: 2_400),
      DemoShape(
        x: x, y: y - size / 5, radiusX: size * 13 / 10, radiusY: size * 16 / 10, colour: hair, sharpness: 16,
        texture: 3_600),
      DemoShape(
        x: x, y: y + size * 14 / 10, radiusX: size / 2, radiusY: size * 8 / 10, colour: skin.scaled(80)),
    ]
    face = DemoShape(
      x: x, y: y, radiusX: size * 9 / 10, radiusY: size * 12 / 10, colour: skin, sharpness: 24, texture: 900)
  }

  /// The first picture of the scene.
  func picture() -> DemoPicture {
    var samples = background()
    for shape in lights + body + [face] { paint(shape, &samples) }
    return DemoPicture(width: width, height: height, samples: samples)
  }

  /// The same picture with a slightly different face.
  func withOtherFace(_ picture: DemoPicture, random: inout DemoRandom) -> DemoPicture {
    var samples = picture.samples
    let other = DemoShape(
      x: face.x + random.pick(-3...3), y: face.y + random.pick(-3...3), radiusX: face.radiusX * 96 / 100,
      radiusY: face.radiusY * 98 / 100, colour: face.colour.varied(260, &random), opacity: 3_000,
      sharpness: 12, texture: 2_200)
    paint(other, &samples)
    return DemoPicture(width: width, height: height, samples: samples)
  }

  private func paint(_ shape: DemoShape, _ samples: inout [Int]) {
    shape.paint(on: &samples, width: width, height: height, field: field)
  }

  /// A gradient with clouds of light and colour, darker towards the corners.
  private func background() -> [Int] {
    var samples = [Int](repeating: 0, count: 3 * width * height)
    samples.withUnsafeMutableBufferPointer { samples in
      for y in 0..<height {
        let down = y << 12 / height
        let red = DemoNoise.mix(top.red, bottom.red, down)
        let green = DemoNoise.mix(top.green, bottom.green, down)
        let blue = DemoNoise.mix(top.blue, bottom.blue, down)
        let v = y << 11 / height - 1_024
        for x in 0..<width {
          let pixel = y * width + x
          let u = x << 11 / width - 1_024
          let light = field[pixel] - (u * u + v * v) >> 12
          samples[3 * pixel] = red + light + tint[pixel]
          samples[3 * pixel + 1] = green + light
          samples[3 * pixel + 2] = blue + light - tint[pixel]
        }
      }
    }
    return samples
  }
}
