import PipelineCore
import Projects

/// What becomes of the source set of a crop that is durable.
enum AfterCrop: Equatable {
  /// It stays where the review put it.
  case keep
  case trash
  /// It goes to the folder of this name, directly below the project's root.
  case folder(String)

  /// Reads the setting `afterCrop`.
  ///
  /// A folder's name begins with two underscores, as those of the production folders do. So no slip of the pen is taken
  /// for a folder (`Trash`, `kepe`), and no source gets among images that wait for a decision.
  /// - Throws: `Diagnostics` `after-crop`.
  init(_ definition: StageDefinition) throws {
    let text = definition.settings["afterCrop"]?.stringValue ?? "keep"
    switch text {
    case "keep": self = .keep
    case "trash": self = .trash
    default:
      guard text.utf8.starts(with: "__".utf8), text.utf8.count > 2, text.utf8.count <= 255,
        !text.utf8.contains(UInt8(ascii: "/")), !text.utf8.contains(0)
      else {
        throw Diagnostics([
          Diagnostic(
            code: "after-crop", "afterCrop is \(text.debugDescription); nothing was cropped",
            at: definition.location,
            help: "give keep, trash, or the name of a folder that begins with __, such as __originals")
        ])
      }
      self = .folder(text)
    }
  }

  /// Refuses a folder that has another purpose in the project. Called before anything is cropped.
  func check(_ project: ImageProject) throws {
    guard case .folder(let name) = self else { return }
    // On many disks names that differ in case are one.
    guard let taken = project.production.all.first(where: { $0.lowercased() == name.lowercased() }) else {
      return
    }
    throw Diagnostic(
      code: "after-crop",
      "afterCrop is \(name), which is the folder \(taken) of project \(project.id) already; nothing was cropped",
      help: "give a folder of its own, such as __originals")
  }
}
