import CLibPQ

extension Wire {
    /// How long a server may take to obey a cancellation before the connection is given up.
    private static let cancellationGrace = Duration.seconds(5)

    /// Sends one statement with its parameters and returns its result, which may report an error.
    func run(
        _ statement: Statement, until deadline: ContinuousClock.Instant?, interruption: Interruption
    ) throws -> QueryResult {
        if let result = try runPrepared(statement, until: deadline, interruption: interruption) { return result }
        return try last(until: deadline, interruption: interruption) {
            self.send(statement.parameters) { count, types, values, lengths, formats in
                PQsendQueryParams(pointer, statement.sql, count, types, values, lengths, formats, 1)
            }
        }
    }

    /// The same by its name; nil where it is not to be prepared, or has to be sent whole once more.
    private func runPrepared(
        _ statement: Statement, until deadline: ContinuousClock.Instant?, interruption: Interruption
    ) throws -> QueryResult? {
        guard let (name, isPrepared) = prepared.name(of: statement) else { return nil }
        let isAlone = !isInTransaction
        if !isPrepared {
            let result = try last(until: deadline, interruption: interruption) {
                PQsendPrepare(
                    pointer, name, statement.sql, Int32(statement.parameters.count),
                    statement.parameters.map(\.type.rawValue))
            }
            guard result.status == PGRES_COMMAND_OK else { return result }
            prepared.note(statement, as: name)
        }
        let result = try last(until: deadline, interruption: interruption) {
            self.send(statement.parameters) { count, _, values, lengths, formats in
                PQsendQueryPrepared(pointer, name, count, values, lengths, formats, 1)
            }
        }
        guard PreparedStatements.isStale(result) else { return result }
        prepared.forget()
        // A transaction has failed with it, and begins anew or not at all.
        return isAlone ? nil : result
    }

    private func last(
        until deadline: ContinuousClock.Instant?, interruption: Interruption, send: () -> Int32
    ) throws -> QueryResult {
        guard let result = try perform(until: deadline, interruption: interruption, send: send).last else {
            throw lost()
        }
        return result
    }

    /// Sends a text of several statements by the simple protocol; stops at the first error.
    func runScript(
        _ sql: String, until deadline: ContinuousClock.Instant?, interruption: Interruption
    ) throws -> [QueryResult] {
        try perform(until: deadline, interruption: interruption) { PQsendQuery(pointer, sql) }
    }

    private func perform(
        until deadline: ContinuousClock.Instant?, interruption: Interruption, send: () -> Int32
    ) throws -> [QueryResult] {
        guard !isBroken else { throw lost() }
        guard !interruption.isRequested else { throw PostgresError.cancelled }
        guard send() == 1 else {
            if isBroken { throw lost() }
            throw PostgresError(.unsupported, "The statement could not be sent", detail: message)
        }
        return try collect(until: deadline, interruption: interruption)
    }

    /// Flushes what is to send and gathers results until the server is ready for the next statement.
    private func collect(
        until deadline: ContinuousClock.Instant?, interruption: Interruption
    ) throws -> [QueryResult] {
        var deadline = deadline
        var isCancelling = false
        var results: [QueryResult] = []
        while true {
            let unsent = PQflush(pointer)
            guard unsent >= 0 else { throw lost() }
            if try take(&results) { break }
            let ready = try wait(readable: true, writable: unsent > 0, until: deadline)
            if ready.isReadable && PQconsumeInput(pointer) == 0 { return try resultsOfLostConnection(results) }
            if interruption.isRequested && !isCancelling {
                isCancelling = true
                deadline = .now + Self.cancellationGrace
                requestCancellation()
            } else if ready.isTimedOut {
                giveUp()
                throw isCancelling ? PostgresError.cancelled : lost("the server did not answer in time")
            }
        }
        if isCancelling, results.last?.errorField(.sqlState) == PostgresError.Code.statementTimeout.rawValue {
            throw PostgresError.cancelled
        }
        return results
    }

    /// Takes the results that have arrived; true when the statement is done.
    private func take(_ results: inout [QueryResult]) throws -> Bool {
        while PQisBusy(pointer) == 0 {
            guard let next = PQgetResult(pointer) else { return true }
            let result = QueryResult(taking: next)
            if [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(result.status) {
                giveUp()
                throw PostgresError(.unsupported, "COPY is not supported")
            }
            results.append(result)
        }
        return false
    }

    /// A server that ends says why in a last result: that tells more than the loss.
    private func resultsOfLostConnection(_ results: [QueryResult]) throws -> [QueryResult] {
        giveUp()
        guard results.last?.status == PGRES_FATAL_ERROR else { throw lost() }
        return results
    }

    /// Asks the server, on a second socket, to end the running statement. Blocks this thread, which waits anyway, for as
    /// long as a connection to the server takes (`tcp_user_timeout` bounds it).
    private func requestCancellation() {
        guard let request = PQgetCancel(pointer) else { return }
        defer { PQfreeCancel(request) }
        var problem = [CChar](repeating: 0, count: 256)
        // When the request fails, the statement runs to its end or into the deadline: both are handled there.
        _ = PQcancel(request, &problem, Int32(problem.count))
    }

    /// Lends the parameters as libpq takes them; all values are in binary format.
    private func send(
        _ parameters: [PostgresParameter],
        _ body: (
            _ count: Int32, _ types: [UInt32], _ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]
        ) -> Int32
    ) -> Int32 {
        let count = parameters.reduce(0) { $0 + ($1.bytes?.count ?? 0) }
        // At least one byte: a value of length 0 needs an address, for none means NULL.
        let values = UnsafeMutableRawBufferPointer.allocate(byteCount: count + 1, alignment: 1)
        defer { values.deallocate() }
        var offset = 0
        let addresses = parameters.map { parameter -> UnsafePointer<CChar>? in
            guard let bytes = parameter.bytes else { return nil }
            let place = UnsafeMutableRawBufferPointer(rebasing: values[offset...])
            place.copyBytes(from: bytes)
            offset += bytes.count
            return UnsafePointer(place.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
        let lengths = parameters.map { Int32($0.bytes?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        return body(Int32(parameters.count), parameters.map(\.type.rawValue), addresses, lengths, formats)
    }
}

extension PostgresError {
    static let cancelled = PostgresError(.cancelled, "The task was cancelled while it waited for the database")
}
