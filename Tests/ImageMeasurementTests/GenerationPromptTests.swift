import DarkroomTesting
import ImageFiles
import Testing

@testable import ImageMeasurement

@Suite struct GenerationPromptTests {
  @Test(
    "The prompt is what comes before the generator's settings",
    arguments: [
      ("a cat\nNegative prompt: text\nSteps: 20, Sampler: DPM++ 2M", "a cat"),
      ("a cat,\r\n  on a mat \r\nSteps: 20", "a cat,\n  on a mat"),
      ("a cat", "a cat"), ("\n", nil), ("Steps: 20", nil), ("", nil),
    ] as [(String, String?)])
  func prompts(parameters: String, prompt: String?) {
    let texts = [
      ImageText(keyword: "Software", text: "x"), ImageText(keyword: "parameters", text: parameters),
    ]
    #expect(GenerationPrompt.text(of: texts) == prompt)
  }

  @Test("A graph of nodes is no prompt")
  func graphs() {
    #expect(GenerationPrompt.text(of: [ImageText(keyword: "prompt", text: "{}")]) == nil)
  }

  @Test("It is measured with the image")
  func measured() throws {
    let workspace = try TemporaryWorkspace()
    let path = "\(workspace.path)/a.png"
    let pixels = try #require(RGBRaster(width: 8, height: 8, bytes: [UInt8](repeating: 90, count: 192)))
    try ImageFiles.create(
      path, pixels: pixels, texts: [ImageText(keyword: "parameters", text: "a cat\nSteps: 3")])
    #expect(try MeasuredImage.measure(path).prompt == "a cat")
  }
}
