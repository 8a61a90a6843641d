import FileSystem
import ImageCatalog
import PipelineCore

extension DecisionImport {
  /// Reads the sidecars of a folder: first those of groups, which say more than those of images.
  mutating func read(_ name: String, sidecars: [SidecarFile]) {
    var account = ImportReconciliation(file: name, kind: "decision sidecars")
    account.records = sidecars.count
    var ofImages: [(file: SidecarFile, sidecar: ImageSidecar)] = []
    let reading = SidecarReading(project: project)
    for file in sidecars {
      Self.judging(file, &account) { account throws(OlderLog.Refusal) in
        switch try Self.sidecar(file) {
        case .image(let sidecar): ofImages.append((file, sidecar))
        case .group(let sidecar):
          if let record = try reading.record(sidecar, file) {
            try take(record, .path(file.path), &account)
          } else {
            account.undecided += 1
          }
        }
      }
    }
    for (file, sidecar) in ofImages {
      Self.judging(file, &account) { account throws(OlderLog.Refusal) in
        try take(sidecar, file, reading, &account)
      }
    }
    account.quarantined.sort { $0.place.member.value.canonical < $1.place.member.value.canonical }
    files.append(account)
  }

  private static func judging(
    _ file: SidecarFile, _ account: inout ImportReconciliation,
    _ body: (inout ImportReconciliation) throws(OlderLog.Refusal) -> Void
  ) {
    do throws(OlderLog.Refusal) {
      try body(&account)
    } catch {
      // `try?`: what cannot be read has no bytes to put aside; the reason says so.
      let bytes = (try? file.content.get()) ?? []
      account.quarantined.append(.init(place: .path(file.path), reason: error.reason, record: .bytes(bytes)))
    }
  }

  private static func sidecar(_ file: SidecarFile) throws(OlderLog.Refusal) -> DecisionSidecar {
    switch file.content {
    case .failure(let unreadable): throw OlderLog.Refusal(reason: unreadable.reason)
    case .success(let bytes):
      do {
        return try DecisionSidecar.read(bytes, path: file.path.rawValue)
      } catch let findings as Diagnostics {
        throw OlderLog.Refusal(reason: findings.items.map(\.message).joined(separator: "; "))
      } catch {
        throw OlderLog.Refusal(reason: "\(error)")
      }
    }
  }

  /// An image's sidecar belongs to the row of its group; without one it makes that of a crop that is not made yet.
  private mutating func take(
    _ sidecar: ImageSidecar, _ file: SidecarFile, _ reading: SidecarReading,
    _ account: inout ImportReconciliation
  ) throws(OlderLog.Refusal) {
    guard sidecar.project.utf8.elementsEqual(project.id.utf8) else {
      throw OlderLog.Refusal(
        reason: "it is of project \(FileSystem.shown(sidecar.project)), not of \(project.id)")
    }
    guard let (row, origin) = standing[sidecar.group] else {
      return try take(try reading.record(sidecar, file), .path(file.path), &account)
    }
    guard reading.isAbout(sidecar, file, row) else {
      throw OlderLog.Refusal(
        reason: "its image is not the one that \(shown(origin, sidecar.group)) picked, which stands")
    }
    guard case .database = origin else { return account.duplicates += 1 }
    account.present += 1
    account.accepted += 1
    standing[sidecar.group] = (row, .record(file: account.file, .path(file.path)))
  }
}
