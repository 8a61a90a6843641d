// Placeholder until `measure` is merged.
enum NearDuplicates {
  static func links(_ hashes: [UInt64], distance: Int) -> [(Int, Int)] {
    var links: [(Int, Int)] = []
    for a in hashes.indices {
      for b in hashes.indices where b > a && (hashes[a] ^ hashes[b]).nonzeroBitCount <= distance { links.append((a, b)) }
    }
    return links
  }
}
