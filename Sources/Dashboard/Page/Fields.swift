import Mustache

/// What a template may name: each value knows whether it is text, which is escaped, or finished markup.
///
/// The templates render as plain text, so the escaping does not depend on how many braces a template writes.
struct Fields: MustacheParent, ExpressibleByDictionaryLiteral {
  enum Value {
    /// Text of any origin.
    case text(String)
    /// HTML made by this module.
    case markup(String)
    case flag(Bool)
    case list([Fields])
    case group(Fields)

    /// Text, or a false flag that `{{^name}}` sees.
    static func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .flag(false) }
    static func optionalMarkup(_ text: String?) -> Value { text.map { .markup($0) } ?? .flag(false) }
    static func optionalGroup(_ fields: Fields?) -> Value { fields.map { .group($0) } ?? .flag(false) }
  }

  /// Text as the templates print it.
  private struct Printed: MustacheCustomRenderable {
    let renderText: String
    var isNull: Bool { false }
  }

  private var values: [String: Value]

  init(dictionaryLiteral elements: (String, Value)...) {
    values = Dictionary(elements) { _, last in last }
  }

  subscript(name: String) -> Value? {
    get { values[name] }
    set { values[name] = newValue }
  }

  func child(named name: String) -> Any? {
    switch values[name] {
    case .text(let text): Printed(renderText: EscapedText.html(text))
    case .markup(let markup): Printed(renderText: markup)
    case .flag(let flag): flag
    case .list(let list): list
    case .group(let group): group
    case nil: nil
    }
  }
}

/// The outermost fields of a page; notes every name that a template asks for and nothing defines.
final class RootFields: MustacheParent {
  private let fields: Fields
  private(set) var undefined: Set<String> = []

  init(_ fields: Fields) { self.fields = fields }

  func child(named name: String) -> Any? {
    let child = fields.child(named: name)
    if child == nil { undefined.insert(name) }
    return child
  }
}
