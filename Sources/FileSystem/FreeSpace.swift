#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension FileSystem {
  /// How many bytes a program without special rights may still write to the file system of `path`, which exists.
  public static func freeSpace(of path: String) throws -> Int64 {
    var status = statvfs()
    guard retrying({ statvfs(path, &status) }) == 0 else { throw FileError("look at the disk of", path) }
    let (bytes, isTooMany) = Int64(clamping: status.f_bavail).multipliedReportingOverflow(
      by: Int64(clamping: status.f_frsize))
    return isTooMany ? .max : bytes
  }
}
