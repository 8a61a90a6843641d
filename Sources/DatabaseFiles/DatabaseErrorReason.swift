import GRDB

extension DatabaseError {
  /// Why it failed, in words for a finding.
  var reason: String {
    if isOfMovedFile { return "it was moved or replaced while it was open" }
    return switch resultCode {
    // SQLite tries a file for reading when it cannot open it for writing, whatever the reason was, and complains of a
    // "readonly database" only when it comes to write.
    case .SQLITE_READONLY: "it could be opened for reading only"
    default: message ?? "result code \(resultCode.rawValue)"
    }
  }

  /// Whether the open file has not its name any more: SQLite counts that as a "readonly database", too.
  var isOfMovedFile: Bool { extendedResultCode == .SQLITE_READONLY_DBMOVED }

  /// What to do about a file that was moved.
  static let helpForMovedFile =
    "nothing but Darkroom may move or replace it while a command runs; see that the right file is at its place, then give the same command again"
}
