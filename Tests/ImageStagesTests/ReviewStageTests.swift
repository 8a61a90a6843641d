import DarkroomTesting
import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore
import Testing

@testable import ImageStages

@Suite struct ReviewStageTests {
  let bench: StageBench
  /// A group of three, of which one has a caption.
  let group = ["stage1_generated", "stage1.5_face_swapped", "stage2_upscaled"].map {
    "20250701_080000_\($0).png"
  }
  /// A group by itself.
  let single = "20250701_090000_stage1_generated.png"

  init() throws {
    bench = try StageBench()
    bench.settings["trash"] = ["trashAfterDays": 7]
    for image in group { try bench.set("a/\(image)") }
    try bench.write("a/\(stem(group[1])).caption", "a caption")
    try bench.set("b/\(single)")
  }

  private func stem(_ image: String) -> String { RelativePath(image).stem }
  private func files(_ image: String) -> [String] {
    [image, "\(stem(image)).yaml"] + (image == group[1] ? ["\(stem(image)).caption"] : [])
  }

  /// Where the files of the group are, each by its folder.
  private func places() throws -> [String: String] {
    let all = Set(group.flatMap(files))
    return Dictionary(
      try bench.paths().map { RelativePath($0) }.filter { all.contains($0.name) }.map {
        ($0.name, $0.folder.rawValue)
      }
    ) { "\($0) and \($1)" }
  }

  private func expected(picked: String?, in folder: String, others: String) -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: group.flatMap { image in
        files(image).map { ($0, image == picked ? folder : others) }
      })
  }

  @Test(arguments: [
    (Decision.Action.approve, "__selected"), (.override, "__selected"), (.crop, "__crop"),
    (.acceptCrop, "__crop_auto"), (.reject, "__delete_staging"),
  ])
  func setsAreRoutedAsTheContractSays(_ action: Decision.Action, _ folder: String) async throws {
    try await bench.run()
    let record = try bench.group(group[1])
    let rectangle = try StageBench.rectangle()
    let shown = try bench.shown(record, group[1], crop: rectangle)
    let decision = try bench.decide(
      group[1], action, crop: action == .acceptCrop ? rectangle : nil, recommendation: shown)
    let all = try bench.tree()
    _ = try await bench.night(only: ["catalog", "review"])

    #expect(
      try places()
        == expected(
          picked: action == .reject ? nil : group[1], in: folder, others: "__delete_staging"))
    #expect(try bench.exists("b/\(single)"), "silence is no decision")
    #expect(Set(all.values).isSubset(of: try bench.tree().values))
    let row = try #require(try bench.rows().first)
    #expect(try bench.rows().count == 1)
    #expect(row.group == decision.group && row.decisionID == decision.id && row.images == group)
    #expect(row.imageWidth == 80 && row.imageHeight == 72)
    let sidecar = try bench.workspace.text("images/\(folder)/\(stem(group[1])).decision")
    guard action == .crop || action == .acceptCrop else {
      #expect(sidecar == nil)
      return try await bench.expectIdempotence()
    }
    let text = try #require(sidecar)
    #expect(text.contains(decision.group.rawValue) && text.contains(group[1]))
    #expect(text.contains(action == .crop ? "manual" : "suggestion"))
    // The crop stage takes the sidecar away; here only the review is repeated.
    if action == .crop { try await bench.expectIdempotence() }
  }

  @Test func silenceAndSkipMoveNothing() async throws {
    try await bench.run()
    let before = try bench.tree()
    try bench.decide(group[0], .skip)
    #expect(try await bench.run().done("review").isEmpty)
    #expect(try bench.tree() == before && bench.rows().isEmpty)
    try bench.decide(group[0], .override)
    try await bench.run()
    #expect(try bench.exists("__selected/\(group[0])"), "a skip keeps nobody from deciding")
  }

  @Test func theFirstDecisionStandsUntilItIsTakenBack() async throws {
    try await bench.run()
    let before = try bench.tree()
    let first = try bench.decide(group[0], .override)
    try await bench.run()
    try bench.decide(group[1], .override)
    let night = try await bench.run()
    #expect(night.warnings("review") == ["decision-conflict"])
    #expect(night.findings("review").first?.location?.line == 2)
    #expect(try bench.exists("__selected/\(group[0])"))
    try bench.undo(first)
    try await bench.run()
    #expect(try bench.tree() == before && bench.rows().isEmpty)
    try bench.decide(group[1], .override)
    try await bench.run()
    #expect(try bench.exists("__selected/\(group[1])") && bench.rows().count == 1)
    try await bench.expectIdempotence()
  }

  @Test func anOlderSidecarOfTheGroupTravelsWithThePick() async throws {
    let sidecar = #"{"group_id":"g","images":["\#(group[0])","\#(group[1])"],"ai_recommendation":{}}"#
    try bench.write("a/older group.decision", sidecar)
    try await bench.run()
    try bench.decide(group[2], .override)
    try await bench.run()
    #expect(try bench.workspace.text("images/__selected/older group.decision") == sidecar)
  }

  // MARK: Bad input: nothing of the group moves, the other group does

  /// Decides both groups and runs a night: the first group has to stay, the other to move.
  @discardableResult private func expectRefusal(
    _ code: String, words: [String], sourceLocation: Testing.SourceLocation = #_sourceLocation,
    decide: () throws -> Void
  ) async throws -> StageBench.Night {
    try decide()
    try bench.decide(single, .override)
    let before = try bench.tree()
    let night = try await bench.night()
    #expect(night.errors("review") == [code], sourceLocation: sourceLocation)
    #expect(night.done("review").count == 1, sourceLocation: sourceLocation)
    let errors = night.findings("review").filter { $0.severity == .error }
    let said = errors.map(\.description).joined()
    for word in words { #expect(said.contains(word), "\(said)", sourceLocation: sourceLocation) }
    let untouched = ["nothing of group", "nothing was moved", "stays with all", "none of them moves"]
    #expect(untouched.contains(where: said.contains), "\(said)", sourceLocation: sourceLocation)
    #expect(errors.allSatisfy { $0.help != nil }, sourceLocation: sourceLocation)
    for (path, digest) in before where !path.rawValue.hasPrefix("b/") {
      #expect(try bench.tree()[path] == digest, "\(path)", sourceLocation: sourceLocation)
    }
    #expect(try bench.exists("__selected/\(single)"), sourceLocation: sourceLocation)
    #expect(try bench.rows().count == 1, sourceLocation: sourceLocation)
    #expect(night.errors("audit") == ["decision-not-applied"], sourceLocation: sourceLocation)
    return night
  }

  @Test func aNameThatIsTaken() async throws {
    try await bench.run()
    try bench.write("__selected/\(group[0])", "somebody's")
    try await expectRefusal("destination-taken", words: ["__selected/\(group[0])", "rename or move away"]) {
      try bench.decide(group[0], .override)
    }
    #expect(try bench.workspace.text("images/__selected/\(group[0])") == "somebody's")
    // Once the name is free, the next night carries the decision out.
    try FileSystem.removeFile("\(bench.root)/__selected/\(group[0])")
    try await bench.run()
    #expect(try places() == expected(picked: group[0], in: "__selected", others: "__delete_staging"))
  }

  @Test func aNameThatOnlyACompanionFindsTaken() async throws {
    try await bench.run()
    try bench.write("__delete_staging/\(stem(group[1])).caption", "somebody's")
    try await expectRefusal(
      "destination-taken", words: ["__delete_staging/\(stem(group[1])).caption", "nothing of group"]
    ) { try bench.decide(group[0], .override) }
  }

  @Test func aNameThatDiffersInCaseOnly() async throws {
    try await bench.run()
    try bench.write("__selected/\(group[0].uppercased())", "somebody's")
    try await expectRefusal("destination-taken", words: ["only in case or Unicode form"]) {
      try bench.decide(group[0], .override)
    }
  }

  @Test func twoImagesOfOneStem() async throws {
    try bench.image("a/\(stem(group[1])).jpg")
    try await bench.run()
    let image = "\(stem(group[1])).jpg"
    try await expectRefusal("stem-conflict", words: [image, group[1], "rename one of them"]) {
      try bench.decide(image, .override)
    }
  }

  @Test func aLinkBesideAnImageHoldsItsSet() async throws {
    try FileSystem.makeLink("\(bench.root)/a/\(stem(group[0])).txt", to: "\(stem(group[0])).yaml")
    try await bench.run()
    try await expectRefusal("set-held", words: [group[0], "cannot be moved"]) {
      try bench.decide(group[0], .override)
    }
    #expect(try FileStatus("\(bench.root)/a/\(stem(group[0])).txt")?.kind == .link)
  }

  @Test func aFolderWhereAnImageWas() async throws {
    try await bench.run()
    try FileSystem.rename("\(bench.root)/a/\(group[0])", to: "\(bench.dataHome)/aside")
    try FileSystem.makeDirectory("\(bench.root)/a/\(group[0])")
    try bench.decide(single, .override)
    // The decision was made on what the catalog showed before.
    try bench.append(
      GroupRecord(
        group: ImageGroup(
          id: try bench.group(group[0]).group.id, folder: "a", images: group, stages: [], flags: []),
        digests: []), .override, image: group[0])
    let night = try await bench.night()
    #expect(night.errors("review") == ["unknown-group"])
    #expect(try bench.exists("a/\(group[1])") && bench.exists("__selected/\(single)"))
  }

  @Test func aDecisionOnAnUnknownGroup() async throws {
    try await bench.run()
    let night = try await expectRefusal(
      "unknown-group", words: ["g_0123456789abcdef0123", "has no group", "darkroom undo --group"]
    ) {
      let stranger = ImageGroup(
        id: GroupID("g_0123456789abcdef0123"), folder: "a", images: ["x.png"], stages: [], flags: [])
      try bench.append(GroupRecord(group: stranger, digests: [nil]), .override, image: "x.png")
    }
    #expect(night.findings("review").first { $0.severity == .error }?.location?.line == 1)
  }

  @Test func aGroupWhoseImageWasEditedSinceItWasShown() async throws {
    try await bench.run()
    let shown = try bench.shown(try bench.group(group[0]), group[0])
    try FileSystem.removeFile("\(bench.root)/a/\(group[0])")
    try bench.image("a/\(group[0])", width: 90)
    let before = try bench.tree()
    try bench.decide(group[0], .approve, recommendation: shown)
    try bench.decide(single, .override)
    let night = try await bench.night()
    #expect(night.errors("review") == ["group-changed"])
    let error = try #require(night.findings("review").first { $0.severity == .error })
    #expect(error.message.contains("content of an image is not what was shown; nothing was moved"))
    #expect(
      try bench.tree().filter { $0.key.rawValue.hasPrefix("a/") }
        == before.filter {
          $0.key.rawValue.hasPrefix("a/")
        })
    #expect(try bench.exists("__selected/\(single)"))
  }

  @Test func aGroupThatGrewSinceItWasShown() async throws {
    try await bench.run()
    try bench.decide(group[0], .override)
    try bench.decide(single, .override)
    try bench.set("a/20250701_080100_stage3_enhanced.png")
    let night = try await bench.night()
    #expect(night.errors("review") == ["unknown-group"])
    #expect(try bench.paths().filter { $0.hasPrefix("a/") }.count == 9, "nothing of it moved")
    #expect(try bench.exists("__selected/\(single)"))
  }

  /// Lines that cannot count: an index out of range, an image that is not in the group, no JSON.
  @Test func badLinesOfTheInboxStopNoOthers() async throws {
    try await bench.run()
    let before = try bench.tree()
    let record = try bench.group(group[0])
    let good = try bench.append(
      record, .approve, image: group[2], recommendation: try bench.shown(record, group[2]))
    let path = DecisionInbox.path(project: StageBench.project)
    let line = good.json.canonical
    try bench.workspace.write(
      path,
      [
        line.replacing("\"index\":2", with: "\"index\":3"),
        line.replacing("\"index\":2", with: "\"index\":-1"),
        line.replacing("\"image\":\"\(group[2])\"", with: "\"image\":\"elsewhere.png\""), "{ no JSON",
        "",
      ].joined(separator: "\n"))
    try bench.decide(single, .override)
    let night = try await bench.night()
    #expect(night.errors("review").isEmpty && night.done("review").count == 1)
    let errors = night.findings("audit").filter { $0.severity == .error }
    #expect(Set(errors.compactMap { $0.location?.line }) == [1, 2, 3, 4])
    #expect(errors.allSatisfy { $0.location?.path == path }, "\(errors)")
    #expect(try bench.tree().filter { $0.key.folder == "a" } == before.filter { $0.key.folder == "a" })
    #expect(try bench.exists("__selected/\(single)"))
  }

  @Test func unusualNamesTravelThereAndBack() async throws {
    let names = [
      "new\nline.png", "quote\"'.png", "back\\slash.png", "e\u{301}t.png", " space .png", "-dash.png",
      "tab\t🎞.png", String(repeating: "x", count: 251) + ".png", String(repeating: "é", count: 123) + ".png",
    ]
    for name in names { try bench.image("c/\(name)") }
    let before = try bench.tree()
    try await bench.run()
    var decisions: [Decision] = []
    for name in names {
      decisions.append(try bench.append(try bench.group(name), .override, image: name))
    }
    try await bench.run()
    for name in names { #expect(try bench.exists("__selected/\(name)"), "\(name)") }
    try await bench.expectIdempotence()
    for decision in decisions { try bench.undo(decision) }
    try await bench.run()
    #expect(try bench.tree() == before)
  }

  /// Both forms of one name, in one folder: the second has to wait, whoever comes first.
  @Test func twoFormsOfOneNameAreNotPutTogether() async throws {
    let names = ["\u{E9}.png", "e\u{301}.png"]
    for name in names { try bench.image("c/\(name)") }
    try await bench.run()
    for name in names { try bench.append(try bench.group(name), .override, image: name) }
    let night = try await bench.night()
    #expect(night.errors("review") == ["destination-taken"])
    #expect(try names.count { try bench.exists("__selected/\($0)") } == 1)
    #expect(try names.count { try bench.exists("c/\($0)") } == 1)
  }

  // MARK: The decision database

  /// Nothing moves whose row could not be written; once the database is well, the decision is carried out.
  private func expectNothingMoves(
    _ code: String, sourceLocation: Testing.SourceLocation = #_sourceLocation,
    until heal: () throws -> Void
  ) async throws {
    let before = try bench.tree()
    let night = try await bench.night()
    #expect(night.errors("review") == [code], sourceLocation: sourceLocation)
    #expect(try bench.tree() == before, sourceLocation: sourceLocation)
    #expect(try bench.receipts(.review).filter { $0.state != .undone }.count == 0)
    try heal()
    try await bench.run(sourceLocation: sourceLocation)
    #expect(try bench.rows().count == 1 && bench.exists("__selected/\(single)"))
  }

  private var database: String {
    "\(bench.workspace.path)/\(DecisionDatabase.path(project: StageBench.project))"
  }

  @Test(arguments: ["decision-database-corrupt", "decision-database-newer", "decision-database-locked"])
  func aDatabaseThatCannotBeUsed(_ code: String) async throws {
    try await bench.run()
    let decision = try bench.decide(single, .override)
    try await bench.run()
    let good = try FileSystem.read(database)
    try bench.undo(decision)
    try await bench.run()
    try bench.decide(single, .override)
    func put(_ bytes: [UInt8]) throws {
      try FileSystem.removeFile(database)
      try FileSystem.create(database, bytes)
    }
    let empty = try FileSystem.read(database)
    switch code {
    case "decision-database-corrupt":
      try put(Array("no database ".utf8) + [UInt8](repeating: 0xA5, count: good.count))
      try await expectNothingMoves(code) { try put(empty) }
    case "decision-database-newer":
      // The user version, https://www.sqlite.org/fileformat.html#the_database_header
      var newer = empty
      newer[63] += 1
      try put(newer)
      try await expectNothingMoves(code) { try put(empty) }
    default:
      let lock = try DatabaseLock(database)
      try await expectNothingMoves(code) { lock.release() }
    }
  }

  @Test func aRowOfAnotherDecisionIsSeenBeforeAnythingMoves() async throws {
    try await bench.run()
    let image = group[0]
    let record = try bench.group(image)
    try DecisionDatabase(workspace: bench.workspace.path, project: StageBench.project).record(
      DecisionRow(
        older: record.group.id, timestamp: "2025-01-02T03:04:05Z", project: StageBench.project,
        images: record.group.images, action: .reject, userSelectedIndex: nil))
    let before = try bench.tree()
    try bench.decide(image, .override)
    let night = try await bench.night()
    #expect(night.state == .failed)
    #expect(try bench.tree() == before)
  }
}
