import ArgumentParser
import FileCustody
import FileSystem
import ImageCatalog
import ImageStages
import PipelineCore

struct WhereCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "where",
    abstract: "Tell an image's whole history: first seen, moves, decision, crop, present place.")

  @Argument(help: "The file's name.") var name: String
  @OptionGroup var place: WorkspaceOptions
  @Flag(name: .long, help: "Print JSON.") var json = false

  func run() throws {
    let workspace = try place.locate()
    let history = try FileCustody.openForReading(workspace: workspace.root)?.history(ofName: name) ?? []
    if history.isEmpty {
      throw CommandFailure(
        .notFound,
        Diagnostic(
          code: "unknown-file", "no file named \(HumanText.printable(name)) was ever seen in this workspace",
          help: "give the name without its folder; new files are entered by the next run"))
    }
    if json {
      return _ = StandardOutput.write(JSONValue.object(["files": .array(history.map(Self.json))]).pretty)
    }
    StandardOutput.write(try history.map { try text($0, workspace) }.joined(separator: "\n"))
  }

  private func text(_ history: FileHistory, _ workspace: Workspace) throws -> String {
    let file = history.file
    var text = "\(HumanText.printable(file.origin.rawValue)) of project \(history.project)\n"
    var table = TextTable(style: Terminal().style)
    table.add(("  first seen", .dim), (HumanText.localTime(file.firstSeen), nil))
    table.add(("  content", .dim), (file.firstDigest.hex, nil))
    if file.digest != file.firstDigest { table.add(("  changed to", .dim), (file.digest.hex, .red)) }
    for receipt in history.receipts {
      for operation in receipt.order.operations where Self.touches(operation, file.origin.name) {
        let target = operation.targetFolder.isEmpty ? "" : " to \(operation.targetFolder)"
        table.add(
          ("  \(HumanText.localTime(receipt.doneAt ?? receipt.intendedAt))", .dim),
          ("\(operation.verb.rawValue) from \(operation.sourceFolder)\(target) (\(operation.notes))", nil))
      }
      if let undone = receipt.undoneAt {
        table.add(
          ("  \(HumanText.localTime(undone))", .dim), ("undone: \(receipt.order.cause.rawValue)", nil))
      }
    }
    for acceptance in history.acceptances {
      table.add(
        ("  \(HumanText.localTime(acceptance.acceptedAt))", .dim), (Self.words(acceptance), nil))
    }
    table.add(("  now", .dim), (Self.place(history), nil))
    text += table.text()
    return text
  }

  private static func touches(_ operation: CustodyOperation, _ name: String) -> Bool {
    operation.steps.contains { step in
      let path =
        switch step {
        case .move(let from, _, _), .copy(let from, _), .trash(let from, _), .remove(let from): from
        case .create(let path, _), .place(_, let path, _): path
        }
      return RelativePath(RelativePath(path).name) == RelativePath(name)
    }
  }

  private static func words(_ acceptance: Acceptance) -> String {
    let place = HumanText.printable(acceptance.place.rawValue)
    return switch acceptance.kind {
    case .moved: "somebody moved it by hand to \(place), and said so"
    case .lost: "somebody said that it is lost; it was at \(place)"
    case .back: "it was found at \(place) again"
    }
  }

  private static func place(_ history: FileHistory) -> String {
    if let said = history.acceptances.last, said.isSettling {
      return said.kind == .lost ? "lost, and known to be" : HumanText.printable(said.place.rawValue)
    }
    return switch history.file.place {
    case .inProject(let place): HumanText.printable(place.rawValue)
    case .trash(let path): "in the Trash: \(HumanText.printable(path))"
    case .removed: "taken away by its undo"
    case .missing: "missing: not where it was, and Darkroom did not move it"
    }
  }

  private static func json(_ history: FileHistory) -> JSONValue {
    [
      "project": .string(history.project), "origin": .string(history.file.origin.rawValue),
      "first_digest": .string(history.file.firstDigest.hex), "digest": .string(history.file.digest.hex),
      "place": .string(place(history)), "first_seen_us": .integer(history.file.firstSeen),
      "orders": .array(
        history.receipts.map { receipt in
          [
            "order": .string(receipt.id.rawValue), "cause": .string(receipt.order.cause.rawValue),
            "state": .string(receipt.state.rawValue), "decision": .string(receipt.order.decision),
            "group": .string(receipt.order.group),
          ]
        }),
      "accepted": .array(
        history.acceptances.map { acceptance in
          [
            "kind": .string(acceptance.kind.rawValue), "place": .string(acceptance.place.rawValue),
            "accepted_us": .integer(acceptance.acceptedAt),
          ]
        }),
    ]
  }
}
