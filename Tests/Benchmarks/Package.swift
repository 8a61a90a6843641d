// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that nobody who builds or tests Darkroom has to build the benchmark library.
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
    .package(name: "darkroom", path: "../.."),
    // Without its default traits it needs no other allocator and no interposed runtime.
    .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "unit-overhead",
      dependencies: [.product(name: "Pipeline", package: "darkroom")],
      path: "Sources/UnitOverhead", swiftSettings: strict),
    .executableTarget(
      name: "PureFunctions",
      dependencies: [
        .product(name: "Benchmark", package: "benchmark"),
        .product(name: "Pipeline", package: "darkroom"),
      ],
      path: "Benchmarks/PureFunctions", swiftSettings: strict,
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
  ]
)
