#if canImport(CryptoKit)
  import CryptoKit
#else
  import CLibCrypto
#endif

/// A SHA-256 digest (FIPS 180-4): 32 bytes, printed as 64 lower-case hexadecimal digits.
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The 32 bytes as four big-endian words.
  let words: (UInt64, UInt64, UInt64, UInt64)

  /// The digest of `bytes`.
  public init(of bytes: UnsafeRawBufferPointer) {
    self = DigestHasher.digest(of: bytes)
  }

  /// The digest of the UTF-8 bytes of `text`.
  public init(of text: String) {
    var text = text
    self = text.withUTF8 { Digest(of: UnsafeRawBufferPointer($0)) }
  }

  /// Reads 64 hexadecimal digits; `nil` for anything else.
  public init?(hex: some StringProtocol) {
    var parsed: [UInt64] = [0, 0, 0, 0]
    var count = 0
    for byte in hex.utf8 {
      let value: UInt64
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt64(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = UInt64(byte - UInt8(ascii: "a")) + 10
      default: return nil
      }
      guard count < 64 else { return nil }
      parsed[count / 16] = parsed[count / 16] << 4 | value
      count += 1
    }
    guard count == 64 else { return nil }
    words = (parsed[0], parsed[1], parsed[2], parsed[3])
  }

  /// Reads exactly 32 raw bytes; `nil` for any other count.
  public init?(rawBytes: some Collection<UInt8>) {
    guard rawBytes.count == 32 else { return nil }
    var parsed: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in rawBytes.enumerated() { parsed[index / 8] = parsed[index / 8] << 8 | UInt64(byte) }
    words = (parsed[0], parsed[1], parsed[2], parsed[3])
  }

  /// Reads exactly 32 raw bytes; `nil` for any other count.
  public init?(rawBytes bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 32 else { return nil }
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
    words = (word(0), word(1), word(2), word(3))
  }

  init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// The 32 raw bytes, most significant first.
  public var rawBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for word in [words.0, words.1, words.2, words.3] {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return bytes
  }

  /// The first 128 bits as two big-endian words: for identities that are shorter than the digest.
  public var leadingWords: (high: UInt64, low: UInt64) { (words.0, words.1) }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    let digits: [UInt8] = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: 64) { buffer in
      var index = 0
      for word in [words.0, words.1, words.2, words.3] {
        for shift in stride(from: 60, through: 0, by: -4) {
          buffer[index] = digits[Int(word >> shift & 15)]
          index += 1
        }
      }
      return 64
    }
  }

  /// The first 12 hexadecimal digits: for people to read, never for comparison.
  public var short: String { String(hex.prefix(12)) }
  public var description: String { hex }

  public static func == (a: Self, b: Self) -> Bool { a.words == b.words }
  public static func < (a: Self, b: Self) -> Bool { a.words < b.words }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
  }
}

extension Digest: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let digest = Digest(hex: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a digest is 64 lower-case hexadecimal digits")
    }
    self = digest
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }
}

/// SHA-256 over bytes that arrive in pieces. A value: copying it forks the computation.
public struct DigestHasher: Sendable {
  #if canImport(CryptoKit)
    private var state = CryptoKit.SHA256()
  #else
    private var state = SHA256_CTX()
  #endif

  public init() {
    #if !canImport(CryptoKit)
      SHA256_Init(&state)
    #endif
  }

  /// Appends `bytes`.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    #if canImport(CryptoKit)
      state.update(bufferPointer: bytes)
    #else
      if let base = bytes.baseAddress { SHA256_Update(&state, base, bytes.count) }
    #endif
  }

  /// Appends the UTF-8 bytes of `text`.
  public mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The digest of everything so far. The hasher can go on afterwards.
  public func finalize() -> Digest {
    #if canImport(CryptoKit)
      return state.finalize().withUnsafeBytes(Self.words)
    #else
      var copy = state
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
        SHA256_Final(buffer.baseAddress, &copy)
        return Self.words(UnsafeRawBufferPointer(buffer))
      }
    #endif
  }

  /// All in one call: short records pay no copy of the state.
  static func digest(of bytes: UnsafeRawBufferPointer) -> Digest {
    #if canImport(CryptoKit)
      return CryptoKit.SHA256.hash(data: bytes).withUnsafeBytes(words)
    #else
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
        // Not the function SHA256(): since OpenSSL 3 that looks the algorithm up under a lock on each call.
        var state = SHA256_CTX()
        SHA256_Init(&state)
        SHA256_Update(&state, bytes.baseAddress, bytes.count)
        SHA256_Final(buffer.baseAddress, &state)
        return words(UnsafeRawBufferPointer(buffer))
      }
    #endif
  }

  private static func words(_ bytes: UnsafeRawBufferPointer) -> Digest {
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
    return Digest(words: (word(0), word(1), word(2), word(3)))
  }
}
