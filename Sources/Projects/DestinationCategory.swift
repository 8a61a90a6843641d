/// What the destination of an operation means for production.
public enum DestinationCategory: UInt8, Sendable, CaseIterable {
  case crop, selected, cropped, delete, trash, other

  /// The category's name in files and settings.
  public var name: String {
    switch self {
    case .crop: "crop"
    case .selected: "selected"
    case .cropped: "cropped"
    case .delete: "delete"
    case .trash: "trash"
    case .other: "other"
    }
  }

  public init?(name: some StringProtocol) {
    guard let category = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = category
  }
}

/// The folder names that decide a destination's category; names are compared whole, never by parts.
public struct DestinationFolders: Sendable, Equatable {
  /// The category of a folder, by its name.
  public var categories: [String: DestinationCategory]

  public init(_ categories: [String: DestinationCategory] = Self.defaults) { self.categories = categories }

  /// The production folders' usual names, and the Trash folders of Linux and macOS.
  public static let defaults: [String: DestinationCategory] = [
    "__crop": .crop, "__crop_auto": .crop, "__selected": .selected, "__cropped": .cropped,
    "__delete_staging": .delete, ".Trash": .trash, "Trash": .trash,
  ]

  /// This table with the entries of `others` added, which win over entries of the same name.
  public func overridden(by others: [String: DestinationCategory]) -> Self {
    Self(categories.merging(others) { _, new in new })
  }

  /// The meaning of the innermost folder of `path` that has one.
  public func meaning(of path: PathComponents) -> DestinationCategory? {
    for component in path.components.reversed() {
      if let category = categories[component] { return category }
    }
    return nil
  }

  /// The category of a destination: an operation that sends to the Trash is `trash` wherever the record says it
  /// went; otherwise the folder's meaning decides; a deletion without one is `delete`.
  public static func category(operation: String, folder: DestinationCategory?) -> DestinationCategory {
    if operation == "send_to_trash" { return .trash }
    return folder ?? (operation == "delete" || operation == "stage_delete" ? .delete : .other)
  }

  /// The category of what an operation did, by its destination; `nil` for a record without one.
  public func category(operation: String, path: PathComponents?) -> DestinationCategory {
    Self.category(operation: operation, folder: path.flatMap(meaning))
  }
}
