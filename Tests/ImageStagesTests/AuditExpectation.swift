import PipelineCore
import Testing

@testable import ImageStages

extension StageBench {
  /// Audits, and expects these errors and warnings. The audit itself must change nothing.
  @discardableResult func expectAudit(
    errors: [String] = [], warnings: [String] = [], saying words: [String] = [],
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws -> [Diagnostic] {
    let before = try world()
    let night = try await night(only: ["audit"], force: true)
    #expect(night.errors("audit") == errors, "\(night.findings("audit"))", sourceLocation: sourceLocation)
    #expect(night.warnings("audit") == warnings, sourceLocation: sourceLocation)
    #expect(night.state == (errors.isEmpty ? .succeeded : .failed), sourceLocation: sourceLocation)
    let said = night.findings("audit").map(\.description).joined(separator: "\n")
    for word in words { #expect(said.contains(word), "\(said)", sourceLocation: sourceLocation) }
    for finding in night.findings("audit") where finding.severity == .error && finding.location == nil {
      #expect(finding.message.contains("p1") || finding.message.contains("project"), "\(finding)")
    }
    #expect(try world() == before, sourceLocation: sourceLocation)
    return night.findings("audit")
  }
}
