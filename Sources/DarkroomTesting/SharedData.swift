import FileSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The team's real data, which are in no repository: on some machines they lie in a folder `shared/data` beside it, or
/// where the environment's `DARKROOM_SHARED_DATA` says. A test that needs them is `enabled(if:)` they are there, with a
/// reason: a test that does nothing has to say so.
public enum SharedData {
  /// The absolute path of a file or folder of the data; `nil` where it is not.
  /// - Parameter name: relative to the data's folder.
  public static func path(_ name: String) -> String? {
    folders.map { "\($0)/\(name)" }.first { path in
      // `try?`: a folder that nobody may look into has no data for a test.
      (try? FileStatus(following: path)) != nil
    }
  }

  /// The log of all crops that people made with the older system.
  public static let cropLog = path("real_crop_log.csv")

  private static var folders: [String] {
    if let folder = getenv("DARKROOM_SHARED_DATA") { return [String(cString: folder)] }
    var folders: [String] = []
    var folder = RelativePath(#filePath).folder
    while !folder.rawValue.isEmpty {
      folders.append("\(folder)/shared/data")
      folder = folder.folder
    }
    return folders
  }
}
