import Foundation

/// The jobs of one executor, and the loop of the thread that runs them.
///
/// `@unchecked Sendable` is true because every stored variable is touched only while `condition` is locked.
final class JobQueue: @unchecked Sendable {
    /// A job with its executor, which must outlive the job's run: the job may release the actor that owns it.
    private typealias Entry = (job: UnownedJob, executor: BlockingExecutor)

    private let condition = NSCondition()
    private var entries: [Entry] = []
    private var isClosed = false
    private var thread: pthread_t?

    var isCurrent: Bool {
        condition.withLock { thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    func append(_ job: UnownedJob, for executor: BlockingExecutor) {
        condition.withLock {
            entries.append((job, executor))
            condition.signal()
        }
    }

    func close() {
        condition.withLock {
            isClosed = true
            condition.signal()
        }
    }

    func runUntilClosed() {
        condition.withLock { thread = pthread_self() }
        while let batch = nextBatch() {
            for entry in batch {
                entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
            }
        }
        // The system may give this identity to another thread.
        condition.withLock { thread = nil }
    }

    /// Waits for jobs; `nil` once the executor is gone, when no job can be waiting because each holds the executor.
    private func nextBatch() -> [Entry]? {
        condition.withLock {
            while entries.isEmpty && !isClosed { condition.wait() }
            guard !entries.isEmpty else { return nil }
            defer { entries = [] }
            return entries
        }
    }
}
