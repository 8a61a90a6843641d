import PipelineCore

/// The published snapshot as the manifest lists it, opened for reading.
///
/// `current` is resolved once, so that a snapshot published meanwhile cannot mix with this one.
struct Snapshot {
  /// One file of the manifest.
  struct Entry: Equatable {
    let path: String
    let bytes: Int64
    let rows: Int64?
    let digest: Digest
  }

  static let manifestPath = "data/snapshot/current/manifest.json"

  /// The absolute path of the snapshot's own directory.
  let directory: String
  /// The digest of the manifest's bytes: the identity of everything in the snapshot.
  let manifestDigest: Digest
  let entries: [Entry]

  /// Opens the snapshot of `workspace`. Returns `nil` when none is published; throws a `Diagnostic` when its
  /// manifest cannot be read.
  static func open(workspace: String) throws -> Snapshot? {
    let base = "\(workspace)/data/snapshot"
    var directory = "\(base)/current"
    do {
      let target = try FileAccess.linkTarget(directory)
      directory = target.hasPrefix("/") ? target : "\(base)/\(target)"
    } catch  where error.isAbsent {
      return nil
    } catch {
      // Not a link: a workspace that was copied by a tool that follows links. It reads the same.
    }
    let bytes: [UInt8]
    do {
      bytes = try FileAccess.read("\(directory)/manifest.json")
    } catch {
      throw unusable("cannot be read: \(error.reason)")
    }
    do {
      return try Snapshot(directory: directory, manifestBytes: bytes)
    } catch let error as JSONReader.Malformed {
      throw unusable("is not JSON: \(error.reason) at byte \(error.offset)")
    }
  }

  private init(directory: String, manifestBytes: [UInt8]) throws {
    let manifest = try JSONReader.value(of: manifestBytes)
    guard manifest["schema"]?.stringValue == "snapshot_manifest_v1", let files = manifest["files"]?.arrayValue
    else {
      throw Self.unusable("is not a snapshot_manifest_v1 with a list of files")
    }
    self.directory = directory
    manifestDigest = manifestBytes.withUnsafeBytes { Digest(of: $0) }
    entries = try files.map { file in
      guard let path = file["path"]?.stringValue, Self.isInside(path),
        let bytes = file["bytes"]?.integerValue,
        let digest = file["sha256"]?.stringValue.flatMap({ Digest(hex: $0) })
      else { throw Self.unusable("has an entry without a usable path, size or digest: \(file.canonical)") }
      return Entry(path: path, bytes: bytes, rows: file["rows"]?.integerValue, digest: digest)
    }
  }

  /// Whether a path of the manifest stays inside the snapshot.
  private static func isInside(_ path: String) -> Bool {
    !path.isEmpty
      && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
        !["", ".", ".."].contains($0)
      }
  }

  private static func unusable(_ what: String) -> Diagnostic {
    Diagnostic(
      code: "snapshot-manifest-unusable", "\(manifestPath) \(what); no figure of the snapshot is shown",
      help: "publish the snapshot again: darkroom run nightly --only snapshot --force")
  }

  /// The entries below `folder`, in the manifest's order.
  func entries(below folder: String) -> [Entry] { entries.filter { $0.path.hasPrefix(folder + "/") } }

  func entry(_ path: String) -> Entry? { entries.first { $0.path == path } }

  /// A finding about the file of `entry`, named as readers know it.
  static func finding(_ code: String, _ entry: Entry, _ what: String) -> Diagnostic {
    Diagnostic(
      .warning, code: code, "data/snapshot/current/\(entry.path) \(what)",
      help: "publish the snapshot again: darkroom run nightly --only snapshot --force")
  }

  /// The bytes of `entry`; `nil` with a finding when they are absent, unreadable or not those of the manifest.
  func read(_ entry: Entry, findings: inout [Diagnostic]) -> [UInt8]? {
    do {
      let bytes = try FileAccess.read("\(directory)/\(entry.path)")
      if bytes.withUnsafeBytes({ Digest(of: $0) }) == entry.digest, Int64(bytes.count) == entry.bytes {
        return bytes
      }
      findings.append(
        Self.finding(
          "snapshot-file-altered", entry, "is not the file of the manifest; its figures are not shown"))
    } catch {
      findings.append(
        Self.finding(
          "snapshot-file-unreadable", entry, "cannot be read (\(error.reason)); its figures are not shown"))
    }
    return nil
  }

  /// Findings about files that the page does not read, from their sizes alone.
  func checkSizes(except read: Set<String>) -> [Diagnostic] {
    entries.filter { !read.contains($0.path) }.compactMap { entry -> Diagnostic? in
      do throws(FileAccess.Problem) {
        let size = try FileAccess.size("\(directory)/\(entry.path)")
        if size == entry.bytes { return nil }
        return Self.finding(
          "snapshot-file-altered", entry, "has \(size) bytes where the manifest says \(entry.bytes)")
      } catch {
        return Self.finding("snapshot-file-unreadable", entry, "cannot be read (\(error.reason))")
      }
    }
  }
}
