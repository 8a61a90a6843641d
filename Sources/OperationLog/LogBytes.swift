import CIsal
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The bytes of a log, unpacked when it is compressed, read once from front to back and digested on the way.
protocol LogBytes: AnyObject {
  /// Puts up to `count` further bytes at `buffer`; 0 at the end.
  func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int) throws -> Int
  /// Reads what is left unread and returns the digest of the whole input as it lies on disk.
  func finish() throws -> Digest
  /// How many bytes of the input were read.
  var inputBytes: Int64 { get }
  /// What is wrong with the compressed form, once the end was met; `nil` when nothing is.
  var damage: String? { get }
}

/// The first bytes of a plain log.
final class PlainLogBytes: LogBytes {
  private let file: OpenFile
  private var hasher: DigestHasher
  private let length: Int64
  private(set) var inputBytes: Int64
  var damage: String? { nil }

  /// Reads the bytes of `file` from `offset` up to `length`; `hasher` has digested what comes before `offset`.
  init(_ file: consuming OpenFile, length: Int64, offset: Int64 = 0, hasher: DigestHasher = DigestHasher()) {
    self.file = file
    self.length = length
    self.hasher = hasher
    inputBytes = offset
  }

  func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int) throws -> Int {
    let wanted = Int(min(Int64(count), length - inputBytes))
    guard wanted > 0 else { return 0 }
    let got = try file.read(at: inputBytes, into: buffer, count: wanted)
    hasher.update(UnsafeRawBufferPointer(start: buffer, count: got))
    inputBytes += Int64(got)
    return got
  }

  func finish() -> Digest { hasher.finalize() }
}

/// A gzip file (RFC 1952) with any number of members. Damage ends the bytes early and is told, not thrown.
final class GzipLogBytes: LogBytes {
  private let file: OpenFile
  private var hasher = DigestHasher()
  private(set) var inputBytes: Int64 = 0
  private(set) var damage: String?
  private let state: UnsafeMutablePointer<inflate_state>
  private let input: UnsafeMutablePointer<UInt8>
  private var isAtEndOfFile = false
  private var isDone = false
  /// Whether a member has begun and not ended.
  private var isInMember = false
  private var memberCount = 0
  private static let inputSize = 1 << 17

  init(_ file: consuming OpenFile) {
    self.file = file
    state = .allocate(capacity: 1)
    isal_inflate_init(state)
    state.pointee.crc_flag = UInt32(ISAL_GZIP)
    state.pointee.avail_in = 0
    input = .allocate(capacity: Self.inputSize)
  }

  deinit {
    state.deallocate()
    input.deallocate()
  }

  func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int) throws -> Int {
    while !isDone {
      if state.pointee.avail_in == 0, !isAtEndOfFile { try refill() }
      if !isInMember {
        try beginMember()
        continue
      }
      state.pointee.next_out = buffer
      state.pointee.avail_out = UInt32(clamping: count)
      let hadInput = state.pointee.avail_in > 0
      let outcome = isal_inflate(state)
      let produced = Int(UInt32(clamping: count) - state.pointee.avail_out)
      if outcome != ISAL_DECOMP_OK && outcome != ISAL_END_INPUT && outcome != ISAL_OUT_OVERFLOW {
        end(Self.explanation(outcome))
      } else if state.pointee.block_state == ISAL_BLOCK_FINISH {
        isInMember = false
      } else if produced == 0, !hadInput, isAtEndOfFile {
        end("it is cut off in the middle")
      }
      if produced > 0 { return produced }
    }
    return 0
  }

  func finish() throws -> Digest {
    while !isAtEndOfFile { try refill() }
    return hasher.finalize()
  }

  /// Looks at what follows the last member: another member, the end, or something that does not belong there.
  private func beginMember() throws {
    if state.pointee.avail_in == 1, !isAtEndOfFile { try refill() }
    if state.pointee.avail_in == 0 {
      end(memberCount == 0 ? "it is empty" : nil)
      return
    }
    guard let next = state.pointee.next_in, next[0] == 0x1F, state.pointee.avail_in < 2 || next[1] == 0x8B
    else {
      end(memberCount == 0 ? "it is not a gzip file" : "bytes that are not gzip follow its end")
      return
    }
    let available = state.pointee.avail_in
    isal_inflate_reset(state)
    state.pointee.crc_flag = UInt32(ISAL_GZIP)
    state.pointee.next_in = next
    state.pointee.avail_in = available
    isInMember = true
    memberCount += 1
  }

  /// Reads more input behind what is left of it.
  private func refill() throws {
    let left = isDone ? 0 : Int(state.pointee.avail_in)
    if left > 0, let next = state.pointee.next_in { input.update(from: next, count: left) }
    let got = try file.read(into: input + left, count: Self.inputSize - left)
    hasher.update(UnsafeRawBufferPointer(start: input + left, count: got))
    inputBytes += Int64(got)
    if got == 0 { isAtEndOfFile = true }
    state.pointee.next_in = input
    state.pointee.avail_in = UInt32(left + got)
  }

  private func end(_ damage: String?) {
    self.damage = damage
    isDone = true
  }

  private static func explanation(_ outcome: Int32) -> String {
    switch outcome {
    case ISAL_INCORRECT_CHECKSUM: "its checksum does not fit its content"
    case ISAL_INVALID_WRAPPER: "its header is damaged"
    default: "its compressed data are damaged"
    }
  }
}
