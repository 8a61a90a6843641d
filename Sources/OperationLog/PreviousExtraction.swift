import PipelineCore

/// The last committed extraction of the same log, where it can be gone on from.
struct PreviousExtraction {
  let accounting: ExtractAccounting
  let resume: ExtractAccounting.ResumePoint
  private let outputs: [String: OutputFile]
  private let workspace: String

  /// `nil` when there is none, or it was made with other settings or in another format: then all is read anew.
  init?(_ previous: PreviousResult?, workspace: String, options: LogExtraction.Options) throws {
    guard let previous else { return nil }
    outputs = Dictionary(previous.outputs.map { ($0.name, $0) }) { first, _ in first }
    self.workspace = workspace
    guard let file = outputs[LogExtraction.accountingName],
      let accounting = ExtractAccounting(try TapeJSON.read(workspace + "/" + file.path, name: file.path)),
      let resume = accounting.resume, resume.writesEvents == options.writesEvents,
      resume.maxLineBytes == Int64(options.maxLineBytes)
    else { return nil }
    self.accounting = accounting
    self.resume = resume
  }

  /// The file of this name inside the previous artifact.
  subscript(name: String) -> OutputFile? { outputs[name] }

  func absolutePath(_ file: OutputFile) -> String { workspace + "/" + file.path }

  /// Gives the file the same name in the new artifact, as a hard link.
  func link(_ file: OutputFile, into artifact: String) throws -> UnitResult.Artifact {
    try makeHardLink(artifact + "/" + file.name, to: absolutePath(file))
    return UnitResult.Artifact(name: file.name, digest: file.digest, rows: file.rows, linkedFrom: file.path)
  }
}
