import FileSystem
import PipelineCore

/// Bytes at any place of an image file: of one in memory, or of one that is only looked into.
protocol ByteSource {
  var path: String { get }
  /// How many bytes there are.
  var count: Int { get }
  /// Some bytes that are there: `offset + count` is at most ``count``.
  func load(_ offset: Int, _ count: Int) throws -> [UInt8]
}

extension ByteSource {
  /// Some bytes; ``ImageProblem/truncated`` when the file ends before them.
  func bytes(at offset: Int, _ size: Int) throws -> [UInt8] {
    guard offset >= 0, size >= 0, size <= count, offset <= count - size else {
      throw ImageProblem.truncated.error(path, "ends after \(count) bytes, inside its header")
    }
    return try load(offset, size)
  }

  /// A number of 1 to 8 bytes.
  func number(at offset: Int, bytes size: Int, bigEndian: Bool = true) throws -> Int {
    var value: UInt64 = 0
    let bytes = try bytes(at: offset, size)
    for byte in bigEndian ? bytes : bytes.reversed() { value = value << 8 | UInt64(byte) }
    guard let number = Int(exactly: value) else {
      throw ImageProblem.corrupt.error(path, "names a number in its header that no file can have")
    }
    return number
  }
}

/// A file that is open; only what is asked for is read.
struct OpenImage: ByteSource {
  let descriptor: Int32
  let path: String
  let count: Int

  func load(_ offset: Int, _ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try bytes.withUnsafeMutableBytes { buffer in
      try FileSystem.read(descriptor, path, at: Int64(offset), into: buffer)
    }
    guard read == count else { throw ImageProblem.truncated.error(path, "became shorter while it was read") }
    return bytes
  }
}

/// A file that was read whole.
struct LoadedImage: ByteSource {
  let memory: ImageMemory
  let path: String

  var count: Int { memory.count }
  func load(_ offset: Int, _ count: Int) -> [UInt8] { Array(memory[offset..<offset + count]) }
}
