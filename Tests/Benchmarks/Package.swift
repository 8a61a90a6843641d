// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that nobody who builds or tests Darkroom has to build it.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "darkroom-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "darkroom", path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "unit-overhead",
      dependencies: [.product(name: "Pipeline", package: "darkroom")],
      path: "Sources/UnitOverhead", swiftSettings: strict),
    .executableTarget(
      name: "image-work",
      dependencies: [.product(name: "Images", package: "darkroom")],
      path: "Sources/ImageWork", swiftSettings: strict),
    .executableTarget(
      name: "join-work",
      dependencies: [.product(name: "Training", package: "darkroom")],
      path: "Sources/JoinWork", swiftSettings: strict),
  ]
)
