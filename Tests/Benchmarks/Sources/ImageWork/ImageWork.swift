import Dispatch
import FileSystem
import ImageFiles
import PipelineCore
import Synchronization

/// Cuts or shrinks images in threads, as the comparison asks for:
///
///     image-work crop WORKERS TARGET-FOLDER LEFT TOP WIDTH HEIGHT SOURCE...
///     image-work thumbnail WORKERS TARGET-FOLDER SIDE SOURCE...
///
/// A crop is synced and renamed to its final name, and the folder is synced; a thumbnail is renamed.
@main struct ImageWork {
  static func main() throws {
    let arguments = CommandLine.arguments
    let numbers = arguments.dropFirst().compactMap { Int($0) }
    let folder = arguments[3]
    let isCrop = arguments[1] == "crop"
    let sources = Array(arguments.dropFirst(isCrop ? 8 : 5))
    let next = Atomic<Int>(0)
    let failures = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: numbers[0]) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < sources.count else { return }
        do {
          if isCrop {
            try crop(sources[index], to: "\(folder)/\(index)", numbers)
          } else {
            try shrink(sources[index], to: "\(folder)/\(index)", numbers[1])
          }
        } catch {
          print(error)
          failures.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    if failures.load(ordering: .relaxed) > 0 { throw Diagnostic(code: "failed", "some images failed") }
  }

  private static func crop(_ source: String, to stem: String, _ numbers: [Int]) throws {
    let ending = RelativePath(source).lowercasedExtension
    _ = try ImageFiles.crop(
      source, left: numbers[1], top: numbers[2], width: numbers[3], height: numbers[4], to: stem + ".part")
    try FileSystem.renameExclusively(stem + ".part", to: "\(stem).\(ending)")
    try FileSystem.sync(String(stem[..<(stem.lastIndex(of: "/") ?? stem.endIndex)]))
  }

  private static func shrink(_ source: String, to stem: String, _ side: Int) throws {
    _ = try ImageFiles.thumbnail(source, longestSide: side, to: stem + ".part")
    try FileSystem.renameExclusively(stem + ".part", to: stem + ".jpg")
  }
}
