import Foundation
import Postgres
import Testing

@Suite(.timeLimit(.minutes(2)))
struct CancellationTests {
    /// Waits until a backend runs a statement that sleeps.
    private func waitUntilAsleep(_ backend: Int, _ pool: ConnectionPool) async throws {
        while true {
            let row = try await pool.first(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend) AND wait_event = 'PgSleep'")
            if try row?.decode(Int.self) == 1 { return }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func backend(of connection: Connection) async throws -> Int {
        try #require(try await connection.first("SELECT pg_backend_pid()")).decode(Int.self)
    }

    @Test func aCancelledQueryEndsAndItsConnectionStaysUsable() async throws {
        let pool = try await makePool(size: 2)
        try await pool.withConnection { connection in
            let backend = try await backend(of: connection)
            let query = Task { try await connection.execute("SELECT pg_sleep(600)") }
            try await waitUntilAsleep(backend, pool)
            query.cancel()
            let error = await postgresError { try await query.value }
            #expect(error?.code == .cancelled)
            #expect(error?.isRetriable == false)
            #expect(try await self.backend(of: connection) == backend)
        }
    }

    @Test func aStatementInTheQueueOfItsConnectionIsNotSentOnceCancelled() async throws {
        let pool = try await makePool(size: 2)
        try await pool.execute("CREATE TABLE marks (n integer)")
        try await pool.withConnection { connection in
            let backend = try await backend(of: connection)
            let first = Task { try await connection.execute("SELECT pg_sleep(600)") }
            try await waitUntilAsleep(backend, pool)
            let second = Task { try await connection.execute("INSERT INTO marks VALUES (1)") }
            second.cancel()
            first.cancel()
            let error = await postgresError { try await second.value }
            #expect(error?.code == .cancelled)
        }
        #expect(try await pool.query("SELECT n FROM marks").isEmpty)
    }

    @Test func aCancelledTransactionIsRolledBackAndItsConnectionGoesOn() async throws {
        let pool = try await makePool(size: 2)
        try await pool.execute("CREATE TABLE marks (n integer)")
        let (backends, tell) = AsyncStream<Int>.makeStream()
        let transaction = Task {
            try await pool.withTransaction { connection in
                try await connection.execute("INSERT INTO marks VALUES (1)")
                tell.yield(try await backend(of: connection))
                try await connection.execute("SELECT pg_sleep(600)")
            }
        }
        for await backend in backends {
            try await waitUntilAsleep(backend, pool)
            break
        }
        transaction.cancel()
        let error = await postgresError { try await transaction.value }
        #expect(error?.code == .cancelled)
        #expect(try await pool.query("SELECT n FROM marks").isEmpty)
        #expect(pool.statistics == ConnectionPool.Statistics(open: 2, idle: 2, waiting: 0))
    }

    @Test func aTransactionCancelledAfterItsLastStatementIsNotCommitted() async throws {
        let pool = try await makePool(size: 1)
        try await pool.execute("CREATE TABLE marks (n integer)")
        let transaction = Task {
            try await pool.withTransaction { connection in
                try await connection.execute("INSERT INTO marks VALUES (1)")
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        let error = await postgresError { try await transaction.value }
        #expect(error?.code == .cancelled)
        #expect(try await pool.query("SELECT n FROM marks").isEmpty)
    }

    @Test func aStatementThatRunsTooLongIsEndedByTheServer() async throws {
        let pool = try await makePool(size: 1, statementTimeout: .milliseconds(50))
        let before = try #require(try await pool.first("SELECT pg_backend_pid()")).decode(Int.self)
        let error = await postgresError { try await pool.execute("SELECT pg_sleep(600)") }
        #expect(error?.code == .statementTimeout)
        #expect(error?.isRetriable == true)
        let after = try #require(try await pool.first("SELECT pg_backend_pid()")).decode(Int.self)
        #expect(after == before)
    }

    /// The backend is stopped in its sleep, where it holds no lock, and cannot obey.
    @Test func aBackendThatDoesNotObeyIsGivenUp() async throws {
        let pool = try await makePool(size: 1, statementTimeout: .seconds(100))
        let observer = makePool(url: pool.configuration.url, size: 1)
        let (backends, tell) = AsyncStream<Int>.makeStream()
        let query = Task {
            try await pool.withConnection { connection in
                tell.yield(try await backend(of: connection))
                try await connection.execute("SELECT pg_sleep(600)")
            }
        }
        for await backend in backends {
            try await waitUntilAsleep(backend, observer)
            kill(pid_t(backend), SIGSTOP)
            query.cancel()
            let error = await postgresError { try await query.value }
            kill(pid_t(backend), SIGCONT)
            #expect(error?.code == .cancelled)
            break
        }
        #expect(pool.statistics.open == 0)
        try await pool.ping()
    }

    /// The backend is stopped while it is idle, and cannot even end the statement that runs too long.
    @Test func aBackendThatDoesNotAnswerIsGivenUp() async throws {
        let pool = try await makePool(size: 1, statementTimeout: .seconds(3))
        let error = await postgresError {
            try await pool.withConnection { connection in
                let backend = pid_t(try await backend(of: connection))
                kill(backend, SIGSTOP)
                defer { kill(backend, SIGCONT) }
                try await connection.execute("SELECT 1")
            }
        }
        #expect(error?.code == .connectionLost)
        #expect(pool.statistics.open == 0)
        try await pool.ping()
    }

    /// More waiting statements than there are threads for tasks: these could not end them if the statements held them.
    @Test func statementsThatWaitDoNotStopOtherTasks() async throws {
        let pool = try await makePool(size: 24)
        let queries = (0..<24).map { _ in Task { try await pool.execute("SELECT pg_sleep(600)") } }
        let observer = makePool(url: pool.configuration.url, size: 1)
        while try await observer.query(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        ).count < 24 {
            try await Task.sleep(for: .milliseconds(5))
        }
        for query in queries { query.cancel() }
        for query in queries {
            let error = await postgresError { try await query.value }
            #expect(error?.code == .cancelled)
        }
    }
}
