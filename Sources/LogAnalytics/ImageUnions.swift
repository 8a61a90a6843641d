import PipelineCore

/// How many different images each project has over all days.
///
/// Only one project's hashes are in memory at a time. A project whose days are what they were last time keeps
/// its counts without reading them: the key of a count is the digest over the digests of its days.
struct ImageUnions: Equatable {
  struct Count: Equatable {
    let key: Digest
    let namedByPeople: Int64
    let named: Int64
  }
  private(set) var counts: [String: Count] = [:]
  private(set) var reused = 0
  private(set) var sections: [String: [ImageSetFile.Section]] = [:]

  static let fileName = "internal/unions"
  private static let magic = "image-unions-1\n"

  /// Counts the images in the files at `paths` (absolute, days ascending).
  /// - Parameters:
  ///   - known: counts of an earlier run.
  ///   - progress: called before each project; may throw to stop.
  init(_ paths: [String], known: [String: Count] = [:], progress: () throws -> Void = {}) throws {
    var files: [String: [(path: String, section: ImageSetFile.Section)]] = [:]
    for path in paths {
      for section in try ImageSetFile.sections(path) {
        files[section.project, default: []].append((path, section))
      }
    }
    for (project, parts) in files {
      try progress()
      var hasher = DigestHasher()
      for part in parts { hasher.update(part.section.digest.hex) }
      let key = hasher.finalize()
      sections[project] = parts.map(\.section)
      if let count = known[project], count.key == key {
        counts[project] = count
        reused += 1
        continue
      }
      var set = ImageSet()
      set.people.reserveCapacity(parts.reduce(0) { $0 + $1.section.peopleCount })
      for part in parts { try ImageSetFile.append(part.section, of: part.path, to: &set) }
      set.normalize()
      counts[project] = Count(
        key: key, namedByPeople: Int64(set.people.count), named: Int64(set.people.count + set.machines.count))
    }
  }

  /// The internal file that the next run reads.
  var bytes: [UInt8] {
    var writer = BinaryWriter()
    writer.append(raw: Array(Self.magic.utf8))
    writer.append(UInt32(counts.count))
    for (project, count) in counts.sorted(by: { $0.key.precedes($1.key) }) {
      writer.append(project)
      writer.append(count.key)
      writer.append(count.namedByPeople)
      writer.append(count.named)
    }
    return writer.bytes
  }

  static func counts(_ bytes: [UInt8], path: String) throws -> [String: Count] {
    var reader = BinaryReader(bytes, path: path)
    try reader.expect(magic)
    var counts: [String: Count] = [:]
    for _ in 0..<(try reader.count(ofSize: 52)) {
      let project = try reader.text()
      counts[project] = Count(
        key: try reader.digest(), namedByPeople: try reader.number(), named: try reader.number())
    }
    guard reader.isAtEnd else { throw reader.damage }
    return counts
  }
}
