import FileSystem
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

/// The Trash of this machine and person: that of the freedesktop.org Trash specification 1.0 on Linux
/// (https://specifications.freedesktop.org/trash-spec/1.0/), the volume's own on macOS.
public struct SystemTrash: TrashCan {
  #if canImport(Glibc)
    /// `$XDG_DATA_HOME`, or `~/.local/share`; `nil` for a person without a home.
    private let dataHome: String?

    /// The Trash that the environment names.
    public init() {
      func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
      }
      dataHome =
        variable("XDG_DATA_HOME")
        ?? (variable("HOME") ?? getpwuid(getuid()).map { String(cString: $0.pointee.pw_dir) }).map {
          "\($0)/.local/share"
        }
    }

    /// A Trash with another home: `dataHome` takes the place of `$XDG_DATA_HOME`, absolute.
    public init(dataHome: String) { self.dataHome = dataHome }

    public func slot(for path: String, at time: Int64, taken: [String]) throws -> TrashSlot {
      try FreedesktopTrash(dataHome: dataHome, user: getuid()).slot(for: path, at: time, taken: taken)
    }
  #else
    public init() {}

    /// A free name in the folder that the system gives as the volume's Trash. The name has to be known before the file
    /// moves, so that a crash leaves no doubt; `FileManager.trashItem` tells it only afterwards. The Finder shows the
    /// file, and gives it back by dragging.
    public func slot(for path: String, at time: Int64, taken: [String]) throws -> TrashSlot {
      let folder: String
      do {
        folder = try FileManager.default.url(
          for: .trashDirectory, in: .userDomainMask, appropriateFor: URL(filePath: path), create: true
        ).path
      } catch {
        throw Diagnostic(
          code: "no-trash",
          "there is no Trash for \(path): \(error.localizedDescription); it was not deleted",
          help: "move it to a volume with a Trash")
      }
      let slots = TrashNames(for: RelativePath(path).name, room: 0)
      for name in slots {
        let data = "\(folder)/\(name)"
        if try FileStatus(data) == nil, !taken.contains(data) {
          return TrashSlot(data: data, info: nil, infoBytes: [], folders: [])
        }
      }
      throw Diagnostic(code: "no-trash", "the Trash has no free name for \(path); it was not deleted")
    }
  #endif
}

/// Names for a file in the Trash: its own, then with a number before the extension, cut where they would be too long.
struct TrashNames: Sequence {
  private let name: RelativePath
  private let longest: Int

  /// - Parameter room: how many bytes of 255 have to stay free, for an extension of another file's name.
  init(for name: String, room: Int) {
    self.name = RelativePath(name)
    longest = 255 - room
  }

  func makeIterator() -> some IteratorProtocol<String> {
    (1...10_000).lazy.map { name($0) }.makeIterator()
  }

  private func name(_ number: Int) -> String {
    let stem = name.stem
    let suffix =
      (number == 1 ? "" : ".\(number)")
      + String(decoding: name.rawValue.utf8.dropFirst(stem.utf8.count), as: UTF8.self)
    var cut = Substring(stem).unicodeScalars
    while cut.utf8Count + suffix.utf8.count > longest, !cut.isEmpty { cut.removeLast() }
    return String(cut) + suffix
  }
}

extension Substring.UnicodeScalarView {
  fileprivate var utf8Count: Int { reduce(0) { $0 + UTF8.width($1) } }
}
