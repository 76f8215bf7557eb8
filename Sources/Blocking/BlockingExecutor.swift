// Blocking exists so that C calls that wait (a database, a broker, an inference) wait on threads of their own,
// and never on the few threads that all Swift tasks share.

import Foundation

/// A serial executor with one dedicated thread: jobs run one after the other, in the order in which they came.
///
/// An actor that makes blocking calls holds one and runs on it:
///
///     nonisolated let executor = BlockingExecutor(label: "mien.model")
///     nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
///
/// The thread ends when the executor is released.
public final class BlockingExecutor: SerialExecutor {
    private let queue: JobQueue

    /// Starts the thread.
    /// - Parameter label: names the thread in debuggers and `top`; Linux shows its first 15 bytes.
    public init(label: String) {
        queue = JobQueue()
        let thread = Thread { [queue] in
            Self.nameThread(label)
            queue.runUntilClosed()
        }
        // Enough for decoders and drivers that are generous with the stack, whatever `ulimit -s` says; untouched
        // pages cost nothing.
        thread.stackSize = 8 << 20
        thread.start()
    }

    deinit {
        queue.close()
    }

    /// Foundation names a thread on Linux only if that has been started, and not yet from within: `Thread.name` races with
    /// `Thread.start`. A thread without its name works as well, so no failure is reported.
    private static func nameThread(_ label: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = write(descriptor, label, min(label.utf8.count, 15))
    }

    /// Appends a job; called by the runtime.
    public func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job), for: self)
    }

    /// The reference that an actor returns as its `unownedExecutor`.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Stops the process unless called on the executor's thread; lets `assumeIsolated` work in C callbacks.
    public func checkIsolated() {
        precondition(queue.isCurrent, "not on the thread of this BlockingExecutor")
    }

    /// Whether the calling thread is the executor's.
    public func isIsolatingCurrentContext() -> Bool? {
        queue.isCurrent
    }
}
