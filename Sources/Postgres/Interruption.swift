import CLibPQ
import Glibc
import Synchronization

/// Wakes the thread of a connection out of `poll`.
final class Wake: Sendable {
    let descriptor: Int32
    /// Set when the connection shall not be used any more.
    private let aborted = Atomic(false)

    init() throws {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else {
            throw PostgresError(
                .connectionFailed, "The system gives no more file descriptors", detail: "errno \(errno)")
        }
    }

    deinit {
        close(descriptor)
    }

    var isAborted: Bool { aborted.load(ordering: .acquiring) }

    func abort() {
        aborted.store(true, ordering: .releasing)
        signal()
    }

    func signal() {
        // Fails only when the counter is full: then it has been signalled already.
        _ = eventfd_write(descriptor, 1)
    }

    /// Takes the signals back; whoever calls reads the flags afterwards.
    func drain() {
        var count: eventfd_t = 0
        _ = eventfd_read(descriptor, &count)
    }
}

/// Whether the task that waits for one operation has been cancelled.
final class Interruption: Sendable {
    private let requested = Atomic(false)
    private let wake: Wake

    init(waking wake: Wake) {
        self.wake = wake
    }

    var isRequested: Bool { requested.load(ordering: .acquiring) }

    func request() {
        requested.store(true, ordering: .releasing)
        wake.signal()
    }
}
