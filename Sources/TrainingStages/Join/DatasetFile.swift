import FileSystem
import PipelineCore
import TrainingData

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file of a dataset while it is written: its bytes are digested on their way.
struct DatasetFile {
  let name: String
  private let path: String
  private let descriptor: Int32
  private var hasher = DigestHasher()
  private var bytes: Int64 = 0

  private init(_ folder: String, _ name: String, _ descriptor: Int32) {
    self.name = name
    path = "\(folder)/\(name)"
    self.descriptor = descriptor
  }

  /// Makes new files, and closes them when `body` has written them.
  static func create<Result>(
    _ names: [String], in folder: String, _ body: (inout [DatasetFile]) throws -> Result
  ) throws -> Result {
    var files: [DatasetFile] = []
    func open(_ rest: ArraySlice<String>) throws -> Result {
      guard let name = rest.first else { return try body(&files) }
      return try FileSystem.withDescriptor(
        "\(folder)/\(name)", O_WRONLY | O_CREAT | O_EXCL, operation: "create"
      ) { descriptor in
        files.append(DatasetFile(folder, name, descriptor))
        return try open(rest.dropFirst())
      }
    }
    return try open(names[...])
  }

  mutating func write(_ lines: UnsafeRawBufferPointer) throws {
    hasher.update(lines)
    bytes += Int64(lines.count)
    try FileSystem.write(descriptor, path, lines)
  }

  /// What the manifest says of it.
  func entry(rows: Int) -> DatasetManifest.File {
    DatasetManifest.File(name: name, rows: rows, bytes: bytes, digest: hasher.finalize())
  }
}
