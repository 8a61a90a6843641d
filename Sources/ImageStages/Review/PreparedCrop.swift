import FileCustody
import FileSystem

/// The hidden file in which a crop is made before custody gives it its name. A kill between the two leaves it behind.
///
/// Its name holds the 128-bit name of the crop's order, so that nobody else has a file of this name by chance, and
/// only that order needs it.
struct PreparedCrop {
  /// Beside the source: on the same file system as the target, and no folder has to be made for it.
  let path: String

  /// - Parameter folder: where the source lies, absolute.
  init(_ order: OrderID, in folder: String) { path = "\(folder)/.darkroom-\(order).new" }

  /// Removes the file if it is there. Call it only while the order is not begun, or is undone.
  func discard() throws {
    guard try FileStatus(path)?.kind == .file else { return }
    try FileSystem.removeFile(path)
    // Its folder may have to go empty with what is undone next.
    try FileSystem.sync(RelativePath(path).folder.rawValue)
  }
}
