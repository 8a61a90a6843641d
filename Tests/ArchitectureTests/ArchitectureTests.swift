import Foundation
import Testing

/// Holds what the design says of targets and of who may change a file.
@Suite struct ArchitectureTests {
  private let tree: SourceTree

  init() throws { tree = try SourceTree() }

  /// The project's modules that each target may import. Arrows go downwards only.
  private static let allowed: [String: Set<String>] = [
    "PipelineCore": ["CLibCrypto"],
    "FileSystem": ["PipelineCore", "CSystem"],
    "PipelineSpec": ["PipelineCore"],
    "PipelineEngine": ["PipelineCore", "FileSystem", "CSystem"],
    "DatabaseFiles": ["PipelineCore", "FileSystem", "GRDB"],
    "PipelineStore": ["PipelineCore", "FileSystem", "DatabaseFiles", "PipelineEngine", "GRDB"],
    "ArtifactStore": ["PipelineCore", "FileSystem", "PipelineEngine"],
    "PipelineWorkspace": [
      "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "PipelineStore", "ArtifactStore",
    ],
    "WordCountExample": ["PipelineCore", "FileSystem", "PipelineEngine", "PipelineWorkspace"],
    "OperationLog": ["PipelineCore", "CSimdJSON", "CIsal", "CSystem"],
    "Projects": ["PipelineCore", "FileSystem"],
    "LogAnalytics": ["PipelineCore", "OperationLog", "Projects"],
    "ImageCatalog": [
      "DatabaseFiles", "PipelineCore", "FileSystem", "PipelineSpec", "Projects", "GRDB", "GRDBSQLite",
    ],
    "FileCustody": ["PipelineCore", "FileSystem", "DatabaseFiles", "GRDB"],
    "ImageFiles": ["PipelineCore", "FileSystem", "CImageCodecs"],
    "ImageMeasurement": [
      "DatabaseFiles", "PipelineCore", "FileSystem", "ImageFiles", "GRDB", "GRDBSQLite",
    ],
    "ImageStages": [
      "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "Projects", "ImageCatalog",
      "FileCustody", "ImageFiles", "ImageMeasurement", "OperationLog", "RecommendationModels",
    ],
    "DataQuality": ["PipelineCore", "FileSystem", "PipelineSpec"],
    "RecommendationModels": ["PipelineCore", "PipelineSpec", "Learning"],
    "TrainingData": ["PipelineCore", "FileSystem", "PipelineSpec"],
    "TrainingReports": ["PipelineCore", "FileSystem", "TrainingData", "Learning"],
    "TrainingExport": ["PipelineCore", "FileSystem", "TrainingData"],
    "TrainingStages": [
      "PipelineCore", "FileSystem", "PipelineSpec", "Projects", "ImageCatalog", "FileCustody",
      "ImageMeasurement", "TrainingData", "TrainingReports", "DataQuality", "ImageStages", "TrainingExport",
      "Learning", "RecommendationModels",
    ],
    "Learning": ["PipelineCore"],
    "Dashboard": ["PipelineCore", "Mustache"],
    "DarkroomCLI": [
      "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "PipelineStore", "ArtifactStore",
      "PipelineWorkspace", "OperationLog", "LogAnalytics", "Dashboard", "CIsal", "ArgumentParser",
      "Projects", "ImageCatalog", "FileCustody", "ImageFiles", "ImageMeasurement", "ImageStages",
      "TrainingData",
      "TrainingExport", "TrainingReports", "TrainingStages",
    ],
    "darkroom": ["DarkroomCLI"],
    "DarkroomTesting": ["PipelineCore", "FileSystem", "PipelineEngine"],
  ]
  private static let system: Set<String> = [
    "Glibc", "Darwin", "Foundation", "Dispatch", "Synchronization", "CryptoKit",
  ]
  /// Where start-up time counts: Foundation costs more than a whole run that finds nothing to do.
  private static let withoutFoundation: Set<String> = [
    "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "ArtifactStore", "OperationLog",
    "Dashboard", "ImageFiles", "ImageMeasurement", "Learning", "TrainingData", "TrainingReports",
    "DataQuality", "TrainingExport", "DarkroomTesting", "RecommendationModels",
  ]

  @Test("Every target imports only what lies below it")
  func imports() throws {
    #expect(Set(tree.files.map(\.target)).subtracting(Self.allowed.keys) == [])
    let pattern =
      /^\s*(?:@\w+\s+)*(?:public |package |internal |fileprivate |private )?import (?:struct |enum |class |func |protocol )?(\w+)/
    var count = 0
    for file in tree.files {
      let allowed = (Self.allowed[file.target] ?? []).union(Self.system)
      for line in file.code {
        guard line.has("import "), let match = line.text.firstMatch(of: pattern) else { continue }
        count += 1
        let module = String(match.1)
        #expect(allowed.contains(module), "\(file.path):\(line.number) imports \(module)")
        if Self.withoutFoundation.contains(file.target) {
          #expect(module != "Foundation", "\(file.path):\(line.number)")
        }
      }
    }
    #expect(count > tree.files.count)
  }

  @Test("Package.swift declares for each target no more than it may import")
  func manifest() throws {
    let manifest = try tree.text("Package.swift")
    for (target, allowed) in Self.allowed {
      guard
        let start = manifest.range(of: "arget(name: \"\(target)\"")
          ?? manifest.range(of: "name: \"\(target)\",\n      dep")
      else { continue }
      let rest = manifest[start.upperBound...]
      let end = rest.range(of: "swiftSettings")?.lowerBound ?? rest.endIndex
      let names = rest[..<end].matches(of: /"(\w+)"/).map { String($0.1) }
      let known = Set(Self.allowed.keys).union(["CLibCrypto", "CSystem", "CSimdJSON", "CIsal"])
      let extra = Set(names).intersection(known).subtracting(allowed)
      #expect(extra.isEmpty, "\(target) declares \(extra.sorted())")
    }
  }

  private static let rawNames = ["link(", "rename", "rmdir(", "remove(", "truncate("]
  private static let foundationNames = [
    "removeItem", "moveItem", "copyItem", "replaceItem", "trashItem", "createFile(atPath", ".write(to: URL",
    "write(toFile", ".atomic",
  ]

  @Test("Nobody renames, links or removes a file but through FileSystem, and only these do that")
  func changesOfNames() {
    let callers: Set<String> = [
      "Sources/ArtifactStore/Stages/SnapshotStage.swift", "Sources/ArtifactStore/WorkspaceArtifacts.swift",
      "Sources/ArtifactStore/StagingSlots.swift", "Sources/TrainingStages/Stages/JoinStage.swift",
      "Sources/DarkroomCLI/Commands/GenerateCommand.swift",
      "Sources/DarkroomCLI/Commands/InitCommand.swift", "Sources/DarkroomCLI/Garbage.swift",
      "Sources/DarkroomCLI/PlanFile.swift", "Sources/FileCustody/Disk.swift",
      "Sources/PipelineEngine/SettledWorld.swift",
      // Their own unfinished files, and a cache.
      "Sources/ImageFiles/NewImage.swift", "Sources/ImageFiles/ThumbnailCache.swift",
      "Sources/ImageStages/Review/CropCut.swift", "Sources/ImageStages/Review/PreparedCrop.swift",
      "Sources/ImageStages/Import/ImportQuarantine.swift",
      // A private copy of a database, in the system's temporary folder.
      "Sources/ImageCatalog/DatabaseCopy.swift",
      // New names for copies and links that it made itself.
      "Sources/TrainingExport/ExportFolder.swift", "Sources/TrainingExport/NewFolder.swift",
      "Sources/TrainingStages/Stages/ExportStage.swift",
    ]
    // Stages that have the system's calls to themselves, and make and unmake files in their staging directories only.
    let stagers: Set<String> = [
      "Sources/OperationLog/DayCompletion.swift", "Sources/OperationLog/Files.swift",
    ]
    let wrapped =
      /FileSystem\.(rename|renameExclusively|removeFile|removeDirectory|removeTree|hardLink|makeLink)\(/
    let raw =
      /(?:^|[^.\w"])(?:(?:Glibc|Darwin)\.)?(?:unlink|unlinkat|rename|renameat|renameat2|rmdir|symlink|link|linkat|remove|truncate)\((?!_ |[a-z]+:|[a-z]+ |unit)/
    for file in tree.files where !["FileSystem", "DarkroomTesting"].contains(file.target) {
      for line in file.code {
        let place: Comment = "\(file.path):\(line.number) \(line.text)"
        guard line.has("(") else { continue }
        if line.has("FileSystem."), line.text.contains(wrapped) {
          #expect(callers.contains(file.path), place)
        }
        // `link(file, as: name)` is a stage's own word, `remove` a step of an order of custody.
        if Self.rawNames.contains(where: line.has), !line.has("func "), !line.has(" as: "),
          !line.has("case remove(String)"),
          line.text.contains(raw)
        {
          #expect(stagers.contains(file.path), place)
        }
        for name in Self.foundationNames { #expect(!line.has(name), place) }
      }
    }
  }

  @Test(
    "Only those who own a database reach SQLite: the engine's state, custody's journal, people's decisions, measurements"
  )
  func state() {
    let owners: Set<String> = [
      "PipelineStore", "FileCustody", "DatabaseFiles", "ImageCatalog", "ImageMeasurement",
    ]
    for file in tree.files where !owners.contains(file.target) {
      for line in file.code where line.has("import GRDB") || line.has("sqlite3_") {
        Issue.record("\(file.path):\(line.number)")
      }
    }
  }

  @Test("No file is longer than 400 lines")
  func lengths() {
    for file in tree.files { #expect(file.lines.count <= 401, "\(file.path) has \(file.lines.count - 1)") }
  }

  @Test("No forced failures, and a reason beside every try? and every unchecked claim")
  func forced() {
    for file in tree.files where file.target != "DarkroomTesting" {
      for line in file.code {
        let place: Comment = "\(file.path):\(line.number) \(line.text)"
        if Self.forced.contains(where: line.has) {
          let bare = line.text.replacing(/"(?:[^"\\]|\\.)*"/, with: "\"\"")
          #expect(!Self.forced.contains { bare.contains($0) }, place)
        }
        if Self.explained.contains(where: line.has) { #expect(hasReason(file, line.number), place) }
      }
    }
  }

  private static let forced = ["fatalError(", "preconditionFailure(", "try!", " as!"]
  private static let explained = [" try?", "(try?", "@unchecked Sendable", "nonisolated(unsafe)"]

  /// Whether there is a comment on the line or on one of the three before it.
  private func hasReason(_ file: SourceTree.File, _ number: Int) -> Bool {
    file.lines[max(0, number - 4)..<number].contains { $0.contains("//") }
  }

  @Test("Names say a meaning")
  func names() {
    for file in tree.files {
      let name = file.path.split(separator: "/").last ?? ""
      #expect(!name.contains(/Utils|Utilities|Manager|Helper|Misc/), "\(file.path)")
    }
  }

  @Test("Nothing is left to do, and no path of a machine is in the sources")
  func leftovers() {
    for file in tree.files {
      for word in ["TODO", "FIXME", "/home/", "/Users/"] {
        for (index, line) in file.lines.enumerated() where line.range(of: word, options: .literal) != nil {
          Issue.record("\(file.path):\(index + 1) \(word)")
        }
      }
    }
  }
}
