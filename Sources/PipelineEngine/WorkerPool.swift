import Dispatch

/// Threads on which units may block: the executor's child tasks run here and not on the cooperative threads, of
/// which there are only as many as processors. How many run at once is the machine's decision, not the pool's.
final class WorkerPool: TaskExecutor {
  private let queue = DispatchQueue(label: "darkroom.workers", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
