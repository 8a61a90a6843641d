import ImageFiles
import PipelineCore

/// What a demo image claims to be made from.
struct DemoPrompt {
  let caption: String
  private let stage: DemoGroup.Stage
  private let seed: Int
  private let steps: Int

  init(character: Int, stage: DemoGroup.Stage, random: inout DemoRandom) {
    let people = [
      "a dancer in a long coat", "a musician backstage", "a gardener after work", "a night porter",
    ]
    let places = [
      "city lights", "a foggy harbour", "an old theatre", "a station platform", "a winter garden",
    ]
    let lights = ["soft window light", "golden evening light", "overcast light", "warm lamp light"]
    caption =
      "portrait of \(people[character % people.count]), \(places[random.pick(0...places.count - 1)]) out of focus, "
      + lights[random.pick(0...lights.count - 1)]
    self.stage = stage
    seed = random.pick(100_000_000...4_294_967_295)
    steps = random.pick(22...36)
  }

  private func parameters(width: Int, height: Int) -> String {
    "\(caption)\nNegative prompt: text, watermark\nSteps: \(steps), Sampler: DPM++ 2M, CFG scale: 6.5, Seed: \(seed), "
      + "Size: \(width)x\(height)"
  }

  /// The text chunks of a PNG.
  func texts(width: Int, height: Int) -> [ImageText] {
    let prompt = JSONValue.object([
      "1": .object([
        "class_type": .string("KSampler"),
        "inputs": .object(["seed": .integer(Int64(seed)), "steps": .integer(Int64(steps))]),
      ]),
      "2": .object([
        "class_type": .string("CLIPTextEncode"), "inputs": .object(["text": .string(caption)]),
      ]),
    ])
    return [
      ImageText(keyword: "parameters", text: parameters(width: width, height: height)),
      ImageText(keyword: "prompt", text: prompt.canonical),
    ]
  }

  /// The `.yaml` beside the image.
  func settings(width: Int, height: Int) -> String {
    """
    stage: \(stage.rawValue)
    seed: \(seed)
    steps: \(steps)
    width: \(width)
    height: \(height)
    prompt: "\(caption)"

    """
  }
}
