import FileSystem
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The declared outputs of one attempt: makes room for them, and checks what the program wrote.
struct CommandOutputs {
  private let declared: [String]
  private let workspace: String
  private let staging: String
  private var directories: [String] { declared.filter { $0.hasSuffix("/") } }

  init(_ declared: [String], workspace: String, staging: String) {
    self.declared = declared
    self.workspace = workspace
    self.staging = staging
  }

  /// Makes the directories in which the program writes.
  func prepare() throws(Diagnostics) {
    for output in declared {
      var directory = staging
      for part in output.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
        directory += "/\(part)"
        if mkdir(directory, 0o777) != 0, errno != EEXIST {
          throw Diagnostics([
            Diagnostic(
              code: "staging",
              "cannot make the staging directory for \(output): \(systemMessage(errno)); the program was not started"
            )
          ])
        }
      }
    }
  }

  /// What tells whether somebody wrote to a file. Not its content: reading it would cost more than the program.
  struct FileFacts: Equatable {
    let inode: UInt64
    let size: Int64
    let seconds: Int
    let nanoseconds: Int

    init?(_ path: String) {
      var facts = stat()
      guard lstat(path, &facts) == 0 else { return nil }
      inode = UInt64(facts.st_ino)
      size = Int64(facts.st_size)
      #if canImport(Glibc)
        let time = facts.st_mtim
      #else
        let time = facts.st_mtimespec
      #endif
      seconds = time.tv_sec
      nanoseconds = time.tv_nsec
    }
  }

  /// The facts of what lies at the outputs' places in the workspace, by path.
  func publishedFacts() throws(Diagnostics) -> [String: FileFacts] {
    var facts: [String: FileFacts] = [:]
    for output in declared {
      if output.hasSuffix("/") {
        for entry in try Self.tree(workspace, String(output.dropLast())) {
          facts[entry.path] = FileFacts("\(workspace)/\(entry.path)")
        }
      } else {
        facts[output] = FileFacts("\(workspace)/\(output)")
      }
    }
    return facts
  }

  /// What to publish, in declared order and by path within a directory.
  ///
  /// - Parameter before: ``publishedFacts()`` from before the program ran.
  /// - Throws: every output that is missing, not a file, not declared, or was written in the workspace itself.
  func publications(before: [String: FileFacts]) throws(Diagnostics) -> [UnitResult.Publication] {
    let after = try publishedFacts()
    var problems = direct(before, after)
    let entries = try Self.tree(staging, "")
    let files = Set(entries.filter { $0.kind == .file }.map(\.path))
    problems += odd(entries)
    var publications: [UnitResult.Publication] = []
    var published: Set<String> = []
    for output in declared {
      let paths = output.hasSuffix("/") ? files.filter { $0.hasPrefix(output) }.sorted() : [output]
      for path in paths where published.insert(path).inserted {
        if files.contains(path) {
          publications.append(UnitResult.Publication(path: path))
        } else if !entries.contains(where: { $0.path == path }) {
          problems.append(missing(path))
        }
      }
    }
    let undeclared = files.subtracting(published).sorted()
    if !undeclared.isEmpty { problems.append(extra(undeclared)) }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return publications
  }

  private func missing(_ path: String) -> Diagnostic {
    Diagnostic(
      code: "output-missing",
      "the program ended well but did not write the declared output \(path); nothing was published",
      help: "write it to $DARKROOM_STAGING/\(path), or remove it from outputs")
  }

  private func extra(_ paths: [String]) -> Diagnostic {
    let shown =
      paths.prefix(10).joined(separator: ", ") + (paths.count > 10 ? " and \(paths.count - 10) more" : "")
    return Diagnostic(
      code: "output-undeclared",
      "the program wrote \(paths.count == 1 ? "a file that is" : "files that are") not declared: \(shown); nothing was published",
      help: "add to outputs what is a result, and write scratch files to $TMPDIR")
  }

  /// Staged things that are neither files nor directories, and directories where a file is declared.
  private func odd(_ entries: [TreeEntry]) -> [Diagnostic] {
    entries.compactMap { entry in
      let what: String
      switch entry.kind {
      case .file: return nil
      case .directory:
        if !declared.contains(entry.path) { return nil }
        what = "is a directory; declare it as \(entry.path)/ to publish the files in it"
      case .link, .directoryLink: what = "is a symbolic link; write a file"
      case .other: what = "is neither a file nor a directory"
      }
      return Diagnostic(
        code: "output-form", "the staged output \(entry.path) \(what); nothing was published")
    }
  }

  /// Outputs that changed in the workspace while the program ran.
  private func direct(_ before: [String: FileFacts], _ after: [String: FileFacts]) -> [Diagnostic] {
    Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }.map { path in
      Diagnostic(
        code: "output-written-directly",
        "the output \(path) was \(after[path] == nil ? "removed" : "written") in the workspace itself while the program ran; that was not undone",
        help:
          "write to $DARKROOM_STAGING/\(path): the engine publishes it whole, once the program has ended well"
      )
    }
  }

  private struct TreeEntry {
    let path: String
    let kind: DirectoryEntry.Kind
  }

  /// Everything below `root`/`directory`, with paths relative to `root`; links are not followed.
  private static func tree(_ root: String, _ directory: String) throws(Diagnostics) -> [TreeEntry] {
    var found: [TreeEntry] = []
    var waiting = [directory]
    while let next = waiting.popLast() {
      for entry in try DirectoryEntry.list(
        next.isEmpty ? root : "\(root)/\(next)", shownAs: next.isEmpty ? "$DARKROOM_STAGING" : next)
      {
        let path = next.isEmpty ? entry.name : "\(next)/\(entry.name)"
        found.append(TreeEntry(path: path, kind: entry.kind))
        if entry.isDirectory { waiting.append(path) }
      }
    }
    return found
  }
}
