import CSystem
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The processes that a child left behind, and what became of them.
struct LeftProcesses: Sendable, Equatable {
  /// The names of the processes that still ran, ascending; they were killed. On macOS, which has no way to list
  /// them safely, one empty name stands for all of the group.
  var names: [String] = []
  /// Whether some process did not end even with SIGKILL.
  var someSurvived = false

  /// Ends everything that the child `pid` left in its process group, and on Linux also what left the group but
  /// carries all of `marks` in its environment. To be called between the child's end and its reaping: until then
  /// the kernel gives its number to no other group.
  static func end(group pid: Int32, marks: @autoclosure () -> [String]) -> LeftProcesses {
    #if os(Linux)
      if let left = adopted(group: pid, marks: marks) { return left }
      // The ended child itself takes the signal without effect, so the answer tells nothing.
      kill(-pid, SIGKILL)
      return LeftProcesses()
    #else
      // A group whose only member is the ended child takes no signal.
      return LeftProcesses(names: kill(-pid, SIGKILL) == 0 ? [""] : [])
    #endif
  }
}

#if os(Linux)
  /// How it works: this process adopts the orphans of its descendants. When a child has ended, each process that it
  /// left is either our child now, or below one that is. Linux makes adopted processes children of the main thread,
  /// so one small file in /proc tells whether there is anything to look at; for a tidy child there is not.
  extension LeftProcesses {
    /// Whether this process adopts orphans; asked for at the first use, and true from then on.
    static let adoptsOrphans = cs_adopt_orphans() == 0
    private static let childrenFile = "/proc/self/task/\(getpid())/children"
    /// The longest to wait for one killed process.
    private static let patienceMilliseconds: Int32 = 5000

    /// `nil` when the kernel does not tell which children we have.
    fileprivate static func adopted(group: Int32, marks: () -> [String]) -> LeftProcesses? {
      guard adoptsOrphans, let first = children(of: childrenFile) else { return nil }
      if !first.contains(where: { $0 != group }) { return LeftProcesses() }
      let marks = marks()
      var left = LeftProcesses()
      // Every process seen so far: one that is dying no longer shows its environment, but still has to be reaped.
      var seen: Set<Int32> = []
      // A process can start others between the look and the kill; those are orphans at the next look.
      for _ in 0..<100 {
        guard let children = children(of: childrenFile) else { return nil }
        let found = children.filter { $0 != group && (seen.contains($0) || belongs($0, group, marks)) }
        if found.isEmpty { break }
        var living: [Int32] = []
        for pid in found { collect(pid, &seen, &living) }
        left.names += living.map(name)
        // The ended child still holds the group's number: nobody else's group can have it.
        kill(-group, SIGKILL)
        // Nor can the numbers have passed on: each is our child, or its parent is one that stops here, and numbers
        // are given anew only after a full turn of the counter.
        for pid in living { kill(pid, SIGKILL) }
        for pid in found where !reap(pid) { left.someSurvived = true }
        if left.someSurvived { break }
      }
      left.names.sort()
      return left
    }

    private static func belongs(_ pid: Int32, _ group: Int32, _ marks: [String]) -> Bool {
      if getpgid(pid) == group { return true }
      if marks.isEmpty { return false }
      // In the middle of exec a process shows an empty environment for an instant, one cleared on purpose for good.
      for _ in 0..<20 {
        guard let environment = contents("/proc/\(pid)/environ") else { return false }
        if !environment.isEmpty {
          let entries = environment.split(separator: 0)
          return marks.allSatisfy { mark in entries.contains { $0.elementsEqual(mark.utf8) } }
        }
        if !isLiving(pid) { return false }
        sched_yield()
      }
      return false
    }

    /// Adds `pid` and its descendants to `seen`; those that are new there and have not ended, to `living`.
    private static func collect(_ pid: Int32, _ seen: inout Set<Int32>, _ living: inout [Int32]) {
      let isNew = seen.insert(pid).inserted
      if isNew, isLiving(pid) { living.append(pid) }
      guard seen.count < 10_000 else { return }
      for child in children(of: "/proc/\(pid)/task/\(pid)/children") ?? [] { collect(child, &seen, &living) }
    }

    /// Waits for an adopted process to end and reaps it; false when it does not end in time.
    private static func reap(_ pid: Int32) -> Bool {
      let watch = cs_open_process(pid)
      if watch >= 0 {
        var entry = pollfd(fd: watch, events: Int16(POLLIN), revents: 0)
        while poll(&entry, 1, patienceMilliseconds) < 0, errno == EINTR {}
        close(watch)
      }
      let reaped = waitpid(pid, nil, WNOHANG)
      return reaped == pid || reaped < 0 && errno == ECHILD
    }

    private static func children(of path: String) -> [Int32]? {
      guard let bytes = contents(path) else { return nil }
      if bytes.isEmpty { return [] }
      return bytes.split(separator: UInt8(ascii: " ")).compactMap {
        Int32(String(decoding: $0, as: UTF8.self))
      }
    }

    /// Whether a process exists and is not one that has ended and waits to be reaped.
    private static func isLiving(_ pid: Int32) -> Bool {
      // The state letter follows the name, which is in parentheses and may hold some itself.
      guard let stat = contents("/proc/\(pid)/stat"), let end = stat.lastIndex(of: UInt8(ascii: ")")) else {
        return false
      }
      return end + 2 < stat.count && stat[end + 2] != UInt8(ascii: "Z") && stat[end + 2] != UInt8(ascii: "X")
    }

    private static func name(_ pid: Int32) -> String {
      let bytes = contents("/proc/\(pid)/comm") ?? []
      return String(decoding: bytes.filter { $0 >= 32 && $0 != 127 }, as: UTF8.self)
    }

    /// The whole of a file in /proc; `nil` when it cannot be read.
    private static func contents(_ path: String) -> [UInt8]? {
      let file = open(path, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { return nil }
      defer { close(file) }
      var bytes: [UInt8] = []
      return withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
        while true {
          let count = read(file, buffer.baseAddress, buffer.count)
          if count == 0 { return bytes }
          if count < 0 {
            if errno == EINTR { continue }
            return nil
          }
          bytes.append(contentsOf: buffer[..<count])
        }
      }
    }
  }
#endif
