import FileSystem
import Foundation
import PipelineCore
import Testing

@testable import DarkroomCLI

/// The commands of review, from outside: what they print, which code they end with, what they leave alone.
@Suite struct ReviewProgramTests {
  private let pair = ImageWorkspace.pair
  private let single = ImageWorkspace.single

  private func json(_ text: String) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  @Test func groupsAreListed() throws {
    let workspace = try ImageWorkspace()
    let early = try workspace.run("groups")
    #expect(early.status == 6, "\(early.status)")
    #expect(early.errors.contains("no-groups") && early.errors.contains("darkroom run nightly"))
    try workspace.night()
    try expectGolden(try workspace.masked(try workspace.run("groups").output), "groups.txt")
    let all = try workspace.run("groups", "--json")
    try expectGolden(try workspace.masked(all.output), "groups.json")
    #expect(try json(all.output)["total"] == 3)

    let limited = try workspace.run("groups", "--limit", "1")
    #expect(limited.output.contains("… and 2 more; --limit shows them"))
    #expect(try workspace.run("groups", "--limit", "0").status == 64)
    let unknown = try workspace.run("groups", "--project", "p2")
    #expect(unknown.status == 6 && unknown.errors.contains("there is no project p2"))
    for image in [pair[0], single, ImageWorkspace.odd] {
      #expect(try workspace.run("decide", try workspace.group(image), "reject").status == 0)
    }
    #expect(try workspace.run("groups").output == "nothing waits for a decision\n")
    #expect(try json(try workspace.run("groups", "--json").output)["total"] == 0)
    let decided = try workspace.run("groups", "--all").output
    #expect(decided.split(separator: "\n").count == 4 && decided.contains("decided"))
  }

  @Test func decisionsAreTakenIn() throws {
    let workspace = try ImageWorkspace()
    try workspace.night()
    let (first, second) = (try workspace.group(pair[0]), try workspace.group(single))
    func decide(_ arguments: String...) throws -> ProgramWorkspace.Result {
      try workspace.run(["decide"] + arguments)
    }
    // A beginning is enough when it is one of one group only.
    let approved = try decide(String(first.prefix(12)), "approve")
    #expect(approved.status == 0)
    #expect(
      approved.output == "\(first): approve \(pair[1])\nthe next run carries it out: `darkroom run nightly`\n"
    )
    #expect(try decide(second, "crop").status == 0)
    #expect(try decide(second, "crop", "0,0,1,0.95").output.contains("crop \(single) 0.0,0.0,1.0,0.95"))
    #expect(try decide(try workspace.group(ImageWorkspace.odd), "skip").output.contains(": skip\n"))
    try workspace.night()
    #expect(try workspace.exists("__selected/\(pair[1])") && workspace.exists("__cropped/\(single)"))
    #expect(try workspace.exists("c/\(ImageWorkspace.odd)"))
  }

  @Test func whatCannotBeDecidedIsRefusedAndWritesNothing() throws {
    let workspace = try ImageWorkspace()
    try workspace.night()
    let group = try workspace.group(pair[0])
    let inbox = "data/review/inbox/p1.jsonl"
    let cases: [([String], Int32, String)] = [
      (["g_00000000", "approve"], 6, "there is no group g_00000000; nothing was done"),
      (["g_", "approve"], 6, "is the beginning of 3 groups; nothing was done"),
      ([String(group.prefix(3)), "approve"], 6, "nothing was done"),
      ([group, "aprove"], 64, "there is no action aprove; nothing was decided"),
      ([group, "undo"], 64, "there is no action undo"),
      ([group, "override", "elsewhere.png"], 8, "has no image elsewhere.png; nothing was decided"),
      ([group, "override"], 8, "name the image that is meant; nothing was decided"),
      ([group, "accept-crop"], 8, "no crop was recommended for group"),
      ([group, "crop", "0.5,0,0.1,1"], 8, "crop-rectangle"),
      ([group, "crop", "nan,0,1,1"], 8, "which is no number"),
      ([group, "crop", "0,0,2,1"], 8, "outside 0 to 1"), ([group, "crop", "0,0,1"], 8, "3 coordinates"),
      ([group], 64, "Missing expected argument"),
    ]
    for (arguments, status, words) in cases {
      let result = try workspace.run(["decide"] + arguments)
      #expect(result.status == status, "\(arguments): \(result.output)\(result.errors)")
      #expect(result.errors.contains(words), "\(arguments): \(result.errors)")
      #expect(!workspace.program.exists(inbox), "\(arguments)")
    }
    #expect(try workspace.run("decide", group, "reject").status == 0)
    let before = try workspace.program.read(inbox)
    let late = try workspace.run("decide", group, "override", pair[0])
    #expect(late.status == 8)
    #expect(late.errors.contains("is decided already (reject); nothing was decided"))
    #expect(late.errors.contains("darkroom undo --group \(group)"))
    #expect(try workspace.program.read(inbox) == before)
  }

  @Test func historiesAreTold() throws {
    let workspace = try ImageWorkspace(with: ["trash": #"{ "trashAfterDays": 0 }"#])
    try workspace.night()
    #expect(try workspace.run("decide", try workspace.group(pair[0]), "crop", "0,0,1,0.95").status == 0)
    try workspace.night()
    for (image, golden) in [(pair[1], "where-crop"), (pair[0], "where-trash")] {
      try expectGolden(try workspace.masked(try workspace.run("where", image).output), "\(golden).txt")
    }
    let value = try workspace.run("where", pair[1], "--json")
    try expectGolden(try workspace.masked(value.output), "where-crop.json")
    #expect(try json(value.output)["files"]?.arrayValue?.isEmpty == false)
    let odd = try workspace.run("where", ImageWorkspace.odd)
    #expect(odd.status == 0 && !odd.output.contains("\"é\"\n.png"), "a name cannot break a line")
    let unknown = try workspace.run("where", "nobody.png")
    #expect(unknown.status == 6 && unknown.errors.contains("no file named nobody.png was ever seen"))
  }

  @Test func auditsAreExact() throws {
    let workspace = try ImageWorkspace()
    let empty = try workspace.run("audit")
    #expect(empty.status == 0 && empty.output == "nothing to audit: no image was ever seen here\n")
    try workspace.night()
    #expect(try workspace.run("decide", try workspace.group(pair[0]), "approve").status == 0)
    let pending = try workspace.run("audit")
    #expect(pending.status == 7 && pending.output.contains("decision-not-applied"))
    try workspace.night()
    let clean = try workspace.run("audit", "--rehash")
    #expect(clean.status == 0 && clean.errors.isEmpty)
    try expectGolden(try workspace.masked(clean.output), "audit-clean.txt")
    try expectGolden(try workspace.masked(try workspace.run("audit", "--json").output), "audit-clean.json")

    try FileSystem.removeFile("\(workspace.root)/__selected/\(pair[1])")
    try workspace.program.write("images/b/\(single)", "overwritten by a stranger")
    let broken = try workspace.run("audit")
    #expect(broken.status == 7)
    try expectGolden(try workspace.masked(broken.output), "audit-broken.txt")
    let value = try workspace.run("audit", "--json")
    #expect(value.status == 7)
    try expectGolden(try workspace.masked(value.output), "audit-broken.json")
    #expect(try workspace.run("audit", "--project", "p2").status == 6)
  }

  /// What a person says of files that are not at their places, on the command line.
  @Test func handMovesAndLossesAreAccepted() throws {
    let workspace = try ImageWorkspace()
    try workspace.night()
    try FileSystem.makeDirectories("\(workspace.root)/d")
    try FileSystem.rename("\(workspace.root)/b/\(single)", to: "\(workspace.root)/d/\(single)")
    try FileSystem.removeFile("\(workspace.root)/a/\(pair[0])")
    let broken = try workspace.run("audit")
    #expect(broken.status == 7 && broken.output.contains("darkroom audit --accept 'd/\(single)'"))
    #expect(broken.output.contains("--accept-loss 'a/\(pair[0])'"))
    let refused = try workspace.run("audit", "--accept-loss", "b/\(single)")
    #expect(refused.status == 8 && refused.errors.contains("accept-untrue"), "\(refused.errors)")
    #expect(try workspace.run("audit", "--accept", "d", "--project", "p2").status == 6)
    let accepted = try workspace.run("audit", "--accept", "d", "--accept-loss", "a/\(pair[0])")
    #expect(accepted.status == 0, "\(accepted.output)\(accepted.errors)")
    #expect(accepted.errors.contains("p1: b/\(single) is at d/\(single) now"))
    #expect(accepted.errors.contains("p1: a/\(pair[0]) is lost"))
    try expectGolden(try workspace.masked(accepted.output), "audit-accepted.txt")
    let again = try workspace.run("audit", "--accept", "d", "--accept-loss", "a/\(pair[0])")
    #expect(again.status == 0 && again.errors.contains("was accepted before"))
    let moved = try workspace.run("where", single)
    #expect(moved.output.contains("somebody moved it by hand to d/\(single)"))
    let lost = try workspace.run("where", pair[0])
    #expect(lost.output.contains("lost, and known to be"))
    let value = try json(try workspace.run("where", pair[0], "--json").output)
    #expect(value["files"]?.arrayValue?.first?["accepted"]?.arrayValue?.first?["kind"] == "lost")
    try workspace.night()
    #expect(try workspace.run("audit").status == 0)
  }

  /// An audit by hand is a look, too: what is found again is present, and its next loss an error.
  @Test func aLossIsTakenBack() throws {
    let workspace = try ImageWorkspace()
    try workspace.night()
    let path = "\(workspace.root)/b/\(single)"
    let bytes = try FileSystem.read(path)
    try FileSystem.removeFile(path)
    #expect(try workspace.run("audit", "--accept-loss", "b/\(single)").status == 0)
    #expect(try workspace.run("where", single).output.contains("lost, and known to be"))
    try FileSystem.create(path, bytes)
    let audit = try workspace.run("audit")
    #expect(audit.status == 0 && audit.errors.isEmpty, "\(audit.errors)")
    let found = try workspace.run("where", single).output
    #expect(found.contains("it was found at b/\(single) again") && !found.contains("known to be"))
    #expect(try workspace.run("audit").status == 0)
    #expect(try workspace.run("where", single).output == found)
    try FileSystem.removeFile(path)
    let broken = try workspace.run("audit")
    #expect(broken.status == 7 && broken.output.contains("file-missing"))
  }

  @Test func aVanishedRootIsNoDeletion() throws {
    let workspace = try ImageWorkspace()
    try workspace.night()
    try FileSystem.rename(workspace.root, to: "\(workspace.root)-unmounted")
    let night = try workspace.night(1)
    #expect(night.output.contains("project-root-missing"), "\(night.output)")
    let audit = try workspace.run("audit")
    #expect(audit.status == 7 && audit.output.contains("nothing counts as deleted"))
    try FileSystem.rename("\(workspace.root)-unmounted", to: workspace.root)
    try workspace.night()
    #expect(try workspace.run("audit").status == 0)
  }

  // MARK: Undo

  @Test func everythingComesBack() throws {
    let workspace = try ImageWorkspace(with: [
      "trash": #"{ "trashAfterDays": 0 }"#, "crop": #"{ "afterCrop": "trash" }"#,
    ])
    let before = try workspace.paths()
    try workspace.night()
    let (first, second) = (try workspace.group(pair[0]), try workspace.group(single))
    #expect(try workspace.run("decide", first, "crop").output.contains("crop \(pair[1])"))
    #expect(try workspace.run("decide", second, "reject").status == 0)
    try workspace.night()
    #expect(try workspace.run("decide", first, "crop", "0,0,1,0.95").status == 0)
    try workspace.night()
    #expect(try workspace.paths().filter { $0.hasPrefix("__crop/") }.isEmpty)

    // The group's decision with the rectangle that a later line gave.
    let undone = try workspace.run("undo", "--group", String(first.prefix(10)))
    #expect(undone.status == 0, "\(undone.output)\(undone.errors)")
    #expect(undone.output.hasPrefix("\(first): crop taken back, "))
    #expect(try workspace.paths() == before.filter { !$0.hasSuffix(single) })
    #expect(try workspace.run("undo", "--group", first).output == "there is nothing to undo\n")
    let last = try workspace.run("undo", "--last", "5")
    #expect(last.status == 0 && last.output.contains("\(second): reject taken back"))
    #expect(try workspace.paths() == before)
    #expect(try workspace.run("undo", "--last", "1").output == "there is nothing to undo\n")
    #expect(try workspace.run("audit").status == 0)
    try workspace.night()
    #expect(try workspace.paths() == before)
    #expect(try workspace.run("groups").output.components(separatedBy: "pending").count == 4)
  }

  @Test func aRunIsTakenBack() throws {
    let workspace = try ImageWorkspace()
    let before = try workspace.paths()
    try workspace.night()
    #expect(try workspace.run("decide", try workspace.group(pair[0]), "approve").status == 0)
    #expect(try workspace.run("decide", try workspace.group(single), "reject").status == 0)
    try workspace.night()
    #expect(try workspace.run("undo", "--run", "1").output == "there is nothing to undo\n")
    let undone = try workspace.run("undo", "--run", "2")
    #expect(undone.status == 0 && undone.output.split(separator: "\n").count == 2)
    #expect(try workspace.paths() == before)
  }

  @Test func whatCannotBeUndoneIsRefused() throws {
    let workspace = try ImageWorkspace()
    for arguments in [
      [], ["--last", "0"], ["--last", "1", "--run", "1"], ["--abandon", "0123", "--forget-missing"],
    ] {
      #expect(try workspace.run(["undo"] + arguments).status == 64, "\(arguments)")
    }
    try workspace.night()
    #expect(try workspace.run("undo", "--group", "g_00000000").status == 6)
    let (first, second) = (try workspace.group(pair[0]), try workspace.group(single))
    for group in [first, second] { #expect(try workspace.run("decide", group, "reject").status == 0) }
    try workspace.night()
    let staged = "\(workspace.root)/__delete_staging/\(pair[0])"
    try FileSystem.rename(staged, to: "\(workspace.program.root)/home/aside")
    let refused = try workspace.run("undo", "--last", "2")
    #expect(refused.status == 8, "\(refused.output)\(refused.errors)")
    #expect(refused.errors.contains("undo-missing") && refused.errors.contains("nothing of group \(first)"))
    #expect(refused.output.contains("\(second): reject taken back"), "the other group is")
    #expect(try workspace.exists("b/\(single)"))
    #expect(try workspace.exists("__delete_staging/\(pair[1])"))
    // The word is there: once the file is back, the next run completes the deed.
    try FileSystem.rename("\(workspace.program.root)/home/aside", to: staged)
    try workspace.night()
    #expect(try workspace.exists("a/\(pair[0])") && workspace.exists("a/\(pair[1])"))
    #expect(try workspace.run("audit").status == 0)
  }

  @Test func aLostFileIsForgottenWhenAPersonSaysSo() throws {
    let workspace = try ImageWorkspace()
    try workspace.night()
    let group = try workspace.group(pair[0])
    #expect(try workspace.run("decide", group, "override", pair[1]).status == 0)
    try workspace.night()
    try FileSystem.removeFile("\(workspace.root)/__delete_staging/\(pair[0])")
    let refused = try workspace.run("undo", "--group", group)
    #expect(refused.status == 8 && refused.errors.contains("darkroom undo --group \(group) --forget-missing"))
    #expect(try workspace.exists("__selected/\(pair[1])"), "nothing moved")
    let undone = try workspace.run("undo", "--group", group, "--forget-missing")
    #expect(undone.status == 0, "\(undone.errors)")
    #expect(undone.output == "\(group): override taken back, 2 files put back, 1 file not there any more\n")
    #expect(try workspace.exists("a/\(pair[1])") && !workspace.exists("a/\(pair[0])"))
    #expect(try workspace.run("undo", "--group", group).output == "there is nothing to undo\n")
    // The next nights work; the audit goes on telling that an image is lost.
    #expect(try workspace.night(1).output.contains("file-missing"))
    #expect(try workspace.group(pair[1]) != group)
  }

  /// What the review stage and the audit say to do about a group that is not there any more.
  @Test func aDecisionOfAGroupThatIsGoneIsTakenBack() throws {
    let workspace = try ImageWorkspace()
    try workspace.night()
    let group = try workspace.group(pair[0])
    #expect(try workspace.run("decide", group, "approve").status == 0)
    try workspace.image("a/20250701_080100_stage3_enhanced.png")
    let night = try workspace.night(1)
    #expect(night.output.contains("`darkroom undo --group \(group)`"), "\(night.output)")
    let undone = try workspace.run("undo", "--group", group)
    #expect(undone.status == 0, "\(undone.errors)")
    try workspace.night()
    #expect(try workspace.run("audit").status == 0)
  }
}
