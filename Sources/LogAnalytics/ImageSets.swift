import OperationLog
import PipelineCore

/// Which images a project's operations touched: what counts an image once, however often it was touched.
struct ImageSet: Equatable {
  /// Hashes of the names of images that people touched, ascending, without repeats.
  var people: [UInt64] = []
  /// The same for images that only machines touched.
  var machines: [UInt64] = []
  /// Images that records count without naming them, which cannot be told apart: by people, by machines.
  var unnamedByPeople: Int64 = 0
  var unnamedByMachines: Int64 = 0

  /// Puts the lists into their form: sorted, each hash once, people before machines.
  mutating func normalize() {
    people = Self.unique(people)
    machines = Self.unique(machines)
    var index = people.startIndex
    machines.removeAll { hash in
      while index < people.endIndex, people[index] < hash { index += 1 }
      return index < people.endIndex && people[index] == hash
    }
  }

  private static func unique(_ hashes: [UInt64]) -> [UInt64] {
    var sorted = hashes
    sortHashes(&sorted)
    var kept = 0
    for index in sorted.indices where index == 0 || sorted[index] != sorted[index - 1] {
      sorted[kept] = sorted[index]
      kept += 1
    }
    sorted.removeSubrange(kept...)
    return sorted
  }
}

/// Sorts evenly spread 64-bit numbers by radix (11 bits at a time, lowest first), several times faster than by
/// comparison for the millions of names of a project.
func sortHashes(_ hashes: inout [UInt64]) {
  guard hashes.count > 256 else { return hashes.sort() }
  let bits = 11
  var other = [UInt64](repeating: 0, count: hashes.count)
  var positions = [Int](repeating: 0, count: 1 << bits)
  for shift in stride(from: 0, to: UInt64.bitWidth, by: bits) {
    let mask = UInt64(positions.count - 1)
    for index in positions.indices { positions[index] = 0 }
    for hash in hashes { positions[Int(hash >> UInt64(shift) & mask)] += 1 }
    var sum = 0
    for index in positions.indices {
      let count = positions[index]
      positions[index] = sum
      sum += count
    }
    for hash in hashes {
      let digit = Int(hash >> UInt64(shift) & mask)
      other[positions[digit]] = hash
      positions[digit] += 1
    }
    swap(&hashes, &other)
  }
}

/// The image sets of one day, by project.
struct DayImages: Equatable {
  var projects: [String: ImageSet] = [:]

  /// Collects the images of a day's file operations. A record that counts more images than it names adds the
  /// rest as unnamed.
  init(_ events: DayEvents, places: [EventPlace], projects names: NameTable) {
    var sets = [ImageSet](repeating: ImageSet(), count: names.count)
    var touched = [Bool](repeating: false, count: names.count)
    for (row, place) in zip(events.rows, places) where row.type == .fileOperation {
      let project = Int(place.project)
      touched[project] = true
      let hashes = events.imageNames[Int(row.firstImage)..<Int(row.firstImage) + Int(row.imageCount)]
      let distinct = hashes.count < 2 ? hashes.count : Set(hashes).count
      let unnamed = max(0, row.files - Int64(distinct))
      if row.isMachine {
        sets[project].machines.append(contentsOf: hashes)
        sets[project].unnamedByMachines += unnamed
      } else {
        sets[project].people.append(contentsOf: hashes)
        sets[project].unnamedByPeople += unnamed
      }
    }
    for project in sets.indices where touched[project] {
      sets[project].normalize()
      projects[names.names[project]] = sets[project]
    }
  }
}

/// The internal file of a day's image sets: a header that tells where each project's hashes are, then the hashes.
struct ImageSetFile {
  struct Section: Equatable {
    let project: String
    let unnamedByPeople: Int64
    let unnamedByMachines: Int64
    let peopleCount: Int
    let machineCount: Int
    /// SHA-256 over the hashes' bytes.
    let digest: Digest
    /// Where the hashes start in the file.
    var offset: Int
  }
  static let internalName = "internal/images"
  private static let magic = "image-sets-1\n"
  private static var prefixLength: Int { magic.utf8.count + 4 }

  static func bytes(_ images: DayImages) -> [UInt8] {
    var header = BinaryWriter()
    var content = BinaryWriter()
    let sorted = images.projects.sorted { $0.key.precedes($1.key) }
    header.append(UInt32(sorted.count))
    for (project, set) in sorted {
      var section = BinaryWriter()
      section.append(set.people)
      section.append(set.machines)
      header.append(project)
      header.append(set.unnamedByPeople)
      header.append(set.unnamedByMachines)
      header.append(UInt32(set.people.count))
      header.append(UInt32(set.machines.count))
      header.append(section.bytes.withUnsafeBytes { Digest(of: $0) })
      content.append(raw: section.bytes)
    }
    var file = BinaryWriter()
    file.append(raw: Array(magic.utf8))
    file.append(UInt32(header.bytes.count))
    file.append(raw: header.bytes)
    file.append(raw: content.bytes)
    return file.bytes
  }

  /// Reads only the header.
  static func sections(_ path: String) throws -> [Section] {
    var start = BinaryReader(try StageFile.read(path, offset: 0, length: prefixLength), path: path)
    try start.expect(magic)
    let length = Int(try start.number(UInt32.self))
    var reader = BinaryReader(try StageFile.read(path, offset: prefixLength, length: length), path: path)
    var sections: [Section] = []
    var offset = prefixLength + length
    for _ in 0..<(try reader.count(ofSize: 60)) {
      let project = try reader.text()
      let (people, machines): (Int64, Int64) = (try reader.number(), try reader.number())
      let peopleCount = Int(try reader.number(UInt32.self))
      let machineCount = Int(try reader.number(UInt32.self))
      sections.append(
        Section(
          project: project, unnamedByPeople: people, unnamedByMachines: machines, peopleCount: peopleCount,
          machineCount: machineCount, digest: try reader.digest(), offset: offset))
      offset += (peopleCount + machineCount) * 8
    }
    return sections
  }

  /// Appends a section's hashes to `set`, which is then to be normalized.
  static func append(_ section: Section, of path: String, to set: inout ImageSet) throws {
    let length = (section.peopleCount + section.machineCount) * 8
    if length == 0 { return }
    let bytes = try StageFile.read(path, offset: section.offset, length: length)
    bytes.withUnsafeBytes { buffer in
      func hash(_ index: Int) -> UInt64 {
        UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
      }
      set.people.append(contentsOf: (0..<section.peopleCount).lazy.map(hash))
      set.machines.append(contentsOf: (section.peopleCount..<length / 8).lazy.map(hash))
    }
  }
}
