import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore

/// Whether every file ever seen is in exactly one known place, as it was when it was first seen.
struct FileAudit {
  let facts: AuditFacts
  let rehashes: Bool
  let cancellation: Cancellation?
  private(set) var findings: [Diagnostic] = []
  /// How many files were read.
  private(set) var filesRead = 0
  /// How many files are lost with somebody's knowledge.
  private(set) var acceptedLosses = 0
  /// Files that were given up and are where they were, by their ids.
  private(set) var returned: [Int64] = []
  /// Where files lie that somebody moved.
  private var movedByHand: Set<RelativePath> = []
  /// Files that look touched, and whose content is what the registry has.
  private(set) var confirmed: [ConfirmedFile] = []
  /// The known file at each place.
  private var places: [RelativePath: KnownFile] = [:]
  /// Where the registry has files.
  private let inProject: Set<RelativePath>
  /// Files that are not at their places, of which nobody said why.
  private var lost: [PlacedFile] = []

  init(_ facts: AuditFacts, rehashes: Bool, cancellation: Cancellation?) {
    self.facts = facts
    self.rehashes = rehashes
    self.cancellation = cancellation
    inProject = facts.accepted.isEmpty ? [] : Set(facts.known.compactMap { $0.file.place.inProject })
  }

  /// Looks at everything, once.
  mutating func run() throws {
    try checkKnown()
    checkUnknown()
    checkLeftBehind()
    try checkDuplicates()
    checkUnfinished()
  }

  private mutating func report(
    _ severity: Diagnostic.Severity, _ code: String, _ message: String, notes: [String] = [], help: String
  ) {
    findings.append(facts.finding(severity, code, message, notes: notes, help: help))
  }

  // MARK: Known files

  private mutating func checkKnown() throws {
    var unseen = 0
    for known in facts.known {
      if cancellation?.isCancelled ?? false { throw CancellationError() }
      let file = known.file
      if facts.accepted[known.id] != nil, try !isThereAgain(known) { continue }
      switch file.place {
      case .inProject(let place):
        if let other = places.updateValue(file, forKey: place) {
          report(
            .error, "place-twice",
            "\(facts.shown(place)) is the place of two files, \(facts.shown(other.origin)) and \(facts.shown(file.origin))",
            help: "custody's registry contradicts itself: put back a copy of it from a backup")
        }
        if let entry = facts.present[place] {
          try checkContent(known, at: place, entry.status)
        } else if facts.empty.contains(place) {
          lost.append(known)
        } else {
          unseen += 1
        }
      case .trash(let path):
        if try FileStatus(path) == nil {
          report(
            .warning, "trash-emptied",
            "\(facts.shown(file.origin)) was in the Trash as \(FileSystem.shown(path)) and is not any more",
            help: "if the Trash was emptied on purpose, nothing is to do; it cannot be undone any more")
        }
      case .removed: break
      case .missing: lost.append(known)
      }
    }
    try reportLost()
    if unseen > 0 {
      report(
        .error, "files-not-seen",
        "\(unseen) known files cannot be looked at; whether they are as they were is not proved",
        help: "the warnings on folders and files say why; mend that, then audit again")
    }
  }

  /// Whether a file that was given up or moved lies at its place again. Where nothing or another file lies, what was said
  /// of it accounts for it.
  private mutating func isThereAgain(_ known: PlacedFile) throws -> Bool {
    let accepted = try AcceptedFile(known, facts)
    if case .nothing = accepted.find {} else { filesRead += 1 }
    switch accepted.find {
    case .itself:
      let origin = known.file.origin
      // Where another one is known by now, this one is not.
      if known.file.place == .missing {
        guard accepted.isBack, !inProject.contains(origin), places[origin] == nil else { break }
        places[origin] = known.file
      }
      guard accepted.isBack else { return true }
      returned.append(known.id)
      let place = known.file.place.inProject ?? origin
      report(
        .note, "file-returned", "\(facts.shown(place)) was accepted as lost, and is there again",
        help: "it is missed again when it is gone")
      return known.file.place != .missing
    case .unreadable(let error): takeUnreadable(error)
    case .nothing, .another: break
    }
    if facts.accepted[known.id]?.kind == .lost { acceptedLosses += 1 }
    return false
  }

  private mutating func reportLost() throws {
    let moves = try HandMoves(facts, lost: lost, cancellation: cancellation)
    filesRead += moves.filesRead
    movedByHand = moves.places
    for known in lost {
      let file = known.file
      let place = file.place.inProject ?? file.origin
      let severity: Diagnostic.Severity = file.kind == .image ? .error : .warning
      if let now = moves.now[known.id] {
        report(
          severity, "file-moved-by-hand",
          "\(facts.shown(place)) is not there, and its content is at \(facts.shown(now)): somebody moved it",
          notes: ["first seen as \(facts.shown(file.origin)) with the digest \(file.firstDigest.short)…"],
          help:
            "move it back, or let `darkroom audit --accept '\(facts.shown(now))'` record that it is there now"
        )
      } else {
        report(
          severity, "file-missing",
          "\(facts.shown(place)) is not there, and Darkroom did not move it",
          notes: ["first seen as \(facts.shown(file.origin)) with the digest \(file.firstDigest.short)…"],
          help:
            "look for it in the Trash and in your backups; `darkroom where \(FileSystem.shown(place.name))` tells its history; if it is lost for good, `darkroom audit --accept-loss '\(facts.shown(place))'` records that you know"
        )
      }
    }
  }

  private mutating func checkContent(
    _ known: PlacedFile, at place: RelativePath, _ status: FileStatus
  ) throws {
    let file = known.file
    let isTouched = !status.isUntouched(since: known.status)
    guard rehashes || isTouched else {
      // The catalog read it since, and knows it as it is now. People edit companions.
      if file.kind == .image { reportChange(file, at: place, now: file.digest) }
      return
    }
    guard let (digest, read) = try read(place) else { return }
    filesRead += 1
    // What somebody only touched need not be read the next time.
    if isTouched, digest == file.digest { confirmed.append(ConfirmedFile(id: known.id, status: read)) }
    reportChange(file, at: place, now: digest)
  }

  private mutating func reportChange(_ file: KnownFile, at place: RelativePath, now digest: Digest) {
    guard digest != file.firstDigest else { return }
    let path = ImageProject.logged(facts.project.path(place), workspace: facts.workspace)
    report(
      file.kind == .image ? .error : .warning, "content-changed",
      "the content of \(FileSystem.shown(path)) is not what was first seen",
      notes: ["it was \(file.firstDigest.short)…, it is \(digest.short)…"],
      help:
        "Darkroom never writes into an image; find out which program did, and put the image back from a backup; if the new one is to stay, give it another name"
    )
  }

  /// Reads a file; one that cannot be read is a finding of its own, and the others are looked at.
  private mutating func read(_ place: RelativePath) throws -> (digest: Digest, status: FileStatus)? {
    do { return try FileSystem.digest(facts.project.path(place)) } catch let error as FileError {
      takeUnreadable(error)
      return nil
    }
  }

  private mutating func takeUnreadable(_ error: FileError) {
    var finding = error.diagnostic
    finding.code = "files-not-seen"
    finding.message = "\(facts.project.id): \(finding.message): whether it is as it was is not proved"
    finding.help = finding.help ?? "mend that, then audit again"
    findings.append(finding)
  }

  // MARK: Other files

  private mutating func checkUnknown() {
    for entry in facts.listing.entries
    where places[entry.path] == nil && !movedByHand.contains(entry.path) {
      let isOurs = facts.isInProduction(entry.path)
      report(
        isOurs ? .warning : .note, "file-unknown",
        "\(facts.shown(entry.path)) is not in the registry"
          + (isOurs ? ": Darkroom did not put it there" : ""),
        help: isOurs ? "if the older system put it there, nothing is wrong" : "the catalog stage enters it")
    }
  }

  /// Companions whose image custody moved away: they came to the folder at that moment or after it.
  private mutating func checkLeftBehind() {
    var stems: Set<RelativePath> = []
    for entry in facts.listing.entries where entry.kind == .image {
      stems.insert(entry.folder.appending(entry.path.stem))
    }
    var moved: [RelativePath: KnownFile] = [:]
    for file in facts.known.map(\.file) where file.kind == .image && file.place != .inProject(file.origin) {
      if file.place != .missing { moved[file.origin.folder.appending(file.origin.stem)] = file }
    }
    for entry in facts.listing.entries where entry.kind == .companion {
      let stem = entry.folder.appending(entry.path.stem)
      guard !stems.contains(stem), let image = moved[stem] else { continue }
      report(
        .warning, "companion-left-behind",
        "\(facts.shown(entry.path)) is a companion of \(facts.shown(image.origin)), which was moved without it",
        help:
          "it came when the image was being moved, or later: move it to its image (`darkroom where \(FileSystem.shown(image.origin.name))`)"
      )
    }
  }

  /// Images that are there twice, once of it in a production folder. Custody never copies an image.
  private mutating func checkDuplicates() throws {
    var copies: [Digest: [RelativePath]] = [:]
    var sizes: Set<Int64> = []
    for (place, file) in places where file.kind == .image {
      guard let status = facts.present[place]?.status else { continue }
      copies[file.digest, default: []].append(place)
      sizes.insert(status.size)
    }
    for entry in facts.listing.entries where entry.kind == .image && places[entry.path] == nil {
      // Empty files are all alike. One of a size that no known image has is no copy of any.
      guard facts.isInProduction(entry.path), entry.status.size > 0, sizes.contains(entry.status.size) else {
        continue
      }
      if cancellation?.isCancelled ?? false { throw CancellationError() }
      guard let (digest, _) = try read(entry.path) else { continue }
      filesRead += 1
      copies[digest, default: []].append(entry.path)
    }
    let twice = copies.values.filter { $0.count > 1 && $0.contains(where: facts.isInProduction) }
    for paths in twice.map({ $0.sorted() }).sorted(by: { $0[0] < $1[0] }) {
      report(
        .warning, "image-twice",
        "the same image is in \(paths.count) places, and Darkroom did not copy it: \(paths.map(facts.shown).joined(separator: ", "))",
        help:
          "look at them; keep the one that Darkroom knows (`darkroom where NAME`) and move the others away")
    }
  }

  /// Hidden files of an order that is not open any more.
  private mutating func checkUnfinished() {
    let open = facts.receipts.filter { $0.state == .intended || $0.state == .undoing }.map(\.id.rawValue)
    for path in facts.listing.unfinished where !open.contains(where: { path.name.contains($0) }) {
      report(
        .warning, "unfinished-file",
        "\(facts.shown(path)) is the hidden file of a work that was cut short, and no order needs it",
        help: "unless a run is at work at this moment, compare it with what lies beside it and delete it")
    }
  }
}

extension FileStatus {
  /// Whether nothing has touched the file since another look at it, its own times included. The device is not compared:
  /// its number may change when the machine starts again.
  fileprivate func isUntouched(since other: FileStatus) -> Bool {
    inode == other.inode && size == other.size && modified == other.modified && changed == other.changed
  }
}
