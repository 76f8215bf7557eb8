import CLibPQ
import Glibc
internal import Logging

/// One `PGconn` and the waiting for it. Every method blocks: only the thread of the owning `Connection` calls them.
final class Wire {
    let pointer: OpaquePointer
    private let wake: Wake
    private let notices: NoticeSink
    /// What the server has prepared.
    var prepared = PreparedStatements()
    /// Set when the server did not answer, or answered what cannot be handled: no statement can be sent any more.
    private var isGivenUp = false

    /// Takes over a connection that is being made.
    init(taking pointer: OpaquePointer, wake: Wake, logger: Logger) {
        self.pointer = pointer
        self.wake = wake
        notices = NoticeSink(logger: logger)
        notices.attach(to: pointer)
    }

    deinit {
        // Sends Terminate and closes the socket; the socket does not block, so neither does this.
        PQfinish(pointer)
    }

    var isBroken: Bool { isGivenUp || wake.isAborted || PQstatus(pointer) != CONNECTION_OK }

    var isInTransaction: Bool { PQtransactionStatus(pointer) != PQTRANS_IDLE }

    var message: String { String(cString: PQerrorMessage(pointer)) }

    func giveUp() {
        isGivenUp = true
    }

    /// The error of a connection that does not work any more.
    func lost(_ detail: String? = nil) -> PostgresError {
        wake.isAborted
            ? PostgresError(.poolClosed, "The database connection was closed")
            : PostgresError(.connectionLost, "The connection to the database was lost", detail: detail ?? message)
    }
}

extension Wire {
    struct Readiness {
        var isReadable = false
        var isWritable = false
        var isTimedOut = false
    }

    /// Waits until the socket is ready, the deadline has passed, or somebody signalled `wake`.
    func wait(
        readable: Bool, writable: Bool, until deadline: ContinuousClock.Instant?
    ) throws -> Readiness {
        let events = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0)
        var descriptors = [
            pollfd(fd: PQsocket(pointer), events: Int16(events), revents: 0),
            pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let count = poll(&descriptors, 2, Self.timeout(until: deadline))
        if count < 0 && errno != EINTR { throw lost("poll failed with errno \(errno)") }
        if descriptors[1].revents != 0 { wake.drain() }
        if wake.isAborted { throw lost() }
        let failed = Int32(descriptors[0].revents) & (POLLERR | POLLHUP | POLLNVAL) != 0
        return Readiness(
            // A socket that failed is reported as ready, so that libpq meets the error and words it.
            isReadable: failed || Int32(descriptors[0].revents) & POLLIN != 0,
            isWritable: failed || Int32(descriptors[0].revents) & POLLOUT != 0,
            isTimedOut: count == 0 && deadline.map { $0 <= .now } ?? false)
    }

    /// Milliseconds for `poll`, rounded up so as not to spin before the deadline; -1 without one.
    private static func timeout(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = (deadline - .now).milliseconds + 1
        return Int32(clamping: max(left, 0))
    }
}
