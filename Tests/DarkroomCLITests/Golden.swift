import Foundation
import Testing

/// Compares text with a file of `Goldens`. `DARKROOM_UPDATE_GOLDENS=1 swift test --filter DarkroomCLITests` writes the
/// files anew; look at the difference before it is committed.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
  let file = folder.appending(path: name)
  if ProcessInfo.processInfo.environment["DARKROOM_UPDATE_GOLDENS"] == "1" {
    try Data(text.utf8).write(to: file)
    return
  }
  let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
  #expect(text == golden, "differs from Goldens/\(name)", sourceLocation: sourceLocation)
}
