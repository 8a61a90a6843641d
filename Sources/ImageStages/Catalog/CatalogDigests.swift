import FileCustody
import FileSystem
import ImageCatalog
import ImageFiles
import PipelineCore
import PipelineEngine

/// Reads the files that the registry does not know yet, or not any more, and registers them in groups, so that a
/// kill in the middle of a first look at 100,000 images costs the last group only.
struct CatalogDigests {
  let project: ImageProject
  let custody: FileCustody
  let context: UnitContext

  /// How many files are registered in one transaction.
  private static let groupSize = 512
  /// How many are read at once: one reader leaves either the disk or a core idle.
  private static let readers = 4

  /// What came of it.
  struct Outcome {
    /// The digests by path; a file that could not be read has none.
    var digests: [RelativePath: Digest] = [:]
    var findings: [Diagnostic] = []
    var bytes: Int64 = 0
  }

  /// Digests the files of `comparison` that changed or are new.
  func digest(_ comparison: CatalogComparison) async throws -> Outcome {
    var outcome = Outcome()
    let wanted = comparison.present.filter { !$0.isUnchanged }
    var done = 0
    while done < wanted.count {
      let group = Array(wanted[done..<min(done + Self.groupSize, wanted.count)])
      let read = try await read(group)
      var seen: [SeenFile] = []
      for (entry, result) in zip(group, read) {
        switch result {
        case .success(let (file, finding)):
          outcome.digests[file.origin] = file.digest
          outcome.bytes += file.status.size
          if let finding { outcome.findings.append(finding) }
          seen.append(file)
        case .failure(let error):
          var finding = error.diagnostic
          finding.severity = .warning
          finding.notes.append(.init("\(entry.file.path) was left alone and is not in any decision"))
          outcome.findings.append(finding)
        }
      }
      try custody.register(seen, project: project.id)
      done += group.count
      context.progress(Int64(done), Int64(wanted.count))
    }
    return outcome
  }

  private typealias Reading = Result<(SeenFile, Diagnostic?), FileError>

  private func read(_ group: [CatalogComparison.Present]) async throws -> [Reading] {
    try await withThrowingTaskGroup(of: [(Int, Reading)].self) { tasks in
      for reader in 0..<Self.readers {
        tasks.addTask {
          var results: [(Int, Reading)] = []
          for index in stride(from: reader, to: group.count, by: Self.readers) {
            try context.checkCancellation()
            results.append((index, read(group[index].file)))
          }
          return results
        }
      }
      var all: [(Int, Reading)] = []
      for try await results in tasks { all += results }
      return all.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func read(_ file: ListedFile) -> Reading {
    let path = project.path(file.path)
    do {
      let (digest, status) = try FileSystem.digest(path)
      let seen = SeenFile(
        origin: file.path, kind: file.kind == .image ? .image : .companion, digest: digest, status: status)
      return .success((seen, file.kind == .image ? Self.lookAtImage(path, file.path) : nil))
    } catch let error as FileError {
      return .failure(error)
    } catch {
      return .failure(FileError("read", path, code: 5))
    }
  }

  /// The catalog decodes nothing; a file that does not even begin like an image is told early all the same.
  private static func lookAtImage(_ path: String, _ shown: RelativePath) -> Diagnostic? {
    do {
      _ = try ImageFiles.probe(path)
      return nil
    } catch {
      var finding = diagnostics(of: error).first ?? Diagnostic(code: "image-corrupt", "\(shown): \(error)")
      finding.severity = .warning
      finding.notes.append(.init("it stays where it is; no crop or recommendation is made from it"))
      return finding
    }
  }
}
