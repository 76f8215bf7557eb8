import CLibPQ
import Glibc
internal import Logging

extension Wire {
    /// Makes a connection; blocks until the server has accepted it, refused it, or the time is over.
    static func open(
        _ configuration: PostgresConfiguration, wake: Wake, interruption: Interruption, logger: Logger
    ) throws -> Wire {
        let options = try configuration.options()
        guard let pointer = start(options) else {
            throw PostgresError(.connectionFailed, "There is no memory for a database connection")
        }
        let wire = Wire(taking: pointer, wake: wake, logger: logger)
        try wire.finishConnecting(until: .now + configuration.connectTimeout, interruption: interruption)
        guard PQsetnonblocking(pointer, 1) == 0 else { throw wire.refused() }
        try wire.apply(configuration.settings, until: .now + configuration.connectTimeout, interruption: interruption)
        return wire
    }

    /// `PQconnectStartParams`: resolves the host's name, which may block, and begins.
    private static func start(_ options: [String: String]) -> OpaquePointer? {
        let pairs = Array(options)
        let strings = (pairs.map(\.key) + pairs.map(\.value)).map { strdup($0) }
        defer { strings.forEach { free($0) } }
        let pointers = strings.map { $0.map { UnsafePointer($0) } }
        let keywords = pointers[..<pairs.count] + [nil]
        let values = pointers[pairs.count...] + [nil]
        return Array(keywords).withUnsafeBufferPointer { keywords in
            Array(values).withUnsafeBufferPointer { values in
                PQconnectStartParams(keywords.baseAddress, values.baseAddress, 0)
            }
        }
    }

    /// The loop of the manual, 34.1: act as if `PQconnectPoll` had last returned "writing". The socket may change
    /// between two turns, for libpq tries the host's addresses one after the other.
    private func finishConnecting(until deadline: ContinuousClock.Instant, interruption: Interruption) throws {
        // With the SQLSTATE in its message, a refusal can be told by its kind in any language of the server.
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        defer { PQsetErrorVerbosity(pointer, PQERRORS_DEFAULT) }
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED, PQstatus(pointer) != CONNECTION_BAD else { throw refused() }
            let ready = try wait(
                readable: state == PGRES_POLLING_READING, writable: state == PGRES_POLLING_WRITING, until: deadline)
            if interruption.isRequested { throw PostgresError.cancelled }
            if ready.isTimedOut {
                throw PostgresError(.connectionFailed, "The database did not accept a connection in time")
            }
            if ready.isReadable || ready.isWritable { state = PQconnectPoll(pointer) }
        }
    }

    private func apply(
        _ settings: [(name: String, value: String)], until deadline: ContinuousClock.Instant, interruption: Interruption
    ) throws {
        let calls = settings.map { "set_config(\($0.name), \($0.value), false)" as Statement }
        let result = try run(
            "SELECT pg_backend_pid() AS server, \(calls.joined(separator: ", "))", until: deadline,
            interruption: interruption)
        if result.status != PGRES_TUPLES_OK { throw PostgresError(server: result) }
        // A pooler names itself, or nobody, when the connection is made.
        prepared.isUsable = try result.rows.first?["server", as: Int.self] == Int(PQbackendPID(pointer))
    }

    private func refused() -> PostgresError {
        let reasons = [
            "28P01": "The database refused the log-in: the user or its password is wrong",
            "28000": "The database refused the log-in: this user may not connect from here",
            "3D000": "The server has no database of this name",
            "53300": "The database has no connection left",
        ]
        let reason = reasons.first { state, _ in message.contains(" \(state): ") }?.value
        return PostgresError(
            .connectionFailed, reason ?? "No connection to the database could be made", detail: message)
    }
}
