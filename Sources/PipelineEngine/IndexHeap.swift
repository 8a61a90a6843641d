/// A binary heap of stage indices, smallest topological position first.
struct IndexHeap: Sendable {
  private var items: [Int] = []

  var first: Int? { items.first }

  mutating func insert(_ index: Int, _ position: [Int]) {
    items.append(index)
    var child = items.count - 1
    while child > 0, position[items[child]] < position[items[(child - 1) / 2]] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst(_ position: [Int]) {
    guard let last = items.popLast(), !items.isEmpty else { return }
    items[0] = last
    sink(0, position)
  }

  /// Removes one index wherever it is; linear, for the rare abort.
  mutating func remove(_ index: Int, _ position: [Int]) {
    let rest = items.filter { $0 != index }
    items = []
    for item in rest { insert(item, position) }
  }

  private mutating func sink(_ start: Int, _ position: [Int]) {
    var parent = start
    while true {
      let left = 2 * parent + 1
      guard left < items.count else { return }
      let right = left + 1
      let child = right < items.count && position[items[right]] < position[items[left]] ? right : left
      guard position[items[child]] < position[items[parent]] else { return }
      items.swapAt(parent, child)
      parent = child
    }
  }
}
