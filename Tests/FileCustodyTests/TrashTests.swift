import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import Testing

@testable import FileCustody

#if os(Linux)
  @Suite(.serialized) struct TrashTests {
    let scratch: CustodyScratch
    let custody: FileCustody
    private let names = [
      "plain.png", "with space.png", "percent%41.png", "quote\"'.png", "hash#?.png", "e\u{301}\u{E9}🎞.png",
      "[x]=;.png",
    ]

    init() throws {
      scratch = try CustodyScratch()
      custody = try scratch.custody()
    }

    private func trash(_ names: [String], decision: String = "d1") throws -> CustodyOrder {
      let order = scratch.order(
        names.map { .trash(scratch.path($0)) }, verb: .sendToTrash, decision: decision, cause: .trash)
      _ = try custody.perform(order)
      return order
    }

    @Test func trashListSeesOurFiles() throws {
      try scratch.write(names)
      _ = try trash(names)
      let listed = try TrashTool.run(["trash-list"], dataHome: scratch.dataHome)
      #expect(listed.status == 0)
      let lines = listed.output.split(separator: "\n").map(String.init)
      for name in names {
        #expect(
          lines.contains { $0.utf8.elementsEqual("\(Self.date) \(scratch.path(name))".utf8) },
          "\(name)\n\(lines)")
      }
    }

    /// The scratch clock's first tick in this machine's zone.
    private static let date: String = {
      let formatter = DateFormatter()
      formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
      formatter.locale = Locale(identifier: "en_US_POSIX")
      return formatter.string(from: Date(timeIntervalSince1970: 1_760_000_001))
    }()

    @Test func trashRestoreGivesOurFilesBack() throws {
      try scratch.write(names)
      let before = try scratch.tree()
      _ = try trash(names)
      for _ in names {
        let answer = try TrashTool.run(
          ["trash-restore", scratch.root], dataHome: scratch.dataHome, input: "0\n")
        #expect(answer.status == 0, "\(answer.output)")
      }
      #expect(try scratch.tree() == before)
      #expect(try FileSystem.list("\(scratch.dataHome)/Trash/info").isEmpty)
    }

    /// GIO, which desktops use, writes the same lines for the same files.
    @Test func gioWritesWhatWeWrite() throws {
      try scratch.write(names)
      let order = try trash(names)
      let receipt = try #require(try custody.receipt(order.id))
      let ours = try receipt.steps.map { step in
        String(decoding: try FileSystem.read(try #require(step.trash?.info)), as: UTF8.self)
      }
      _ = try custody.undo(order.id)
      for (index, name) in names.enumerated() {
        let answer = try TrashTool.run(["gio", "trash", scratch.path(name)], dataHome: scratch.dataHome)
        try #require(answer.status == 0, "\(answer.output)")
        let info = "\(scratch.dataHome)/Trash/info/\(name).trashinfo"
        let lines = String(decoding: try FileSystem.read(info), as: UTF8.self).split(separator: "\n")
        let own = ours[index].split(separator: "\n")
        #expect(lines.count == own.count)
        #expect(lines[0] == own[0])
        // GIO leaves more characters as they are; decoded, the paths are the same.
        #expect(lines[1].removingPercentEncoding == own[1].removingPercentEncoding)
        #expect(lines[2].count == own[2].count && lines[2].hasPrefix("DeletionDate="))
      }
    }

    /// `gio trash --list` asks a service of the desktop; where that does not run it says so.
    @Test func gioSeesAndRestoresOurFiles() throws {
      try scratch.write(names)
      let before = try scratch.tree()
      _ = try trash(names)
      let listed = try TrashTool.run(["gio", "trash", "--list"], dataHome: scratch.dataHome)
      if listed.status != 0 { try Test.cancel("gio cannot list the Trash on this machine: \(listed.output)") }
      for line in listed.output.split(separator: "\n") {
        let location = String(line.prefix { $0 != "\t" })
        let answer = try TrashTool.run(["gio", "trash", "--restore", location], dataHome: scratch.dataHome)
        #expect(answer.status == 0, "\(answer.output)")
      }
      #expect(try scratch.tree() == before)
    }

    @Test func takenNamesInTheTrashGetNumbers() throws {
      try scratch.write(["x/a.png", "y/a.png", "a.png"])
      let before = try scratch.tree()
      let orders = [try trash(["x/a.png", "y/a.png"]), try trash(["a.png"], decision: "d2")]
      #expect(try FileSystem.list(scratch.trashFiles) == ["a.2.png", "a.3.png", "a.png"])
      for order in orders { _ = try custody.undo(order.id) }
      #expect(try scratch.tree() == before)
    }

    @Test func aNameTakenInThatMomentIsNoObstacle() throws {
      try scratch.write(["a.png"])
      let scratch = scratch
      let custody = try scratch.custody(before: { operation in
        let info = "\(scratch.dataHome)/Trash/info/a.png.trashinfo"
        if operation == "commit prepared", try FileStatus(info) == nil {
          try FileSystem.create(info, "other".utf8)
        }
      })
      _ = try custody.perform(scratch.order([.trash(scratch.path("a.png"))]))
      #expect(try FileSystem.list(scratch.trashFiles) == ["a.2.png"])
      #expect(
        String(decoding: try FileSystem.read("\(scratch.dataHome)/Trash/info/a.png.trashinfo"), as: UTF8.self)
          == "other")
    }

    @Test func longNamesAreCutForTheInfoFile() throws {
      let name = String(repeating: "é", count: 125) + ".png"
      #expect(name.utf8.count == 254)
      try scratch.write([name])
      let before = try scratch.tree()
      let order = try trash([name])
      let info = try FileSystem.list("\(scratch.dataHome)/Trash/info")
      #expect(info.count == 1 && info[0].utf8.count <= 255 && info[0].hasSuffix(".png.trashinfo"))
      if let listed = try TrashTool.runIfThere(["trash-list"], dataHome: scratch.dataHome) {
        #expect(listed.output.contains(name))
      }
      _ = try custody.undo(order.id)
      #expect(try scratch.tree() == before)
    }

    @Test func aPersonWhoEmptiedTheTrashIsTold() throws {
      try scratch.write(["a.png", "b.png"])
      let order = try trash(["a.png", "b.png"])
      try FileSystem.removeFile("\(scratch.trashFiles)/a.png")
      let error = #expect(throws: (any Error).self) { try custody.undo(order.id) }
      #expect(codes(error) == ["trash-emptied"])
      #expect(try scratch.tree().isEmpty)
      #expect(try FileSystem.list(scratch.trashFiles) == ["b.png"])
      #expect(try custody.receipt(order.id)?.state == .done)
      #expect(try custody.undo(order.id, forgetsMissing: true).state == .undone)
      #expect(try scratch.tree() == ["b.png": "content of b.png"])
      #expect(try scratch.places() == ["a.png": .missing, "b.png": .inProject("b.png")])
    }

    @Test func aMissingInfoFileKeepsNobodyFromRestoring() throws {
      try scratch.write(["a.png"])
      let order = try trash(["a.png"])
      try FileSystem.removeFile("\(scratch.dataHome)/Trash/info/a.png.trashinfo")
      _ = try custody.undo(order.id)
      #expect(try scratch.exists("a.png"))
    }

    @Test func noTrashNoDeletion() throws {
      try scratch.write(["a.png"])
      // A file where the Trash would be.
      try FileSystem.create("\(scratch.dataHome)/Trash", "".utf8)
      let error = #expect(throws: (any Error).self) { try trash(["a.png"]) }
      #expect(codes(error) == ["no-trash"])
      #expect(try scratch.exists("a.png"))
    }

    @Test func otherDisksHaveTheirOwnTrash() throws {
      let other = try OtherDisk()
      let far = "/dev/shm/.Trash-\(getuid())"
      let existed = try FileStatus(far) != nil
      try FileSystem.create("\(other.path)/far away.png", "far".utf8)
      let top = CustodyOrder(
        id: OrderID(cause: .trash, project: "far", group: "g", decision: "d"), cause: .trash, project: "far",
        root: other.path, group: "g", decision: "d", actor: "machine",
        operations: [
          CustodyOperation(
            verb: .sendToTrash, sourceFolder: other.path, targetFolder: "", images: ["far away.png"],
            steps: [.trash("\(other.path)/far away.png")])
        ])
      let receipt = try custody.perform(top)
      let slot = try #require(receipt.steps.first?.trash)
      #expect(slot.data.hasPrefix("\(far)/files/"))
      let relative = other.path.replacingOccurrences(of: "/dev/shm/", with: "")
      let info = String(decoding: try FileSystem.read(try #require(slot.info)), as: UTF8.self)
      #expect(info.contains("Path=\(relative)/far%20away.png\n"))
      #expect(try FileStatus(far).map { $0.mode & 0o7777 } == 0o700)
      if let listed = try TrashTool.runIfThere(["trash-list"], dataHome: scratch.dataHome) {
        #expect(listed.output.contains("\(other.path)/far away.png"))
      }
      _ = try custody.undo(top.id)
      #expect(try FileSystem.list(other.path) == ["far away.png"])
      if !existed { #expect(try FileStatus(far) == nil) }
    }

    @Test func onlyASafeCommonTrashIsUsed() throws {
      let other = try OtherDisk()
      #expect(try FreedesktopTrash.top(of: other.path) == "/dev/shm")
      try FileSystem.create("\(other.path)/a.png", "a".utf8)
      let trash = FreedesktopTrash(dataHome: scratch.dataHome, user: 77)
      func place() throws -> String { try trash.slot(for: "\(other.path)/a.png", at: 0, taken: []).data }
      guard try FileStatus("/dev/shm/.Trash") == nil else { return }
      defer { try? FileSystem.removeDirectory("/dev/shm/.Trash") }  // A folder that stays harms nobody.
      try FileSystem.makeDirectory("/dev/shm/.Trash", mode: 0o777)
      #expect(try place() == "/dev/shm/.Trash-77/files/a.png")
      try FileSystem.removeDirectory("/dev/shm/.Trash")
      try FileSystem.makeDirectory("/dev/shm/.Trash", mode: 0o1777)
      #expect(try place() == "/dev/shm/.Trash/77/files/a.png")
    }
  }
#endif
