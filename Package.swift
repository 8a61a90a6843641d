// swift-tools-version: 6.1
import PackageDescription

// One list of settings for every Swift target: Swift 6 mode and the upcoming features that make
// imports and existentials explicit.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A test target with the settings of all others.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "darkroom",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "darkroom", targets: ["darkroom"]),
    // The framework half: build another pipeline on these without logs or images.
    .library(
      name: "Pipeline",
      targets: [
        "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "PipelineStore", "ArtifactStore",
        "PipelineWorkspace",
      ]),
    // Reading, cropping and shrinking images, on its own.
    .library(name: "Images", targets: ["PipelineCore", "FileSystem", "ImageFiles"]),
    // Decisions joined into datasets, on its own.
    .library(name: "Training", targets: ["PipelineCore", "TrainingData", "TrainingStages"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    // C libraries.
    .systemLibrary(
      name: "CLibCrypto", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
    .systemLibrary(
      name: "CIsal", pkgConfig: "libisal",
      providers: [.apt(["libisal-dev"]), .brew(["isa-l"])]),
    .target(
      name: "CSimdJSON",
      // The parser is the hot path of log extraction: optimised in debug builds too.
      cxxSettings: [.unsafeFlags(["-O3", "-DNDEBUG"])],
      linkerSettings: [.linkedLibrary("simdjson")]),
    .target(name: "CSystem"),
    // Pixels and containers of images; optimised in debug builds too, for tests decode real images.
    .target(
      name: "CImageCodecs", cSettings: [.unsafeFlags(["-O3"])],
      linkerSettings: [
        .linkedLibrary("deflate"), .linkedLibrary("jpeg"), .linkedLibrary("dl", .when(platforms: [.linux])),
      ]),

    // The system's file calls with readable errors; the foundation of all that touches a disk.
    .target(name: "FileSystem", dependencies: ["PipelineCore", "CSystem"], swiftSettings: strict),

    // The framework.
    .target(
      name: "PipelineCore",
      dependencies: [.target(name: "CLibCrypto", condition: .when(platforms: [.linux]))],
      swiftSettings: strict),
    .target(name: "PipelineSpec", dependencies: ["PipelineCore"], swiftSettings: strict),
    .target(
      name: "PipelineEngine",
      dependencies: ["PipelineCore", "FileSystem", "CSystem"], swiftSettings: strict),
    // SQLite files of a workspace and of projects: how they are opened, and their errors in words.
    .target(
      name: "DatabaseFiles",
      dependencies: ["PipelineCore", "FileSystem", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .target(
      name: "PipelineStore",
      dependencies: [
        "PipelineCore", "FileSystem", "DatabaseFiles", "PipelineEngine",
        .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: strict),
    .target(
      name: "ArtifactStore", dependencies: ["PipelineCore", "FileSystem", "PipelineEngine"],
      swiftSettings: strict),
    // A workspace's pipeline with its state: where the parts above are put together.
    .target(
      name: "PipelineWorkspace",
      dependencies: [
        "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "PipelineStore", "ArtifactStore",
      ], swiftSettings: strict),

    // Another pipeline on the framework alone, to learn from.
    .executableTarget(
      name: "WordCountExample",
      dependencies: ["PipelineCore", "FileSystem", "PipelineEngine", "PipelineWorkspace"],
      exclude: ["words.json"], swiftSettings: strict),

    // The nightly pipeline of the image-production team.
    .target(
      name: "OperationLog", dependencies: ["PipelineCore", "CSimdJSON", "CIsal", "CSystem"],
      swiftSettings: strict),
    // Projects as their manifests describe them: what logs and images have in common.
    .target(name: "Projects", dependencies: ["PipelineCore", "FileSystem"], swiftSettings: strict),
    .target(
      name: "LogAnalytics", dependencies: ["PipelineCore", "OperationLog", "Projects"], swiftSettings: strict),
    // What images there are, which belong together, and what people decided. Reads images, never writes them.
    .target(
      name: "ImageCatalog",
      dependencies: [
        "PipelineCore", "FileSystem", "PipelineSpec", "Projects",
        "DatabaseFiles", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ], swiftSettings: strict),
    // The only code that moves, trashes or restores a user's file.
    .target(
      name: "FileCustody",
      dependencies: [
        "PipelineCore", "FileSystem", "DatabaseFiles", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    // The only code that writes an image, always under a new name.
    .target(
      name: "ImageFiles", dependencies: ["PipelineCore", "FileSystem", "CImageCodecs"],
      swiftSettings: strict),
    // What an image's bytes say of it, kept for when the image is gone.
    .target(
      name: "ImageMeasurement",
      dependencies: [
        "PipelineCore", "FileSystem", "ImageFiles", "DatabaseFiles",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ], swiftSettings: strict),
    .target(
      name: "ImageStages",
      dependencies: [
        "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "Projects", "ImageCatalog",
        "FileCustody", "ImageFiles", "ImageMeasurement", "OperationLog", "RecommendationModels",
      ], swiftSettings: strict),
    // Pure numerics of learning from decisions; knows nothing of images or files.
    .target(name: "Learning", dependencies: ["PipelineCore"], swiftSettings: strict),
    // What is expected of the rows of any table, and which rows break it.
    .target(
      name: "DataQuality", dependencies: ["PipelineCore", "FileSystem", "PipelineSpec"],
      swiftSettings: strict),
    // What a model sees of a group, and the file that a model is; used alike to fit and to recommend.
    .target(
      name: "RecommendationModels", dependencies: ["PipelineCore", "PipelineSpec", "Learning"],
      swiftSettings: strict),
    // What people decided, as rows to learn from: their columns, their splits, their files.
    .target(
      name: "TrainingData", dependencies: ["PipelineCore", "FileSystem", "PipelineSpec"],
      swiftSettings: strict),
    // Datasets in the formats that people's tools load: rows in, files out.
    .target(
      name: "TrainingExport", dependencies: ["PipelineCore", "FileSystem", "TrainingData"],
      swiftSettings: strict),
    // How good recommendations were, from a dataset's rows.
    .target(
      name: "TrainingReports", dependencies: ["PipelineCore", "FileSystem", "TrainingData", "Learning"],
      swiftSettings: strict),
    // The stages from decisions to datasets, models and their reports.
    .target(
      name: "TrainingStages",
      dependencies: [
        "PipelineCore", "FileSystem", "PipelineSpec", "Projects", "ImageCatalog", "FileCustody",
        "ImageMeasurement", "TrainingData", "TrainingReports", "DataQuality", "ImageStages", "TrainingExport",
        "Learning", "RecommendationModels",
      ],
      swiftSettings: strict),
    .target(
      name: "Dashboard",
      dependencies: ["PipelineCore", .product(name: "Mustache", package: "swift-mustache")],
      swiftSettings: strict),
    .target(
      name: "DarkroomCLI",
      dependencies: [
        "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "PipelineStore",
        "ArtifactStore", "PipelineWorkspace", "OperationLog", "LogAnalytics", "Dashboard", "CIsal",
        "Projects", "ImageCatalog", "FileCustody", "ImageFiles", "ImageMeasurement", "ImageStages",
        "TrainingData",
        "TrainingExport", "TrainingReports", "TrainingStages",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    .executableTarget(name: "darkroom", dependencies: ["DarkroomCLI"], swiftSettings: strict),

    .target(
      name: "DarkroomTesting",
      dependencies: ["PipelineCore", "FileSystem", "PipelineEngine"], swiftSettings: strict),
    tests("PipelineCoreTests", ["PipelineCore", "FileSystem", "DarkroomTesting"]),
    tests("PipelineSpecTests", ["PipelineCore", "PipelineSpec", "DarkroomTesting"]),
    tests("PipelineEngineTests", ["PipelineCore", "FileSystem", "PipelineEngine", "DarkroomTesting"]),
    tests(
      "PipelineStoreTests",
      [
        "PipelineCore", "FileSystem", "PipelineEngine", "PipelineStore", "DarkroomTesting",
      ]),
    tests(
      "ArtifactStoreTests",
      [
        "PipelineCore", "FileSystem", "PipelineEngine", "ArtifactStore", "DarkroomTesting",
      ]),
    tests(
      "RunTests",
      [
        "PipelineCore", "FileSystem", "PipelineEngine", "PipelineStore", "ArtifactStore", "DarkroomTesting",
      ]),
    tests("OperationLogTests", ["PipelineCore", "OperationLog", "DarkroomTesting"]),
    tests(
      "DatabaseFilesTests",
      ["PipelineCore", "DatabaseFiles", "DarkroomTesting", .product(name: "GRDB", package: "GRDB.swift")]),
    tests("ProjectsTests", ["PipelineCore", "Projects", "DarkroomTesting"]),
    tests(
      "LogAnalyticsTests", ["PipelineCore", "OperationLog", "Projects", "LogAnalytics", "DarkroomTesting"]),
    tests(
      "ImageCatalogTests", ["PipelineCore", "FileSystem", "Projects", "ImageCatalog", "DarkroomTesting"],
      exclude: ["grouping_oracle.py"]),
    tests(
      "FileCustodyTests", ["PipelineCore", "FileSystem", "OperationLog", "FileCustody", "DarkroomTesting"]),
    tests(
      "ImageFilesTests", ["PipelineCore", "FileSystem", "CImageCodecs", "ImageFiles", "DarkroomTesting"],
      exclude: ["judge"]),
    tests(
      "ImageMeasurementTests",
      ["PipelineCore", "FileSystem", "ImageFiles", "ImageMeasurement", "DarkroomTesting"]),
    tests(
      "ImageStagesTests",
      [
        "PipelineCore", "FileSystem", "PipelineEngine", "Projects", "ImageCatalog", "FileCustody",
        "ImageFiles", "ImageMeasurement", "ImageStages", "ArtifactStore", "DarkroomTesting",
      ]),
    tests("LearningTests", ["PipelineCore", "Learning", "DarkroomTesting"], exclude: ["learning_judge.py"]),
    tests(
      "DataQualityTests", ["PipelineCore", "FileSystem", "PipelineSpec", "DataQuality", "DarkroomTesting"]),
    tests(
      "TrainingDataTests", ["PipelineCore", "FileSystem", "PipelineSpec", "TrainingData", "DarkroomTesting"]),
    tests(
      "TrainingExportTests",
      [
        "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "FileCustody", "ImageFiles",
        "TrainingData", "TrainingExport", "TrainingStages", "ArtifactStore", "darkroom", "DarkroomTesting",
      ], exclude: ["read_export.py"]),
    tests(
      "TrainingReportsTests",
      ["PipelineCore", "FileSystem", "TrainingData", "Learning", "TrainingReports", "DarkroomTesting"],
      exclude: ["report_judge.py"]),
    tests(
      "TrainingStagesTests",
      [
        "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "Projects", "ImageCatalog",
        "FileCustody",
        "ImageFiles", "ImageMeasurement", "ImageStages", "TrainingData", "TrainingReports", "TrainingStages",
        "DataQuality",
        "ArtifactStore", "Learning", "RecommendationModels",
        "DarkroomTesting",
      ], exclude: ["judge"]),
    tests(
      "RecommendationModelsTests", ["PipelineCore", "Learning", "RecommendationModels", "DarkroomTesting"]),
    tests(
      "DashboardTests",
      [
        "PipelineCore", "FileSystem", "TrainingData", "TrainingReports", "Dashboard", "DarkroomTesting",
      ], exclude: ["browser_check.py", "chromium.py"]),
    tests(
      "DarkroomCLITests",
      [
        "PipelineCore", "FileSystem", "PipelineSpec", "PipelineEngine", "PipelineStore", "Projects",
        "ImageCatalog", "ImageFiles", "TrainingData", "TrainingReports", "DarkroomCLI", "darkroom",
        "DarkroomTesting",
      ], exclude: ["Goldens"]),
    tests("CrashSweepTests", ["darkroom"]),
    tests(
      "WordCountExampleTests",
      ["PipelineCore", "FileSystem", "PipelineEngine", "WordCountExample", "DarkroomTesting"]),
    tests("GeneratedFilesTests", ["PipelineCore", "FileSystem", "PipelineSpec", "DarkroomCLI"]),
    tests("ArchitectureTests", []),
  ],
  cxxLanguageStandard: .cxx17
)
