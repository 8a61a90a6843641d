import Mustache

/// The templates of the page, parsed once.
enum PageTemplates {
  /// The templates by name; the first is the page, the others are its parts.
  static let sources: [(name: String, text: String)] = [
    ("page", pageTemplate), ("verdict", verdictTemplate), ("activity", activityTemplate),
    ("chart", chartTemplate),
    ("sessions", sessionsTemplate), ("projects", projectsTemplate),
    ("recommendations", recommendationsTemplate), ("model", modelTemplate),
    ("dataChecks", dataChecksTemplate), ("runs", runsTemplate),
    ("lines", linesTemplate),
  ]

  private static let library = Result {
    try sources.reduce(into: MustacheLibrary()) { library, source in
      // Plain text: the values escape themselves, see ``Fields``.
      try library.register("{{% CONTENT_TYPE:TEXT}}" + source.text, named: source.name)
    }
  }

  /// The page with the fields of `root`.
  static func render(_ root: RootFields) throws -> String {
    let library = try library.get()
    return library.render(root, withTemplate: "page") ?? ""
  }
}
