import DarkroomTesting
import FileSystem
import Foundation
import ImageCatalog
import PipelineCore
import Testing

@testable import FileCustody
@testable import ImageStages

/// What the audit finds in rows, logs, sidecars, crops and strange files.
@Suite struct AuditRecordTests {
  let bench: StageBench
  let image = "20250701_080000_stage1_generated.png"

  init() throws {
    bench = try StageBench()
    try bench.set("a/20250701_080000_stage1_generated.png")
    try bench.set("b/20250701_090000_stage1_generated.png")
  }

  @discardableResult private func settle(
    _ action: Decision.Action = .override, crop: CropRectangle? = nil
  ) async throws -> Decision {
    try await bench.run()
    let decision = try bench.decide(image, action, crop: crop)
    try await bench.run()
    try await bench.expectAudit()
    return decision
  }

  private func database() throws -> DecisionDatabase {
    try DecisionDatabase(workspace: bench.workspace.path, project: StageBench.project)
  }

  private var inbox: String { "\(bench.workspace.path)/\(DecisionInbox.path(project: StageBench.project))" }

  private func rewrite(_ path: String, _ change: (inout [String]) throws -> Void) throws {
    var lines = String(decoding: try FileSystem.read(path), as: UTF8.self).split(separator: "\n").map(
      String.init)
    try change(&lines)
    try FileSystem.removeFile(path)
    try FileSystem.create(path, lines.map { $0 + "\n" }.joined().utf8)
  }

  // MARK: Rows and receipts

  @Test func whatWasDoneForADecisionThatIsNotInTheInbox() async throws {
    let decision = try await settle()
    try rewrite(inbox) { $0.removeAll() }
    try await bench.expectAudit(
      errors: ["decision-lost"],
      saying: [decision.group.rawValue, "1 order carried out and a row", "data/review/inbox/p1.jsonl"])
  }

  @Test func aRowWithoutAReceipt() async throws {
    let decision = try await settle()
    let row = try #require(try bench.rows().first)
    try bench.undo(decision)
    try await bench.run()
    let again = try bench.decide(image, .reject)
    let other = try DecisionRow(again, folder: "a", digests: try #require(row.digests))
    try database().record(other)
    try await bench.expectAudit(errors: ["row-without-receipt"], saying: [again.group.rawValue])
  }

  @Test func aRowOfADecisionThatNeverStood() async throws {
    let decision = try await settle()
    let row = try #require(try bench.rows().first)
    let late = try bench.decide(image, .reject)
    try database().removeRow(group: decision.group, decision: decision.id)
    try database().record(DecisionRow(late, folder: "a", digests: try #require(row.digests)))
    try await bench.expectAudit(
      errors: ["row-missing", "row-without-decision"], warnings: ["decision-conflict"],
      saying: [decision.group.rawValue])
  }

  @Test func importedRowsAreNoFinding() async throws {
    try await settle()
    try database().record(
      DecisionRow(
        older: "older_group", timestamp: "2025-01-01T00:00:00Z", project: StageBench.project,
        images: ["gone.png"], action: .crop, userSelectedIndex: 0))
    try await bench.expectAudit()
  }

  @Test func aCropInARowThatNobodyDecided() async throws {
    let decision = try await settle(.crop)
    try database().recordCrop(
      group: decision.group, rectangle: try StageBench.rectangle(), at: "2025-10-09T00:00:00Z")
    try await bench.expectAudit(
      errors: ["row-without-receipt", "sidecar-mismatch"], saying: ["nobody decided one", "it is made"])
  }

  @Test func aCropWithoutItsRow() async throws {
    let decision = try await settle(.crop, crop: try StageBench.rectangle())
    try database().removeCrop(group: decision.group)
    try await bench.expectAudit(errors: ["crop-without-row"], saying: [decision.group.rawValue])
    _ = try await bench.night(only: ["crop"], force: true)
    try await bench.expectAudit()
  }

  @Test func aCropWhoseSourceIsGone() async throws {
    try await settle(.crop, crop: try StageBench.rectangle())
    try FileSystem.removeFile("\(bench.root)/__crop/\(image)")
    try await bench.expectAudit(
      errors: ["file-missing"], warnings: ["crop-source-gone"],
      saying: ["the crop images/__cropped/\(image) is there", "a/\(image) is not any more"])
  }

  /// A source that was wanted in the Trash is not lost.
  @Test func aCropWhoseSourceWasTrashed() async throws {
    bench.settings["crop"] = ["afterCrop": "trash"]
    try await settle(.crop, crop: try StageBench.rectangle())
    try FileSystem.removeTree("\(bench.dataHome)/Trash")
    try await bench.expectAudit(warnings: ["trash-emptied", "trash-emptied"])
  }

  // MARK: Sidecars

  @Test func aSidecarWithoutARow() async throws {
    try await settle()
    let sidecar = ImageSidecar(
      group: "g_00000000000000000000", project: "p1", image: "x.png", route: .manual, crop: nil)
    try bench.write("__crop/x.decision", String(decoding: sidecar.bytes, as: UTF8.self))
    try bench.write("__crop/y.decision", "{")
    try bench.write(
      "__crop/z.decision", #"{"group_id":"z_group","project_id":"p1","image":"z.png","needs_crop":true}"#)
    try await bench.expectAudit(
      errors: ["sidecar-without-row"],
      warnings: [
        "file-unknown", "file-unknown", "file-unknown", "sidecar-unreadable", "sidecar-without-row",
      ],
      saying: ["__crop/x.decision", "__crop/y.decision", "__crop/z.decision", "darkroom import"])
  }

  @Test func aRowWithoutItsSidecar() async throws {
    let decision = try await settle(.crop)
    try FileSystem.removeFile("\(bench.root)/__crop/\(RelativePath(image).stem).decision")
    try await bench.expectAudit(
      warnings: ["file-missing", "sidecar-missing"],
      saying: [decision.group.rawValue, "__crop/\(RelativePath(image).stem).decision"])
  }

  // MARK: Strange files

  @Test func unfinishedFiles() async throws {
    try await settle()
    try bench.write("__crop/.darkroom-0123.new", "half a crop")
    try bench.write("a/.custody-0123-0-0-new", "half a copy")
    try bench.write("a/.notes", "of somebody")
    try await bench.expectAudit(
      warnings: ["unfinished-file", "unfinished-file"],
      saying: ["__crop/.darkroom-0123.new", "a/.custody-0123-0-0-new"])
  }

  @Test func aCompanionThatCameLate() async throws {
    try await settle()
    try bench.write("a/20250701_080000_stage1_generated.caption", "came late")
    try bench.write("a/notes.txt", "of nobody")
    _ = try await bench.night()
    try await bench.expectAudit(
      warnings: ["companion-left-behind"], saying: ["generated.caption is a companion of a/\(image)"])
  }

  /// Known or not, an image in a production folder is not to be there twice.
  @Test func imagesThatAreThereTwice() async throws {
    try await settle()
    let bytes = try FileSystem.read("\(bench.root)/__selected/\(image)")
    try FileSystem.create("\(bench.root)/__selected/copy.png", bytes)
    try bench.write(
      "b/20250701_090000_stage1_generated.caption", "seed of a/20250701_080000_stage1_generated.png")
    try await bench.expectAudit(
      warnings: ["file-unknown", "image-twice"],
      saying: ["in 2 places", "__selected/\(image), __selected/copy.png"])
    try FileSystem.removeFile("\(bench.root)/__selected/copy.png")
    try FileSystem.create("\(bench.root)/b/20250701_100000_stage1_generated.png", bytes)
    try await bench.run()
    try await bench.expectAudit(
      warnings: ["image-twice"], saying: ["__selected/\(image), b/20250701_100000_stage1_generated.png"])
  }

  // MARK: The operation log

  private func log() throws -> String {
    let folder = "\(bench.workspace.path)/data/file_operations_logs"
    return "\(folder)/\(try #require(try FileSystem.list(folder).first))"
  }

  @Test func aRecordThatIsNotInTheLog() async throws {
    let decision = try await settle()
    try bench.undo(decision)
    try await bench.run()
    try await bench.expectAudit()
    try rewrite(log()) { $0.removeLast() }
    try await bench.expectAudit(
      errors: ["log-record-missing"],
      saying: ["1 record of custody is not in data/file_operations_logs/file_op", "-undo-0"])
  }

  /// A record that was cut off is none.
  @Test func aRecordThatIsTorn() async throws {
    try await settle()
    try rewrite(log()) { $0[$0.count - 1].removeLast() }
    try await bench.expectAudit(errors: ["log-record-missing"])
  }

  @Test func aLogThatIsGone() async throws {
    try await settle()
    try FileSystem.removeFile(try log())
    try await bench.expectAudit(errors: ["log-record-missing"], saying: ["nor in any other log"])
  }

  @Test func aRecordThatStandsTwice() async throws {
    try await settle()
    try rewrite(log()) { $0.append($0[0]) }
    try await bench.expectAudit(errors: ["log-record-twice"], saying: ["-0, 2 times"])
  }

  @Test func aRecordThatNobodyWrote() async throws {
    try await settle()
    let line = String(decoding: try FileSystem.read(log()), as: UTF8.self)
    let id = try #require(try bench.receipts(.review).first?.id.rawValue)
    let stranger = String(repeating: "0", count: 32)
    let unknown = line.replacing(id, with: stranger)
    try FileSystem.append(log(), Array(unknown.utf8))
    // Neither another project's record nor another tool's is judged.
    try FileSystem.append(log(), Array(unknown.replacing("images/", with: "elsewhere/").utf8))
    try FileSystem.append(log(), Array(line.replacing(id, with: "tool-7").utf8))
    try await bench.expectAudit(errors: ["log-record-unknown"], saying: ["\(stranger)-0 in line 2"])
  }

  /// A log that was rotated is looked for in the archives; while it is in both, that is no repetition.
  @Test func aLogThatWasRotated() async throws {
    try await settle()
    let path = try log()
    let archives = "\(bench.workspace.path)/data/log_archives"
    try FileSystem.makeDirectories(archives)
    let gzip = Process()
    gzip.executableURL = URL(filePath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-k", path]
    try gzip.run()
    gzip.waitUntilExit()
    try FileSystem.rename("\(path).gz", to: "\(archives)/\(RelativePath(path).name).gz")
    try await bench.expectAudit(
      warnings: ["log-copied"], saying: ["1 record of custody in data/file_operations_logs"])
    try FileSystem.removeFile(path)
    try await bench.expectAudit()
    let archive = "\(archives)/\(RelativePath(path).name).gz"
    let bytes = try FileSystem.read(archive)
    try FileSystem.removeFile(archive)
    try FileSystem.create(archive, bytes.dropLast(20))
    try await bench.expectAudit(
      errors: ["log-record-missing"], warnings: ["log-damaged"], saying: ["log_archives"])
  }

  /// The audit is repeated when a log was changed.
  @Test func aChangedLogIsLookedAt() async throws {
    try await settle()
    try rewrite(log()) { $0.append($0[0]) }
    #expect(try await bench.night(only: ["audit"]).errors("audit") == ["log-record-twice"])
  }
}
