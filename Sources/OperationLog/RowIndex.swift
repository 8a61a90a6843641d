/// Which events a list of rows has, by event id: row numbers in a hash table beside the rows.
struct RowIndex: ~Copyable {
  /// Row number + 1 in the low half and half of the id's high word in the high half, so that few other rows are looked at; 0
  /// for free. Open addressing with linear probing, at most half full.
  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int

  private static let tagMask: UInt64 = 0xFFFF_FFFF_0000_0000

  init() {
    mask = 1023
    slots = .allocate(capacity: 1024)
    slots.initialize(repeating: 0, count: 1024)
  }

  deinit { slots.deallocate() }

  var byteCount: Int { (mask + 1) * 8 }

  /// The slot for an event that `rows` does not have; `nil` when it has it.
  @inline(__always) func freeSlot(for id: EventID, in rows: [SegmentRow]) -> Int? {
    var slot = Int(truncatingIfNeeded: id.low) & mask
    let tag = id.high & Self.tagMask
    while true {
      let entry = slots[slot]
      if entry == 0 { return slot }
      if entry & Self.tagMask == tag,
        rows[Int(truncatingIfNeeded: entry & ~Self.tagMask) &- 1].event.eventID == id
      {
        return nil
      }
      slot = (slot &+ 1) & mask
    }
  }

  /// Notes that the last of `rows` is in `slot`, which ``freeSlot(for:in:)`` gave for it.
  @inline(__always) mutating func fill(_ slot: Int, in rows: [SegmentRow]) {
    slots[slot] = rows[rows.count - 1].event.eventID.high & Self.tagMask | UInt64(rows.count)
    if rows.count * 2 > mask { grow(rows) }
  }

  private mutating func grow(_ rows: [SegmentRow]) {
    let size = (mask + 1) * 4
    slots.deallocate()
    slots = .allocate(capacity: size)
    slots.initialize(repeating: 0, count: size)
    mask = size - 1
    for (index, row) in rows.enumerated() {
      var slot = Int(truncatingIfNeeded: row.event.eventID.low) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = row.event.eventID.high & Self.tagMask | UInt64(index + 1)
    }
  }
}
