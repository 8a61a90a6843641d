import CIsal
import PipelineCore

/// Gzip (RFC 1952) through ISA-L, for the archives of a demo.
enum Gzip {
  static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
    var input = bytes
    // Stored blocks are the worst case: five bytes for each 64 KiB, besides header and trailer.
    let capacity = bytes.count + bytes.count / 8_192 + 1_024
    var count = 0
    var status: Int32 = -1
    let output = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, size in
      input.withUnsafeMutableBufferPointer { input in
        var stream = isal_zstream()
        isal_deflate_stateless_init(&stream)
        stream.gzip_flag = UInt16(IGZIP_GZIP)
        stream.end_of_stream = 1
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = buffer.baseAddress
        stream.avail_out = UInt32(capacity)
        status = isal_deflate_stateless(&stream)
        count = Int(stream.total_out)
      }
      size = count
    }
    guard status == COMP_OK else {
      throw Diagnostic(code: "gzip", "the demo's archive could not be compressed (code \(status))")
    }
    return output
  }
}
