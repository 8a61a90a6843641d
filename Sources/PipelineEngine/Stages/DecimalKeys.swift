/// The whole numbers of a range as unit keys: decimal, without leading zeros, in ascending order of the *texts*
/// (`1`, `10`, `100`, `2`), made one at a time.
///
/// The numbers below zero come first, as `-` sorts before the digits. Within one sign the order is that of a walk
/// through the tree in which a number's children are the numbers with one digit more; branches outside the range are
/// passed over without entering.
struct DecimalKeys: Sequence, Sendable {
  let range: ClosedRange<Int>

  func makeIterator() -> Iterator {
    var branches: [Iterator.Branch] = []
    if range.upperBound > 0 {
      branches.append(
        .init(isNegative: false, low: UInt(Swift.max(1, range.lowerBound)), high: UInt(range.upperBound)))
    }
    if range.contains(0) { branches.append(.init(isNegative: false, low: 0, high: 0)) }
    if range.lowerBound < 0 {
      let high = range.lowerBound.magnitude
      branches.append(
        .init(isNegative: true, low: range.upperBound < 0 ? range.upperBound.magnitude : 1, high: high))
    }
    return Iterator(waiting: branches)
  }

  struct Iterator: IteratorProtocol {
    struct Branch {
      let isNegative: Bool
      /// The magnitudes to give, both ends included.
      let low: UInt
      let high: UInt
      var next: UInt?
    }
    /// The parts of the range that are still to come, the next one last.
    var waiting: [Branch]

    mutating func next() -> String? {
      while let branch = waiting.last {
        guard let number = branch.first else {
          waiting.removeLast()
          continue
        }
        waiting[waiting.count - 1].next = branch.after(number)
        return branch.isNegative ? "-\(number)" : String(number)
      }
      return nil
    }
  }
}

extension DecimalKeys.Iterator.Branch {
  init(isNegative: Bool, low: UInt, high: UInt) {
    self.isNegative = isNegative
    self.low = low
    self.high = high
    next = low == 0 ? 0 : Self.firstIn(low: low, high: high)
  }

  fileprivate var first: UInt? { next }

  /// The first number of the order that is in the range.
  private static func firstIn(low: UInt, high: UInt) -> UInt? {
    firstIn(branch: 1, low: low, high: high)
  }

  /// The first number from `branch` on (in the order) that is in the range; `nil` when there is none.
  private static func firstIn(branch: UInt, low: UInt, high: UInt) -> UInt? {
    var number = branch
    while true {
      if number >= low, number <= high { return number }
      if number < low, reaches(number, low: low, high: high) {
        number *= 10
      } else if let sibling = sibling(number) {
        number = sibling
      } else {
        return nil
      }
    }
  }

  /// Whether some number that starts with the digits of `number` lies in the range.
  private static func reaches(_ number: UInt, low: UInt, high: UInt) -> Bool {
    var (first, last) = (number, number)
    while last < low {
      let (wider, overflow) = last.multipliedReportingOverflow(by: 10)
      let (widest, tooWide) = wider.addingReportingOverflow(9)
      let (start, _) = first.multipliedReportingOverflow(by: 10)
      if overflow { return false }
      first = start
      last = tooWide ? .max : widest
    }
    return first <= high
  }

  /// The next number in the order that does not start with the digits of `number`.
  private static func sibling(_ number: UInt) -> UInt? {
    var number = number
    while number % 10 == 9 { number /= 10 }
    return number == 0 ? nil : number + 1
  }

  fileprivate func after(_ number: UInt) -> UInt? {
    if number == 0 { return nil }
    let (child, overflow) = number.multipliedReportingOverflow(by: 10)
    if !overflow, child <= high { return Self.firstIn(branch: child, low: low, high: high) }
    return Self.sibling(number).flatMap { Self.firstIn(branch: $0, low: low, high: high) }
  }
}
