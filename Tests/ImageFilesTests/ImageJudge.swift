import Foundation
import Testing

/// Pillow, and a reference reader of PNG written for it, as independent judges of images.
enum ImageJudge {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Runs a script of the folder `judge` and returns the lines that it prints. Throws when it fails.
  static func run(_ script: String, _ arguments: String...) throws -> [String] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("judge")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-B", folder.appendingPathComponent(script).path] + arguments
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let problem = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(script): \(String(decoding: problem, as: UTF8.self))")
    }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

/// A rectangle to cut out.
struct Rectangle: CustomStringConvertible {
  var left: Int
  var top: Int
  var width: Int
  var height: Int
  var description: String { "\(left) \(top) \(width) \(height)" }

  /// Any rectangle of an image; now and then the whole of it.
  static func random(width: Int, height: Int, using random: inout some RandomNumberGenerator) -> Rectangle {
    let left = Int.random(in: 0..<width, using: &random)
    let top = Int.random(in: 0..<height, using: &random)
    if Int.random(in: 0..<8, using: &random) == 0 {
      return Rectangle(left: 0, top: 0, width: width, height: height)
    }
    return Rectangle(
      left: left, top: top, width: Int.random(in: 1...width - left, using: &random),
      height: Int.random(in: 1...height - top, using: &random))
  }

  /// The same with its left and upper edge moved to multiples.
  func aligned(to unit: Int) -> Rectangle {
    Rectangle(
      left: left - left % unit, top: top - top % unit, width: width + left % unit, height: height + top % unit
    )
  }
}
