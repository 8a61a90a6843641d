/// A directed graph of stages: who needs whom. Nodes are indices into ``nodes``, which keeps the given order.
public struct Graph<Node: Hashable & Sendable>: Sendable {
  /// The nodes in the order in which they were given.
  public let nodes: [Node]
  /// For each node, the indices of the nodes it needs.
  public let needs: [[Int]]
  /// For each node, the indices of the nodes that need it: the reverse of ``needs``.
  public let dependents: [[Int]]
  private let indices: [Node: Int]

  /// Builds the graph. A need that is not among `nodes` is left out: the validator reports it with its place.
  public init(_ edges: [(node: Node, needs: [Node])]) {
    nodes = edges.map(\.node)
    let indices = Dictionary(nodes.enumerated().map { ($1, $0) }) { first, _ in first }
    needs = edges.map { edge in edge.needs.compactMap { indices[$0] } }
    var reverse = [[Int]](repeating: [], count: nodes.count)
    for (node, list) in needs.enumerated() { for need in list { reverse[need].append(node) } }
    dependents = reverse
    self.indices = indices
  }

  /// The index of `node`; `nil` when it is not in the graph.
  public func index(of node: Node) -> Int? { indices[node] }

  /// The node indices so that each comes after all it needs, ties in the given order (Kahn's algorithm);
  /// `nil` when there is a cycle.
  public func topologicalOrder() -> [Int]? {
    var waiting = needs.map { Set($0).count }
    var order = nodes.indices.filter { waiting[$0] == 0 }
    var next = 0
    while next < order.count {
      for dependent in Set(dependents[order[next]]).sorted() {
        waiting[dependent] -= 1
        if waiting[dependent] == 0 { order.append(dependent) }
      }
      next += 1
    }
    return order.count == nodes.count ? order : nil
  }

  /// One cycle as the nodes along it, each needing the next and the last needing the first; `nil` without one.
  public func cycle() -> [Node]? {
    var marks = [VisitMark](repeating: .unseen, count: nodes.count)
    for start in nodes.indices where marks[start] == .unseen {
      // An explicit stack: a chain of 10,000 stages must not overflow the call stack.
      var path = [(node: start, next: 0)]
      marks[start] = .open
      while let top = path.last {
        guard top.next < needs[top.node].count else {
          marks[top.node] = .done
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let need = needs[top.node][top.next]
        switch marks[need] {
        case .unseen:
          marks[need] = .open
          path.append((need, 0))
        case .open:
          let begin = path.firstIndex { $0.node == need } ?? 0
          return path[begin...].map { nodes[$0.node] }
        case .done: break
        }
      }
    }
    return nil
  }

  /// The indices reachable from `starts` along `edges` (pass ``needs`` or ``dependents``), starts included.
  public func closure(of starts: some Sequence<Int>, along edges: [[Int]]) -> Set<Int> {
    var seen = Set(starts)
    var stack = Array(seen)
    while let node = stack.popLast() {
      for next in edges[node] where seen.insert(next).inserted { stack.append(next) }
    }
    return seen
  }
}

/// How far a depth-first walk is with a node.
private enum VisitMark { case unseen, open, done }
