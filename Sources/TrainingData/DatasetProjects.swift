import FileSystem

extension DatasetFiles {
  /// The projects that have a published dataset, in the order of their ids' bytes.
  /// - Parameters:
  ///   - workspace: absolute.
  ///   - observe: hears of each workspace-relative path that is looked at, for stages.
  public static func projects(workspace: String, observe: (String) -> Void = { _ in }) throws -> [String] {
    observe(folder)
    guard try FileStatus(following: "\(workspace)/\(folder)") != nil else { return [] }
    return try FileSystem.list("\(workspace)/\(folder)").filter { id in
      guard !id.hasPrefix(".") else { return false }
      observe("\(folder(project: id))/current")
      return try FileStatus("\(workspace)/\(folder(project: id))/current") != nil
    }
  }
}
