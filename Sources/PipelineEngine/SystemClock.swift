#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The machine's clocks.
public struct SystemClock: EngineClock {
  public init() {}

  public var wallMicroseconds: Int64 { Self.read(CLOCK_REALTIME) }
  public var monotonicMicroseconds: Int64 { Self.read(CLOCK_MONOTONIC) }
  public func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}
