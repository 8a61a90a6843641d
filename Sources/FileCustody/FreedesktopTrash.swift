#if canImport(Glibc)
  import FileSystem
  import Glibc
  import PipelineCore

  /// Chooses places in the Trash of the freedesktop.org Trash specification 1.0: the home trash for files that can be
  /// renamed into it, otherwise the trash at the top of the file's own file system.
  struct FreedesktopTrash {
    let dataHome: String?
    let user: UInt32

    func slot(for path: String, at time: Int64, taken: [String]) throws -> TrashSlot {
      let folder = try FileSystem.resolved(RelativePath(path).folder.rawValue)
      let real = "\(folder == "/" ? "" : folder)/\(RelativePath(path).name)"
      let top = try Self.top(of: folder)
      var reasons: [String] = []
      for trash in try trashes(of: folder, top: top) {
        if let problem = try obstacle(trash) {
          reasons.append(problem)
          continue
        }
        let shown =
          trash == homeTrash
          ? real : String(decoding: real.utf8.dropFirst(top == "/" ? 1 : top.utf8.count + 1), as: UTF8.self)
        return try slot(in: trash, shown: shown, name: RelativePath(path).name, at: time, taken: taken)
      }
      throw Diagnostic(
        code: "no-trash", "there is no Trash for \(path); it was not deleted",
        notes: reasons.map { Diagnostic.Note($0) },
        help: "make that folder yours, or move the project to a disk with a Trash")
    }

    private var homeTrash: String? { dataHome.map { "\($0)/Trash" } }

    /// Where files of a folder may go: the home trash when it is on the same file system, else that one's own.
    private func trashes(of folder: String, top: String) throws -> [String] {
      if let homeTrash, try FileSystem.isSameMount(folder, try MissingFolder.existing(above: homeTrash)) {
        return [homeTrash]
      }
      return try volumeTrashes(top)
    }

    /// The folder at the top of the file system that a folder is on.
    static func top(of folder: String) throws -> String {
      var top = RelativePath(folder)
      while top.rawValue != "/" {
        let parent = top.folder.rawValue.isEmpty ? RelativePath("/") : top.folder
        guard try FileSystem.isSameMount(top.rawValue, parent.rawValue) else { break }
        top = parent
      }
      return top.rawValue
    }

    /// `$topdir/.Trash/$uid` if the administrator made a safe `.Trash`, then `$topdir/.Trash-$uid`.
    private func volumeTrashes(_ top: String) throws -> [String] {
      let prefix = top == "/" ? "" : top
      var trashes: [String] = []
      // The specification wants a real folder with the sticky bit; anything else could be somebody's trap.
      if let status = try FileStatus("\(prefix)/.Trash"), status.kind == .directory,
        status.mode & UInt32(S_ISVTX) != 0
      {
        trashes.append("\(prefix)/.Trash/\(user)")
      }
      return trashes + ["\(prefix)/.Trash-\(user)"]
    }

    /// Why a trash folder cannot be used; `nil` when it can, or can be made.
    private func obstacle(_ trash: String) throws -> String? {
      for folder in [trash, "\(trash)/files", "\(trash)/info"] {
        guard let status = try FileStatus(folder) else {
          let parent = try MissingFolder.existing(above: folder)
          return access(parent, W_OK | X_OK) == 0 ? nil : "\(folder) cannot be made in \(parent)"
        }
        guard status.kind == .directory else { return "\(folder) is not a folder" }
        guard access(folder, W_OK | X_OK) == 0 else { return "\(folder) cannot be written to" }
      }
      return nil
    }

    private func slot(in trash: String, shown: String, name: String, at time: Int64, taken: [String]) throws
      -> TrashSlot
    {
      let taken = Set(taken.map { RelativePath($0) })
      for candidate in TrashNames(for: name, room: ".trashinfo".utf8.count) {
        let (data, info) = ("\(trash)/files/\(candidate)", "\(trash)/info/\(candidate).trashinfo")
        if taken.contains(RelativePath(data)) { continue }
        guard try FileStatus(data) == nil, try FileStatus(info) == nil else { continue }
        let text = "[Trash Info]\nPath=\(Self.encoded(shown))\nDeletionDate=\(Self.localTime(time))\n"
        let folders = (try MissingFolder.above(data) + MissingFolder.above(info)).map(\.path)
        return TrashSlot(data: data, info: info, infoBytes: Array(text.utf8), folders: folders)
      }
      throw Diagnostic(code: "no-trash", "\(trash) has no free name for \(name); it was not deleted")
    }

    /// Percent-encoded as in RFC 2396, slashes kept.
    static func encoded(_ path: String) -> String {
      let kept = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()/".utf8)
      let digits = Array("0123456789ABCDEF".unicodeScalars)
      var text = ""
      for byte in path.utf8 {
        if kept.contains(byte) {
          text.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
          text += "%"
          text.unicodeScalars.append(digits[Int(byte >> 4)])
          text.unicodeScalars.append(digits[Int(byte & 15)])
        }
      }
      return text
    }

    /// `YYYY-MM-DDThh:mm:ss` in the machine's time zone.
    static func localTime(_ microseconds: Int64) -> String {
      var seconds = time_t(microseconds / 1_000_000)
      var parts = tm()
      localtime_r(&seconds, &parts)
      func padded(_ value: Int32, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
      }
      return
        "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))T\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
    }
  }
#endif
