import PipelineCore
import Testing

@Suite struct DigestTests {
  @Test func knownVectors() {
    // FIPS 180-4 examples.
    #expect(Digest(of: "abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest(of: "").hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func hexRoundTrip() {
    let digest = Digest(of: "darkroom")
    #expect(Digest(hex: digest.hex) == digest)
    #expect(Digest(rawBytes: digest.rawBytes) == digest)
    #expect(Digest(hex: digest.hex.dropLast()) == nil)
    #expect(Digest(hex: digest.hex.uppercased()) == nil)
  }

  @Test func hasherForks() {
    var hasher = DigestHasher()
    hasher.update("a")
    let first = hasher.finalize()
    hasher.update("bc")
    #expect(first == Digest(of: "a"))
    #expect(hasher.finalize() == Digest(of: "abc"))
  }
}
