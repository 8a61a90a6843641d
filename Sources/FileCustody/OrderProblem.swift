import FileSystem
import PipelineCore

/// What keeps an order from being carried out or undone. Every message names the order's group, and says what was not
/// touched.
struct OrderProblem {
  let order: CustodyOrder
  let direction: Pass.Direction

  private var untouched: String {
    "nothing of group \(order.group) was \(direction == .perform ? "moved" : "moved back")"
  }

  private func problem(_ code: String, _ message: String, help: String? = nil) -> Diagnostic {
    Diagnostic(code: code, "\(message); \(untouched)", help: help)
  }

  func invalid(_ reason: String) -> Diagnostic { problem("order-invalid", "order \(order.id) \(reason)") }

  func rootMissing() -> Diagnostic {
    problem(
      "root-missing", "the root \(order.root) of project \(order.project) is not there",
      help:
        "mount the disk it is on, or correct the project's manifest; missing files do not count as deleted")
  }

  func sourceMissing(_ path: String) -> Diagnostic {
    problem("source-missing", "\(path) is not there any more", help: "scan the project again")
  }

  func notAFile(_ path: String, _ kind: FileStatus.Kind) -> Diagnostic {
    let what =
      switch kind {
      case .directory: "a folder"
      case .link: "a symbolic link"
      case .file, .other: "no regular file"
      }
    return problem(
      "source-not-file", "\(path) is \(what), and only files are moved", help: "put the file itself there")
  }

  func changed(_ path: String) -> Diagnostic {
    if order.cause == .trash {
      return problem(
        "source-changed",
        "\(path) is not the file that was staged for deletion: another one lies there, or it was edited",
        help:
          "look at it: to keep it, move it away; to have the group deleted all the same, put the staged file back, or take the decision back with `darkroom undo --group \(order.group)` and decide again"
      )
    }
    return problem(
      "source-changed", "\(path) has another content than it had when the order was given",
      help: "scan the project again, and decide again")
  }

  func taken(_ path: String) -> Diagnostic {
    problem(
      "destination-taken", "the name \(path) is taken",
      help: "rename or move away what is there; nothing is ever overwritten")
  }

  func lookalike(_ path: String, _ other: String) -> Diagnostic {
    problem(
      "destination-taken",
      "the name \(path) is as good as taken: \(other) differs from it only in case or Unicode form",
      help: "rename one of the two; on many disks they are one name")
  }

  func claimed(_ path: String) -> Diagnostic {
    problem(
      "destination-taken",
      "another order is giving the name \(path), or one that differs only in case or Unicode form, at this moment",
      help: direction == .undo
        ? "give the same command again once the other order is done"
        : "rename one of the two; on many disks they are one name")
  }

  func tooLarge(_ path: String) -> Diagnostic {
    problem(
      "own-file-too-large",
      "\(path) is larger than \(CustodyStep.largestOwnFile) bytes, so the journal does not take it in")
  }

  func elsewhere(_ path: String) -> Diagnostic {
    problem("prepared-elsewhere", "\(path) is on another file system than the folder it is to be in")
  }

  // MARK: Undoing

  func laterOrder(_ id: OrderID, _ path: String) -> Diagnostic {
    problem("undo-order", "order \(id) moved \(path) later", help: "undo that order first")
  }

  func lost(_ path: String) -> Diagnostic {
    problem(
      "undo-missing", "\(path) is not there any more",
      help: "put the file back under that name, then give the same command again; \(forgetting)")
  }

  func trashEmptied(_ path: String, _ name: String) -> Diagnostic {
    problem(
      "trash-emptied", "\(name) is not in the Trash any more (it was \(path))",
      help:
        "put the file back under that path from a backup, then give the same command again; \(forgetting)")
  }

  func changedSince(_ path: String) -> Diagnostic {
    problem(
      "undo-changed", "\(path) was changed since, or another file lies there",
      help: "move it away, and put the file back as it was; \(forgetting)")
  }

  private var forgetting: String {
    "if it is lost, `darkroom undo --group \(order.group) --forget-missing` puts the rest back without it"
  }

  // MARK: On the way

  /// Some of it is done, and it could be neither finished nor turned back.
  func halfDone(_ reason: Diagnostic, then further: Diagnostic) -> Diagnostic {
    Diagnostic(
      code: "order-half-done",
      "order \(order.id) of group \(order.group) is half done and could not be turned back: \(reason.message)",
      notes: reason.notes + [Diagnostic.Note(further.message)],
      help: "remove the cause, then give the same command again: it finishes or turns back what is left")
  }

  /// All files are where they belong; log or journal do not say so yet.
  func unfinished(_ reason: Diagnostic) -> Diagnostic {
    Diagnostic(
      code: "order-unfinished",
      "the files of group \(order.group) are in their places, but order \(order.id) is not recorded yet: \(reason.message)",
      notes: reason.notes,
      help: reason.help ?? "remove the cause, then give the same command again: it completes the records")
  }

  /// Journal and disk say things that cannot both be.
  func contradiction(_ hop: Hop, _ reason: String) -> Diagnostic {
    Diagnostic(
      code: "order-contradictory",
      "order \(order.id) of group \(order.group) was cut short, and \(reason); nothing more of it was touched",
      notes: [.init("it was to go from \(hop.from)"), .init("it was to go to \(hop.to)")],
      help:
        "put the file to one of the two places, then give the same command again; if it is lost, `darkroom undo --abandon \(order.id)` gives the order up and turns the rest back"
    )
  }

  /// The source of a move to another file system is gone, and the move can neither go on nor be turned back.
  func onlyCopy(_ hop: Hop, _ pass: Pass) -> Diagnostic {
    let act = pass.acts.first { $0.hops.contains(hop) }
    return Diagnostic(
      code: "order-contradictory",
      "order \(order.id) of group \(order.group) was cut short, and \(hop.from) is not there any more; nothing more of it was touched",
      notes: [act?.temporary, act?.target].compactMap { path in
        path.map { .init("a copy, perhaps the only one, may be at \($0)") }
      },
      help: "copy the file back to \(hop.from), then give the same command again")
  }
}

/// Any error as a finding.
func finding(_ error: any Error) -> Diagnostic {
  switch error {
  case let error as Diagnostic: return error
  case let error as any DiagnosticConvertible: return error.diagnostic
  case let error as Diagnostics:
    if var first = error.items.first {
      first.notes += error.items.dropFirst().map { Diagnostic.Note($0.message) }
      return first
    }
    return Diagnostic(code: "custody", "\(error)")
  default: return Diagnostic(code: "custody", "\(error)")
  }
}
