import GRDB

extension DatabaseError {
  /// Why it failed, in words for a finding.
  var reason: String {
    switch resultCode {
    // SQLite tries a file for reading when it cannot open it for writing, whatever the reason was, and complains of a
    // "readonly database" only when it comes to write.
    case .SQLITE_READONLY: "it could be opened for reading only"
    default: message ?? "result code \(resultCode.rawValue)"
    }
  }
}
