import ImageFiles

/// What an image was generated from, in the texts that its generator put into the file.
enum GenerationPrompt {
  /// The prompt of the text `parameters`, as AUTOMATIC1111's web UI writes it: what comes before the line that begins
  /// with `Negative prompt:` or `Steps:`, without white space around it. `nil` without such a text, and for an empty
  /// prompt. A `prompt` of ComfyUI is a graph of which any node may be the prompt: it is not guessed.
  static func text(of texts: [ImageText]) -> String? {
    guard let parameters = texts.first(where: { $0.keyword == "parameters" })?.text else { return nil }
    let lines = parameters.split(omittingEmptySubsequences: false) { $0.isNewline }
    let prompt = lines.prefix { !$0.hasPrefix("Negative prompt:") && !$0.hasPrefix("Steps:") }
      .joined(separator: "\n")
    let trimmed = prompt.drop(while: \.isWhitespace)
    guard let last = trimmed.lastIndex(where: { !$0.isWhitespace }) else { return nil }
    return String(trimmed[...last])
  }
}
