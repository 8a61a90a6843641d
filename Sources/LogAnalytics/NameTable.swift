/// Names with dense numbers.
struct NameTable: Equatable {
  private(set) var names: [String] = []
  private var ids: [String: UInt32] = [:]

  init() {}
  /// A table that numbers `names` by their positions; a repeated name keeps its first number.
  init(_ names: [String]) {
    for name in names { insert(name) }
  }

  var count: Int { names.count }

  /// The number of `name`, which is added when it is new.
  @discardableResult mutating func insert(_ name: String) -> UInt32 {
    if let id = ids[name] { return id }
    let id = UInt32(names.count)
    names.append(name)
    ids[name] = id
    return id
  }

  /// The number of a name that was inserted before; the first number for any other.
  func id(_ name: String) -> UInt32 { ids[name] ?? 0 }

  /// Numbers the names anew in the order of their bytes.
  /// - Returns: the new number of each old one.
  @discardableResult mutating func sort() -> [UInt32] {
    let order = names.indices.sorted { names[$0].precedes(names[$1]) }
    var renumbered = [UInt32](repeating: 0, count: names.count)
    for (new, old) in order.enumerated() { renumbered[old] = UInt32(new) }
    names = order.map { names[$0] }
    for (new, name) in names.enumerated() { ids[name] = UInt32(new) }
    return renumbered
  }
}
