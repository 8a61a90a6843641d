import FileSystem
import Foundation
import Testing

@testable import DarkroomCLI

/// What the disk and its owners do to a night: files that cannot be read, names that are no text, no space left.
@Suite struct HardshipTests {
  private let pair = ImageWorkspace.pair
  private let single = ImageWorkspace.single

  /// Root reads everything: as root, the program runs as nobody, who owns the workspace.
  private func runUnprivileged(_ workspace: ImageWorkspace, _ arguments: [String]) throws
    -> ProgramWorkspace.Result
  {
    guard geteuid() == 0 else { return try workspace.run(arguments) }
    let process = workspace.program.process(
      ["--reuid=65534", "--regid=65534", "--clear-groups", ProgramWorkspace.program] + arguments,
      environment: [
        "XDG_DATA_HOME": "\(workspace.program.root)/home", "HOME": "\(workspace.program.root)/home",
      ])
    process.executableURL = URL(filePath: "/usr/bin/setpriv")
    return try workspace.program.finish(process)
  }

  private func giveToNobody(_ workspace: ImageWorkspace) {
    guard geteuid() == 0 else { return }
    func give(_ path: String) {
      #expect(chown(path, 65_534, 65_534) == 0)
      for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
        give("\(path)/\(name)")
      }
    }
    give(workspace.program.root)
  }

  private static let canBeUnprivileged =
    geteuid() != 0 || FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")

  @Test(.enabled(if: canBeUnprivileged)) func aFileThatCannotBeRead() throws {
    let workspace = try ImageWorkspace()
    giveToNobody(workspace)
    let closed = "\(workspace.root)/a/\(pair[1])"
    #expect(chmod(closed, 0) == 0)
    let first = try runUnprivileged(workspace, ["run", "nightly", "--json"])
    #expect(first.status == 0, "\(first.output)\(first.errors)")
    #expect(first.output.contains("file-permission") && first.output.contains("is not in any decision"))
    for (image, action) in [(pair[1], ["override", pair[1]]), (single, ["reject"])] {
      let group = try workspace.group(image)
      #expect(try runUnprivileged(workspace, ["decide", group] + action).status == 0)
    }
    let second = try runUnprivileged(workspace, ["run", "nightly"])
    #expect(second.status == 1)
    #expect(second.output.contains("cannot read") && second.output.contains("Permission denied"))
    #expect(try workspace.exists("a/\(pair[0])") && workspace.exists("a/\(pair[1])"))
    #expect(try workspace.exists("__delete_staging/\(single)"), "the other group goes on")
    #expect(chmod(closed, 0o644) == 0)
    let third = try runUnprivileged(workspace, ["run", "nightly"])
    #expect(third.status == 0, "\(third.output)")
    #expect(try workspace.exists("__selected/\(pair[1])"))
  }

  /// Nothing in it counts as gone, and its groups keep their members.
  @Test(.enabled(if: canBeUnprivileged)) func aFolderThatCannotBeRead() throws {
    let workspace = try ImageWorkspace()
    giveToNobody(workspace)
    #expect(try runUnprivileged(workspace, ["run", "nightly"]).status == 0)
    let groups = try workspace.run("groups", "--json").output
    #expect(chmod("\(workspace.root)/a", 0) == 0)
    let night = try runUnprivileged(workspace, ["run", "nightly"])
    #expect(night.status == 1 && night.output.contains("files-not-seen"), "\(night.output)")
    #expect(!night.output.contains("file-missing"))
    #expect(try workspace.run("groups", "--json").output == groups)
    #expect(chmod("\(workspace.root)/a", 0o755) == 0)
    #expect(try runUnprivileged(workspace, ["run", "nightly"]).status == 0)
    #expect(try runUnprivileged(workspace, ["audit"]).status == 0)
  }

  @Test func aNameThatIsNoText() throws {
    let workspace = try ImageWorkspace()
    func path(_ name: [UInt8]) -> [CChar] {
      (Array("\(workspace.root)/b/".utf8) + name).map { CChar(bitPattern: $0) } + [0]
    }
    let image = path([0xC3, 0x28] + Array(".png".utf8))
    // Beside an image, with its stem: it holds the image, whose companion it would be.
    let beside = path(Array("20250701_090000_stage1_generated.".utf8) + [0xFF])
    for name in [image, beside] { close(open(name, O_WRONLY | O_CREAT, 0o600)) }
    let first = try workspace.run("run", "nightly", "--json")
    #expect(first.status == 0 && first.output.contains("name-not-utf8"), "\(first.output)")
    for (image, action) in [(single, "reject"), (pair[0], "reject")] {
      #expect(try workspace.run("decide", try workspace.group(image), action).status == 0)
    }
    let night = try workspace.night(1)
    #expect(night.output.contains("set-held") && night.output.contains(single))
    #expect(try workspace.exists("b/\(single)") && workspace.exists("__delete_staging/\(pair[0])"))
    for name in [image, beside] { #expect(access(name, F_OK) == 0) }
    #expect(unlink(beside) == 0)
    try workspace.night()
    #expect(try workspace.exists("__delete_staging/\(single)") && access(image, F_OK) == 0)
  }

  /// Runs a night in which no file gets larger than 1500 KiB.
  private func runWithoutSpace(_ workspace: ImageWorkspace) throws -> ProgramWorkspace.Result {
    let process = workspace.program.process(
      ["-c", "trap '' XFSZ; ulimit -f 1500; exec \"$0\" run nightly", ProgramWorkspace.program],
      environment: ["XDG_DATA_HOME": "\(workspace.program.root)/home"])
    process.executableURL = URL(filePath: "/bin/bash")
    return try workspace.program.finish(process)
  }

  /// A limit on the size of files stands for a disk that is full in the middle of a crop: the write ends the same way.
  @Test func noSpaceInTheMiddleOfACrop() throws {
    let workspace = try ImageWorkspace()
    try workspace.image("d/large_stage2_upscaled.png", width: 900, height: 900)
    try workspace.night()
    let large = try workspace.group("large_stage2_upscaled.png")
    #expect(try workspace.run("decide", large, "crop", "0,0,1,0.99").status == 0)
    #expect(try workspace.run("decide", try workspace.group(single), "crop", "0,0,1,0.95").status == 0)
    let full = try runWithoutSpace(workspace)
    #expect(full.status == 1, "\(full.output)\(full.errors)")
    #expect(full.output.contains("crop/\(large) failed"), "\(full.output)")
    #expect(full.output.contains("File too large"))
    #expect(try workspace.exists("__cropped/\(single)"), "the other group goes on")
    #expect(try workspace.exists("__crop/large_stage2_upscaled.png"))
    #expect(try !workspace.paths().contains { $0.contains(".darkroom-") || $0.contains(".custody-") })
    #expect(try !workspace.exists("__cropped/large_stage2_upscaled.png"))
    try workspace.night()
    #expect(try workspace.exists("__cropped/large_stage2_upscaled.png"))
    #expect(try workspace.run("audit", "--rehash").status == 0)
  }

  /// The log cannot be written, so that the order stays open; then one of its files is lost. There is a way out.
  @Test func anOrderWhoseFileIsLost() throws {
    let workspace = try ImageWorkspace()
    try workspace.night()
    let group = try workspace.group(pair[0])
    #expect(try workspace.run("decide", group, "approve").status == 0)
    let day = Date.now.formatted(.iso8601.year().month().day().dateSeparator(.omitted))
    try FileSystem.makeDirectories("\(workspace.program.root)/data/file_operations_logs")
    let log = "data/file_operations_logs/file_operations_\(day).log"
    try workspace.program.write(log, String(repeating: "\n", count: 1_600_000))
    let full = try runWithoutSpace(workspace)
    #expect(full.status == 1 && full.output.contains("order-unfinished"), "\(full.output)")
    try FileSystem.removeFile("\(workspace.root)/__selected/\(pair[1])")

    // Each run says it, and does the rest of its work.
    let stuck = try workspace.night(1)
    let said = stuck.output + stuck.errors
    #expect(said.contains("order-contradictory"), "\(said)")
    let order = try #require(said.firstMatch(of: /undo --abandon ([0-9a-f]{32})/)?.1)
    let audit = try workspace.run("audit")
    #expect(audit.status == 7 && audit.output.contains("darkroom undo --abandon \(order)"))

    #expect(try workspace.run("undo", "--abandon", "0123").status == 6)
    let given = try workspace.run("undo", "--abandon", String(order))
    #expect(given.status == 0 && given.output.contains("order-abandoned"), "\(given.output)\(given.errors)")
    #expect(try workspace.exists("a/\(pair[0])") && !workspace.exists("__selected"))
    #expect(try workspace.run("undo", "--abandon", String(order)).status == 6)
    #expect(try workspace.run("undo", "--group", group).status == 0)
    let after = try workspace.run("audit")
    #expect(
      after.status == 7 && after.output.contains("file-missing") && !after.output.contains("order-open"))
    #expect(try workspace.run("where", pair[1]).output.contains("missing: not where it was"))
  }

  /// The recommender of a night that hangs: the night ends, and what people decided is carried out.
  @Test func aRecommenderThatHangs() throws {
    let workspace = try ImageWorkspace(with: [
      "recommend":
        #"{ "recommender": "command", "command": ["sh", "-c", "trap '' TERM; while :; do sleep 1000; done"], "timeout": "300ms" }"#
    ])
    let first = try workspace.night(1)
    #expect(first.output.contains("program-timeout"), "\(first.output)")
    #expect(try workspace.run("decide", try workspace.group(single), "reject").status == 0)
    try workspace.night(1)
    #expect(try workspace.exists("__delete_staging/\(single)"))
  }

  @Test func aNewWorkspaceHasEverySchema() throws {
    let workspace = try ProgramWorkspace()
    let folder = "\(workspace.root)/new"
    #expect(try workspace.run("init", folder).status == 0)
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "data/schema").path
    let names = try FileSystem.list(repository)
    #expect(try FileSystem.list("\(folder)/data/schema") == names && names.count >= 4)
    for name in names {
      #expect(
        try FileSystem.read("\(folder)/data/schema/\(name)") == FileSystem.read("\(repository)/\(name)"),
        "\(name)")
    }
  }
}
