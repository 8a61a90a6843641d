#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension FileSystem {
  /// Calls `body` with every name in a folder that does not begin with a dot, in no order, and with what the system
  /// says of it; links are not followed. Names are raw bytes, valid only during the call: they need not be UTF-8.
  ///
  /// A name that vanishes while the folder is read is left out. One that cannot be looked at comes with the error.
  /// - Parameters:
  ///   - folder: absolute.
  ///   - hidden: hears the other names, without `.` and `..`; the system was not asked about them.
  ///   - body: gets a name and its status.
  /// - Throws: ``FileError`` when the folder cannot be opened, or cannot be read to its end.
  public static func forEachEntry(
    in folder: String, hidden: ((UnsafeRawBufferPointer) -> Void)? = nil,
    _ body: (UnsafeRawBufferPointer, Result<FileStatus, FileError>) -> Void
  ) throws(FileError) {
    guard let stream = opendir(folder) else { throw FileError("list", folder) }
    defer { closedir(stream) }
    let descriptor = dirfd(stream)
    var facts = stat()
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw FileError("list", folder) }
        return
      }
      // Only as far as the name reaches: the record may end before the field's declared length.
      guard let field = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
      let name = (UnsafeRawPointer(entry) + field).assumingMemoryBound(to: CChar.self)
      let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
      if name.pointee == CChar(UInt8(ascii: ".")) {
        if let hidden, strcmp(name, ".") != 0, strcmp(name, "..") != 0 { hidden(bytes) }
        continue
      }
      if fstatat(descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 {
        body(bytes, .success(FileStatus(facts)))
      } else if errno != ENOENT {
        body(bytes, .failure(FileError("look at", "\(folder)/\(shown(bytes))")))
      }
    }
  }

  /// A name or path for messages: control characters and bytes that are not UTF-8 as `\xNN`, the rest as it is.
  public static func shown(_ name: some Collection<UInt8>) -> String {
    var text = ""
    var rest = name[...]
    func escape(_ byte: UInt8) {
      text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      let piece = rest.prefix(length)
      if first >= 0x20, first != 0x7F, let character = String(validating: piece, as: UTF8.self) {
        text += character
        rest = rest.dropFirst(length)
      } else {
        escape(first)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  /// A name or path for messages, on one line whatever it holds.
  public static func shown(_ name: String) -> String { shown(name.utf8) }
}
