import FileSystem
import PipelineCore

/// The walk behind ``ProjectListing/scan(root:production:folders:cancellation:)``.
struct FolderScan {
  let root: String
  let productionNames: Set<RelativePath>
  let scope: ProjectListing.Scope
  /// Whether what is in folders below the root is looked at.
  let isDeep: Bool
  let cancellation: Cancellation?
  private var listing = ProjectListing()

  init(
    root: String, productionNames: Set<RelativePath>, scope: ProjectListing.Scope, isDeep: Bool = true,
    cancellation: Cancellation?
  ) {
    self.root = root
    self.productionNames = productionNames
    self.scope = scope
    self.isDeep = isDeep
    self.cancellation = cancellation
  }

  mutating func run() throws -> ProjectListing {
    try visit("")
    return listing
  }

  /// The names of one folder in one block of bytes, folders with a slash behind them: so the order of names is the
  /// order of full paths, also of what lies in those folders.
  private struct Names {
    struct Entry {
      let start: Int
      let end: Int
      let status: FileStatus
    }
    var bytes: [UInt8] = []
    var entries: [Entry] = []
    /// Stems of what cannot be moved.
    var heldStems: Set<[UInt8]> = []

    mutating func sort() {
      bytes.withUnsafeBytes { all in
        entries.sort { a, b in
          let (first, second) = (all[a.start..<a.end], all[b.start..<b.end])
          let order = memoryOrder(
            UnsafeRawBufferPointer(rebasing: first), UnsafeRawBufferPointer(rebasing: second))
          return order < 0
        }
      }
    }
  }

  private mutating func visit(_ folder: RelativePath) throws {
    if cancellation?.isCancelled == true { throw CancellationError() }
    let place = folder.rawValue.isEmpty ? root : "\(root)/\(folder.rawValue)"
    var names = Names()
    var own: [[UInt8]] = []
    do throws(FileError) {
      try FileSystem.forEachEntry(
        in: place, hidden: { if Self.isOwn($0) { own.append($0.map { $0 }) } }
      ) { name, status in add(name, status, in: folder, to: &names) }
    } catch {
      guard !folder.rawValue.isEmpty else {
        var problem = error.diagnostic
        problem.code = "project-root-unreadable"
        throw problem
      }
      report(
        "folder-unreadable",
        "the folder \(shown(folder)) cannot be read: \(error.reason); nothing in it was touched",
        help: "give the user who runs the pipeline the right to read it")
      listing.unseen.append(folder)
    }
    listing.unfinished += own.map { folder.appending(String(decoding: $0, as: UTF8.self)) }.sorted()
    names.sort()
    let prefix = folder.rawValue.isEmpty ? "" : folder.rawValue + "/"
    for entry in names.entries {
      try names.bytes.withUnsafeBytes { all in
        let name = NameBytes(bytes: UnsafeRawBufferPointer(rebasing: all[entry.start..<entry.end]))
        guard entry.status.kind == .directory else {
          let isHeld = !names.heldStems.isEmpty && names.heldStems.contains(Array(name.stem))
          listing.entries.append(
            ListedFile(
              path: Self.path(prefix, name.bytes), folder: folder, kind: name.isImage ? .image : .companion,
              status: entry.status, isHeld: isHeld))
          return
        }
        let bare = UnsafeRawBufferPointer(rebasing: name.bytes.dropLast())
        if NameBytes(bytes: bare).isImage {
          report(
            "folder-named-like-image",
            "\(shown(Self.path(prefix, bare))) is a folder with an image's name; it is taken as a folder",
            help: "give the folder another name")
        }
        if isDeep { try visit(Self.path(prefix, bare)) }
      }
    }
  }

  /// Takes note of one name, or of what is wrong with it.
  private mutating func add(
    _ name: UnsafeRawBufferPointer, _ status: Result<FileStatus, FileError>, in folder: RelativePath,
    to names: inout Names
  ) {
    if folder.rawValue.isEmpty, !isInScope(name) { return }
    // Only for messages: making it costs more than all the rest.
    var shownPath: String { (folder.rawValue.isEmpty ? "" : shown(folder) + "/") + FileSystem.shown(name) }
    func hold(_ names: inout Names) { names.heldStems.insert(Array(NameBytes(bytes: name).stem)) }
    guard let text = String(validating: name, as: UTF8.self) else {
      hold(&names)
      return report(
        "name-not-utf8", "the name of \(shownPath) is not UTF-8; neither it nor its set is touched",
        help: "rename the file: ls -b shows such names")
    }
    switch status {
    case .failure(let error):
      hold(&names)
      listing.unseen.append(folder.appending(text))
      report(
        "file-unreadable", "cannot look at \(shownPath): \(error.reason); neither it nor its set is touched")
    case .success(let status):
      switch status.kind {
      case .file, .directory:
        let start = names.bytes.count
        names.bytes.append(contentsOf: name)
        if status.kind == .directory { names.bytes.append(UInt8(ascii: "/")) }
        names.entries.append(.init(start: start, end: names.bytes.count, status: status))
      case .link:
        hold(&names)
        report(
          "symbolic-link", "\(shownPath) is a symbolic link; neither it nor its set is touched",
          help: "put the file itself there")
      case .other:
        hold(&names)
        report(
          "special-file", "\(shownPath) is neither a file nor a folder; neither it nor its set is touched")
      }
    }
  }

  private static func isOwn(_ name: UnsafeRawBufferPointer) -> Bool {
    name.starts(with: ".darkroom-".utf8) || name.starts(with: ".custody-".utf8)
  }

  private func isInScope(_ name: UnsafeRawBufferPointer) -> Bool {
    let isProduction = productionNames.contains(RelativePath(String(decoding: name, as: UTF8.self)))
    switch scope {
    case .all: return true
    case .content: return !isProduction
    case .production: return isProduction
    }
  }

  private func shown(_ path: RelativePath) -> String { FileSystem.shown(path.rawValue) }

  private mutating func report(_ code: String, _ message: String, help: String? = nil) {
    listing.problems.append(Diagnostic(.warning, code: code, message, help: help))
  }

  /// A path in one allocation; both parts are UTF-8.
  private static func path(_ prefix: String, _ name: UnsafeRawBufferPointer) -> RelativePath {
    var prefix = prefix
    let text = prefix.withUTF8 { folder in
      String(unsafeUninitializedCapacity: folder.count + name.count) { buffer in
        let all = UnsafeMutableRawBufferPointer(buffer)
        all.copyMemory(from: UnsafeRawBufferPointer(folder))
        UnsafeMutableRawBufferPointer(rebasing: all[folder.count...]).copyMemory(from: name)
        return folder.count + name.count
      }
    }
    return RelativePath(text)
  }
}

/// Negative when `a` comes before `b` in the order of bytes.
private func memoryOrder(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
  var index = 0
  let shared = min(a.count, b.count)
  // Names of one folder begin alike: eight bytes at a time.
  while index + 8 <= shared {
    let first = UInt64(bigEndian: a.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    let second = UInt64(bigEndian: b.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    if first != second { return first < second ? -1 : 1 }
    index += 8
  }
  while index < shared {
    if a[index] != b[index] { return Int(a[index]) - Int(b[index]) }
    index += 1
  }
  return a.count - b.count
}
