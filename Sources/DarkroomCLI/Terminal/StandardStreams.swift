#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The standard output: text goes out whole, and a reader that left (`| head`) ends the writing, not the program.
enum StandardOutput {
  /// Returns whether somebody still listens.
  @discardableResult
  static func write(_ text: String) -> Bool { StandardStream.write(1, text) }
}

/// Lines for people on the standard error, written whole.
enum StandardError {
  static func write(_ line: String) { _ = StandardStream.write(2, line + "\n") }
}

/// One standard stream as a file descriptor.
enum StandardStream {
  static func write(_ descriptor: Int32, _ text: String) -> Bool {
    if text.isEmpty { return true }
    var text = text
    return text.withUTF8 { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = UnsafeBufferPointer(rebasing: rest)
        #if canImport(Glibc)
          let count = Glibc.write(descriptor, part.baseAddress, part.count)
        #else
          let count = Darwin.write(descriptor, part.baseAddress, part.count)
        #endif
        if count > 0 {
          rest = rest.dropFirst(count)
        } else if count < 0, errno == EAGAIN {
          // Somebody made the stream non-blocking; its reader is merely slow.
          var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&wait, 1, -1)
        } else if count >= 0 || errno != EINTR {
          return false
        }
      }
      return true
    }
  }
}
