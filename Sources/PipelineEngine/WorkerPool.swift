import Dispatch

/// Threads on which work may block: the executor's child tasks run here and not on the cooperative threads, of
/// which there are only as many as processors.
final class WorkerPool: TaskExecutor {
  private let queue: DispatchQueue

  /// Any number of threads, for units; how many run at once is the machine's decision, not the pool's.
  static func units() -> WorkerPool {
    WorkerPool(DispatchQueue(label: "darkroom.units", attributes: .concurrent))
  }

  /// One thread of its own, which busy units cannot keep waiting: for commits and for expansion.
  static func serial(_ label: String) -> WorkerPool { WorkerPool(DispatchQueue(label: label)) }

  private init(_ queue: DispatchQueue) { self.queue = queue }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
