/// A colour of a demo picture; each part is 0 to 4095.
struct DemoColour {
  var red: Int
  var green: Int
  var blue: Int

  /// A colour whose parts are moved at random by at most `spread`.
  func varied(_ spread: Int, _ random: inout DemoRandom) -> DemoColour {
    func part(_ value: Int) -> Int { min(max(value + random.pick(-spread...spread), 0), 4_095) }
    let (red, green) = (part(red), part(green))
    return DemoColour(red: red, green: green, blue: part(blue))
  }

  /// The same colour with another brightness, in percent.
  func scaled(_ percent: Int) -> DemoColour {
    DemoColour(
      red: min(red * percent / 100, 4_095), green: min(green * percent / 100, 4_095),
      blue: min(blue * percent / 100, 4_095))
  }
}
