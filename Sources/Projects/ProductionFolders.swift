/// The names of a project's production folders: each is one name, directly below the project's root.
public struct ProductionFolders: Sendable, Equatable {
  /// Images that were picked and are finished.
  public var selected = "__selected"
  /// Images that wait for a person's crop.
  public var crop = "__crop"
  /// Images whose recommended crop was accepted.
  public var cropAuto = "__crop_auto"
  /// Crops that were made.
  public var cropped = "__cropped"
  /// Images that go to the Trash after some days.
  public var deleteStaging = "__delete_staging"

  public init() {}

  /// All names, in the order above.
  public var all: [String] { [selected, crop, cropAuto, cropped, deleteStaging] }
}
