import PipelineCore

/// Figures as elements that a program can read too: `data-figure` names the figure, `data-value` is its value.
///
/// Names that begin with `/` are JSON pointers into `dashboard.json`; others are of the run history.
enum FigureMarkup {
  static let absent = "not recorded"

  /// A figure; `value` is its plain JSON number, `text` how people read it. Both `nil` when it is not recorded.
  static func figure(_ name: String, _ value: JSONValue?, _ text: String?) -> String {
    let attribute = EscapedText.html(name)
    guard let value, value != .null, let text else {
      return "<span class=\"absent\" data-figure=\"\(attribute)\" data-value=\"\">\(absent)</span>"
    }
    let number = EscapedText.html(value.canonical)
    return "<span data-figure=\"\(attribute)\" data-value=\"\(number)\">\(EscapedText.html(text))</span>"
  }

  static func count(_ name: String, _ value: Double?) -> String {
    figure(name, PartialSum.json(value), value.map { Format.count($0) })
  }

  static func count(_ name: String, _ value: Int64?) -> String {
    figure(name, value.map { .integer($0) }, value.map { Format.count($0) })
  }

  static func workTime(_ name: String, _ seconds: Double?) -> String {
    figure(name, PartialSum.json(seconds), seconds.map { Format.workTime($0) })
  }
}
