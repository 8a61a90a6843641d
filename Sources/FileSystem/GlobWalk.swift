import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Glob {
  /// The files that match below the directory `root`, in ascending order of their paths' bytes.
  ///
  /// Each directory is listed at most once, and only if it can hold a match. A symbolic link to a directory is
  /// followed only where the pattern names it; one to a file counts as a file, a broken one too, so that its reader
  /// reports it. Pipes, sockets and devices do not match. A directory that does not exist has no files.
  ///
  /// - Parameters:
  ///   - root: an absolute path without a final slash.
  ///   - closed: relative paths of directories that no wildcard enters, only their own name in the pattern.
  ///   - visiting: hears of every relative path before it is looked at.
  /// - Throws: `Diagnostics` naming every directory that cannot be read, and every name that is not UTF-8.
  public func files(
    below root: String, closed: Set<String> = [], visiting: @escaping (String) -> Void = { _ in }
  )
    throws -> [String]
  {
    var walk = Walk(root: root, closed: closed, visiting: visiting)
    walk.visit("", start)
    if !walk.problems.isEmpty { throw Diagnostics(walk.problems) }
    return walk.found
  }

  private struct Walk {
    let root: String
    let closed: Set<String>
    let visiting: (String) -> Void
    var found: [String] = []
    var problems: [Diagnostic] = []

    mutating func visit(_ directory: String, _ states: States) {
      if states.active.isEmpty { return }
      let prefix = directory.isEmpty ? "" : directory + "/"
      let place = directory.isEmpty ? root : "\(root)/\(directory)"
      let entries: [DirectoryEntry]
      if let names = states.onlyNames {
        for name in names { visiting(prefix + name) }
        var named: [DirectoryEntry] = []
        for name in names {
          do {
            if let entry = try DirectoryEntry(named: name, in: place) { named.append(entry) }
          } catch {
            problems += error.items
          }
        }
        entries = named
      } else {
        visiting(directory.isEmpty ? "." : directory)
        do {
          entries = try DirectoryEntry.list(place, shownAs: directory.isEmpty ? "." : directory)
        } catch {
          problems += error.items
          return
        }
      }
      for entry in entries.sorted(by: DirectoryEntry.pathOrder) {
        let path = prefix + entry.name
        if entry.isDirectory || entry.isDirectoryLink && states.names(entry.name) {
          if closed.contains(path), !states.names(entry.name) { continue }
          visit(path, states.entering(entry.name))
        } else if entry.isFile, states.accepts(file: entry.name) {
          found.append(path)
        }
      }
    }
  }
}
