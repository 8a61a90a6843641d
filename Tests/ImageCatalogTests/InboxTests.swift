import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import Testing

@testable import ImageCatalog

@Suite struct InboxTests {
  @Test func decisionsComeBackInOrder() throws {
    let workspace = try TemporaryWorkspace()
    #expect(try DecisionInbox.read(workspace: workspace.path, project: "mojo3").entries == [])
    let all = try Fixture.all()
    for decision in all { try DecisionInbox.append(decision, workspace: workspace.path) }
    let content = try DecisionInbox.read(workspace: workspace.path, project: "mojo3")
    #expect(content.entries.map(\.decision) == all)
    #expect(content.entries.map(\.line) == Array(1...all.count))
    #expect(content.findings.isEmpty && content.path == "data/review/inbox/mojo3.jsonl")
    #expect(throws: Diagnostic.self) {
      try DecisionInbox.read(workspace: workspace.path, project: "../mojo3")
    }
  }

  @Test func badLinesStopNoOthers() throws {
    let workspace = try TemporaryWorkspace()
    let first = try Fixture.decision(.skip, at: 1).json.canonical
    let other = first.replacing("mojo3", with: "mojo4")
    let stranger = try Decision(
      project: "mojo4", group: Fixture.group, action: .skip, actor: .human, images: ["a.png"],
      decidedAt: Fixture.time(3))
    let path = DecisionInbox.path(project: "mojo3")
    let long = "\"" + String(repeating: "x", count: 1 << 20) + "\""
    try workspace.write(
      path, "\(first)\r\n\nnot JSON\n\(other)\n\(stranger.json.canonical)\n\(long)\n{\"torn")
    let second = try Fixture.decision(.skip, at: 2)
    try DecisionInbox.append(second, workspace: workspace.path)
    let content = try DecisionInbox.read(workspace: workspace.path, project: "mojo3")
    #expect(content.entries.map(\.line) == [1, 8])
    #expect(content.entries.last?.decision == second)
    #expect(Set(content.findings.compactMap { $0.location?.line }) == [3, 4, 5, 6, 7])
    #expect(content.findings.allSatisfy { $0.location?.path == path && $0.severity == .error })
    #expect(content.findings.contains { $0.code == "decision-project" && $0.location?.line == 5 })
    #expect(content.findings.contains { $0.code == "decision-altered" && $0.location?.line == 4 })
    #expect(content.findings.contains { $0.code == "decision-too-long" && $0.location?.line == 6 })
  }

  @Test func aLineThatIsNotUTF8IsAFinding() throws {
    let line = Array(try Fixture.decision(.skip).json.canonical.utf8)
    let content = DecisionInbox.content(
      [0x22, 0xFF, 0x22, 0x0A] + line, path: "x", project: "mojo3")
    #expect(content.entries.map(\.line) == [2])
    #expect(content.findings.map(\.code) == ["bad-utf8"])
  }

  @Test func writersDoNotMixLines() async throws {
    let workspace = try TemporaryWorkspace()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for writer in 0..<8 {
        tasks.addTask {
          for number in 0..<20 {
            try DecisionInbox.append(
              Fixture.decision(.skip, at: writer * 100 + number), workspace: workspace.path)
          }
        }
      }
      try await tasks.waitForAll()
    }
    let content = try DecisionInbox.read(workspace: workspace.path, project: "mojo3")
    #expect(content.entries.count == 160 && content.findings.isEmpty)
    #expect(Set(content.entries.map(\.decision.id)).count == 160)
  }

  // MARK: The fold

  private func fold(_ decisions: [Decision]) -> GroupDecisions {
    let entries = decisions.enumerated().map { InboxContent.Entry(decision: $0.element, line: $0.offset + 1) }
    let groups = DecisionInbox.fold(InboxContent(path: "inbox", entries: entries))
    return groups[Fixture.group] ?? GroupDecisions()
  }

  @Test func theFirstStandsAndLaterOthersAreFindings() throws {
    let first = try Fixture.decision(.override, image: "b.png", at: 1)
    let same = try Fixture.decision(.override, image: "b.png", at: 2)
    let other = try Fixture.decision(.reject, at: 3)
    let folded = fold([first, same, first, other])
    #expect(folded.standing == first && folded.voided == [])
    #expect(folded.findings.map(\.code) == ["decision-conflict"])
    #expect(folded.findings[0].location?.line == 4 && folded.findings[0].notes[0].location?.line == 1)
    #expect(folded.findings[0].severity == .warning)
  }

  @Test func anUndoTakesBackAndOpensAnew() throws {
    let first = try Fixture.decision(.override, image: "b.png", at: 1)
    let ignored = try Fixture.decision(.reject, at: 2)
    let undo = try Fixture.decision(.undo, at: 3, undoes: first.id)
    let next = try Fixture.decision(.crop, image: "c.png", at: 4)
    #expect(fold([first, ignored, undo]).standing == nil)
    let folded = fold([first, ignored, undo, next, undo])
    #expect(folded.standing == next && folded.voided == [first])
    #expect(folded.findings.map(\.code) == ["decision-conflict"])
    let again = fold([first, undo, first])
    #expect(again.standing == nil && again.findings.map(\.code) == ["decision-voided"])
    let withdrawn = fold([first, ignored, try Fixture.decision(.undo, at: 5, undoes: ignored.id)])
    #expect(withdrawn.standing == first && withdrawn.findings.isEmpty && withdrawn.voided == [])
  }

  @Test func skipsNeitherDecideNorBlock() throws {
    let skip = try Fixture.decision(.skip, at: 1)
    #expect(fold([skip]).standing == nil && fold([skip]).isSkipped)
    let decided = fold([skip, try Fixture.decision(.reject, at: 2), try Fixture.decision(.skip, at: 3)])
    #expect(decided.standing?.action == .reject && !decided.isSkipped && decided.findings.isEmpty)
  }

  @Test func aCropWaitsForItsRectangle() throws {
    let waiting = try Fixture.decision(.crop, image: "b.png", at: 1)
    let drawn = try Fixture.decision(.crop, image: "b.png", crop: Fixture.rectangle(), at: 2)
    let another = try Fixture.decision(.crop, image: "b.png", crop: Fixture.rectangle(0), at: 3)
    let folded = fold([waiting, drawn, another])
    #expect(folded.standing?.id == waiting.id && folded.standing?.crop == drawn.crop)
    #expect(folded.rectangle == drawn)
    #expect(folded.findings.map(\.code) == ["decision-conflict"])
    #expect(folded.findings[0].notes[0].location?.line == 2)
    let wrongImage = fold([
      waiting, try Fixture.decision(.crop, image: "c.png", crop: Fixture.rectangle(), at: 2),
    ])
    #expect(wrongImage.standing == waiting && wrongImage.findings.count == 1)
    let redrawn = fold([waiting, drawn, try Fixture.decision(.undo, at: 4, undoes: drawn.id), another])
    #expect(redrawn.standing?.crop == another.crop && redrawn.voided == [drawn] && redrawn.findings.isEmpty)
    let undone = fold([waiting, drawn, try Fixture.decision(.undo, at: 4, undoes: waiting.id)])
    #expect(undone.standing == nil && undone.rectangle == nil && undone.voided == [drawn, waiting])
    #expect(fold([drawn, waiting]).standing == drawn)
  }

  @Test func undoOfNothingIsAFinding() throws {
    let first = try Fixture.decision(.reject, at: 1)
    let unknown = try Fixture.decision(.undo, at: 2, undoes: String(repeating: "0", count: 32))
    #expect(fold([unknown, first]).findings.map(\.code) == ["undo-unknown"])
    let elsewhere = GroupID(project: "mojo3", folder: "y", stems: [])
    let wrong = try Fixture.decision(.undo, at: 2, group: elsewhere, undoes: first.id)
    let entries = [first, wrong].enumerated().map {
      InboxContent.Entry(decision: $0.element, line: $0.offset + 1)
    }
    let groups = DecisionInbox.fold(InboxContent(path: "inbox", entries: entries))
    #expect(groups[Fixture.group]?.standing == first)
    #expect(groups[elsewhere]?.findings.map(\.code) == ["undo-unknown"])
  }

  /// Against a plain reading of the rule, on random histories.
  @Test func randomHistoriesFoldAsTheRuleSays() throws {
    var random = SeededRandom(seed: 31)
    for _ in 0..<300 {
      var history: [Decision] = []
      for second in 0..<(1 + random.next(below: 12)) {
        let undone = history.filter { $0.action != .undo }.randomElement(using: &random)
        switch random.next(below: 7) {
        case 0: history.append(try Fixture.decision(.reject, at: second))
        case 1: history.append(try Fixture.decision(.skip, at: second))
        case 2: history.append(try Fixture.decision(.override, image: "b.png", at: second))
        case 3: history.append(try Fixture.decision(.crop, image: "b.png", at: second))
        case 4:
          history.append(try Fixture.decision(.crop, image: "b.png", crop: Fixture.rectangle(), at: second))
        case 5: if let last = history.last { history.append(last) }
        default: if let undone { history.append(try Fixture.decision(.undo, at: second, undoes: undone.id)) }
        }
      }
      var (first, drawn): (Decision?, Decision?) = (nil, nil)
      var seen = Set<String>()
      var voided: [String] = []
      for line in history {
        if line.action == .undo {
          if line.undoes == drawn?.id {
            voided += [drawn?.id ?? ""]; drawn = nil
          } else if line.undoes == first?.id {
            voided += [drawn?.id, first?.id].compactMap { $0 }
            (first, drawn) = (nil, nil)
          }
        } else if seen.insert(line.id).inserted, line.action != .skip {
          if first == nil {
            first = line
          } else if first?.action == .crop, first?.crop == nil, drawn == nil, line.action == .crop,
            line.crop != nil
          {
            drawn = line
          }
        }
      }
      let folded = fold(history)
      #expect(folded.standing?.id == first?.id && folded.rectangle?.id == drawn?.id)
      #expect(folded.standing?.crop == (drawn?.crop ?? first?.crop))
      #expect(folded.voided.map(\.id) == voided)
    }
  }

  // MARK: Sidecars

  @Test func bothOlderSidecarsAreRead() throws {
    let image = #"""
      {"group_id": "mojo1_group_1", "project_id": "mojo1", "image": "a.png", "needs_crop": true,
       "ai_route": "suggestion", "ai_crop_coords": [0, 66, 1787, 1853], "schema_version": "1.0", "note": "x"}
      """#
    guard case .image(let read) = try DecisionSidecar.read(Array(image.utf8), path: "a.decision") else {
      Issue.record("not an image's")
      return
    }
    #expect(read.group == "mojo1_group_1" && read.route == .suggestion && read.version == 1 && read.needsCrop)
    #expect(read.others == ["note": "x"])
    #expect(try read.rectangle(width: 3_072, height: 3_072)?.x2 == 1_787.0 / 3_072)
    #expect(throws: Diagnostic.self) { try read.rectangle(width: nil, height: nil) }
    let group = #"""
      {"group_id": "g1", "images": ["a.png", "b.png"], "ai_recommendation": {"selected_index": 1},
       "user_decision": null, "other": 5}
      """#
    guard case .group(let sidecar) = try DecisionSidecar.read(Array(group.utf8), path: "g1.decision") else {
      Issue.record("not a group's")
      return
    }
    #expect(sidecar.images == ["a.png", "b.png"] && sidecar.userDecision == nil)
    #expect(sidecar.recommendation?["selected_index"] == 1 && sidecar.others == ["other": 5])
    let groups = [
      ImageGroup(id: "g_1", folder: "x", images: ["b.png", "a.png"], stages: ["", ""], flags: []),
      ImageGroup(id: "g_2", folder: "x", images: ["c.png"], stages: [""], flags: []),
    ]
    #expect(GroupSidecar.owners(of: ["x/g1.decision": sidecar], groups: groups) == ["g_1": ["x/g1.decision"]])
    var spread = sidecar
    spread.images.append("c.png")
    #expect(GroupSidecar.owners(of: ["x/g1.decision": spread], groups: groups) == [:])
  }

  @Test func oursIsWrittenTheSameEveryTime() throws {
    let sidecar = ImageSidecar(
      group: Fixture.group, project: "mojo3", image: Fixture.images[0], route: .manual, crop: nil)
    let text = String(decoding: sidecar.bytes, as: UTF8.self)
    #expect(
      text == """
        {"ai_crop_coords":null,"ai_route":"manual","group_id":"\(Fixture.group)","image":"a \u{e9}.png",\
        "needs_crop":true,"project_id":"mojo3","schema_version":2}

        """)
    for crop in [nil, try Fixture.rectangle()] {
      let written = ImageSidecar(
        group: Fixture.group, project: "mojo3", image: "a.png", route: .suggestion, crop: crop)
      #expect(try DecisionSidecar.read(written.bytes, path: "x") == .image(written))
      #expect(try written.rectangle(width: nil, height: nil) == crop)
    }
  }

  @Test(arguments: [
    ("{}", "sidecar-unknown"), ("[1]", "record-type"), (#"{"image": "a.png"}"#, "record-missing"),
    (#"{"group_id": "g", "project_id": "p", "image": "a", "schema_version": 3}"#, "sidecar-newer"),
    (#"{"group_id": "g", "project_id": "p", "image": "a", "ai_crop_coords": [1]}"#, "record-type"),
    (#"{"group_id": "g", "images": [1]}"#, "record-type"),
  ]) func whatIsNoSidecarIsSaid(_ text: String, _ code: String) throws {
    let error = #expect(throws: Diagnostics.self) {
      try DecisionSidecar.read(Array(text.utf8), path: "x.decision")
    }
    #expect(error?.items.contains { $0.code == code && $0.location?.path == "x.decision" } == true)
  }
}
