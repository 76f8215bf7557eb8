import Foundation
import Logging
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct PoolTests {
    private func backend(of session: some PostgresSession) async throws -> Int {
        try #require(try await session.first("SELECT pg_backend_pid()")).decode(Int.self)
    }

    @Test func aHundredQueriesShareTheConnections() async throws {
        let pool = try await makePool(size: 4)
        let backends = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for number in 0..<100 {
                group.addTask {
                    let row = try await pool.first("SELECT pg_backend_pid(), \(number) FROM pg_sleep(0.002)")
                    let (backend, echo) = try #require(row).decode((Int, Int).self)
                    #expect(echo == number)
                    #expect(pool.statistics.open <= 4)
                    let connected = try await pool.first(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND backend_type = 'client backend'
                        """)
                    return (backend, try #require(connected).decode(Int.self))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(backends.count == 100)
        #expect(Set(backends.map(\.0)).count <= 4)
        #expect(backends.allSatisfy { $0.1 <= 4 })
        #expect(pool.statistics.idle == pool.statistics.open)
    }

    @Test func thoseWhoWaitAreServedInOrder() async throws {
        let pool = try await makePool(size: 1)
        let (order, served) = AsyncStream<Int>.makeStream()
        let tasks = try await pool.withConnection { _ in
            var tasks: [Task<Void, any Error>] = []
            for number in 0..<20 {
                let task = Task<Void, any Error> {
                    try await pool.withConnection { _ in _ = served.yield(number) }
                }
                tasks.append(task)
                while pool.statistics.waiting != number + 1 { await Task.yield() }
            }
            return tasks
        }
        for task in tasks { try await task.value }
        served.finish()
        #expect(await order.reduce(into: []) { $0.append($1) } == Array(0..<20))
    }

    @Test func whoWaitsTooLongIsToldSo() async throws {
        let pool = try await makePool(size: 1, acquireTimeout: .milliseconds(50))
        try await pool.withConnection { _ in
            let error = await postgresError { try await pool.ping() }
            #expect(error?.code == .poolTimeout)
            #expect(error?.isRetriable == true)
        }
        try await pool.ping()
    }

    @Test func aCancelledWaiterLeavesTheQueue() async throws {
        let pool = try await makePool(size: 1)
        try await pool.withConnection { _ in
            let waiter = Task { try await pool.ping() }
            while pool.statistics.waiting == 0 { await Task.yield() }
            waiter.cancel()
            let error = await postgresError { try await waiter.value }
            #expect(error?.code == .cancelled)
            #expect(pool.statistics.waiting == 0)
        }
        try await pool.ping()
    }

    @Test func aTaskCancelledBeforehandDoesNotWait() async throws {
        let pool = try await makePool(size: 1)
        try await pool.withConnection { _ in
            let gate = AsyncStream<Void>.makeStream()
            let waiter = Task {
                for await _ in gate.stream {}
                try await pool.ping()
            }
            waiter.cancel()
            gate.continuation.finish()
            let error = await postgresError { try await waiter.value }
            #expect(error?.code == .cancelled)
        }
    }

    @Test func cancellationAtAnyMomentLosesNoConnection() async throws {
        let pool = try await makePool(size: 3)
        for round in 0..<300 {
            let tasks = (0..<6).map { _ in Task { try await pool.execute("SELECT pg_sleep(0.001)") } }
            for _ in 0..<(round % 40) { await Task.yield() }
            for task in tasks.shuffled() { task.cancel() }
            for task in tasks {
                let error = await postgresError { try await task.value }
                #expect(error == nil || error?.code == .cancelled, "\(String(reflecting: error))")
            }
        }
        #expect(pool.statistics.waiting == 0)
        #expect(pool.statistics.idle == pool.statistics.open)
        // All three can be borrowed at the same time.
        try await pool.withConnection { first in
            try await pool.withConnection { second in
                try await pool.withConnection { third in
                    for connection in [first, second, third] { try await connection.execute("SELECT 1") }
                }
            }
        }
    }

    @Test func aConnectionThatBrokeIsReplaced() async throws {
        let pool = try await makePool(size: 1)
        let error = await postgresError { try await pool.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
        #expect(error?.isRetriable == true)
        try await pool.ping()
        #expect(pool.statistics == ConnectionPool.Statistics(open: 1, idle: 1, waiting: 0))
    }

    @Test func aConnectionThatBrokeWhileIdleIsReplacedUnseen() async throws {
        let pool = try await makePool(size: 1)
        let before = try await backend(of: pool)
        let other = makePool(url: pool.configuration.url, size: 1)
        try await other.execute("SELECT pg_terminate_backend(\(Int32(before)), 10000)")
        #expect(try await backend(of: pool) != before)
    }

    @Test func aConnectionReturnedInATransactionIsClosed() async throws {
        let pool = try await makePool(size: 1)
        let before = try await backend(of: pool)
        try await pool.withConnection { try await $0.execute("BEGIN") }
        #expect(try await backend(of: pool) != before)
    }

    @Test func aFailedStatementLeavesItsConnectionUsable() async throws {
        let pool = try await makePool(size: 1)
        let before = try await backend(of: pool)
        let error = await postgresError { try await pool.execute("SELECT 1 / \(0)") }
        #expect(error?.sqlState == "22012")
        #expect(error?.isRetriable == false)
        #expect(try await backend(of: pool) == before)
    }

    @Test func copyIsRefusedAndTheConnectionReplaced() async throws {
        let pool = try await makePool(size: 1)
        for sql in ["COPY (SELECT 1) TO STDOUT", "COPY pg_class FROM STDIN"] {
            let error = await postgresError { try await pool.execute(Statement(unescaped: sql)) }
            #expect(error != nil)
            try await pool.ping()
        }
    }

    @Test func aClosedPoolLetsNobodyIn() async throws {
        let pool = try await makePool(size: 1)
        try await pool.withConnection { _ in
            let waiter = Task { try await pool.ping() }
            while pool.statistics.waiting == 0 { await Task.yield() }
            async let closing: Void = pool.close()
            let error = await postgresError { try await waiter.value }
            #expect(error?.code == .poolClosed)
            await closing
        }
        let error = await postgresError { try await pool.ping() }
        #expect(error?.code == .poolClosed)
        #expect(error?.isRetriable == false)
        #expect(pool.statistics.open == 0)
    }

    @Test func gracefulShutdownLetsALentConnectionFinish() async throws {
        let url = try await PrivatePostgres.shared().makeDatabase(migrated: false)
        let pool = ConnectionPool(
            PostgresConfiguration(
                url: url, applicationName: "mien tests", size: 1, connectTimeout: .seconds(60),
                drainTimeout: .seconds(60)),
            logger: Logger(label: "mien.tests"))
        let group = ServiceGroup(services: [pool], logger: Logger(label: "mien.tests"))
        let running = Task { try await group.run() }
        try await pool.withConnection { connection in
            await group.triggerGracefulShutdown()
            // Until the pool has heard of it.
            while await postgresError({ try await pool.withConnectionIfFree() })?.code != .poolClosed {
                try await Task.sleep(for: .milliseconds(1))
            }
            try await connection.execute("SELECT 1")
        }
        try await running.value
        #expect(pool.statistics.open == 0)
    }

    @Test func whatOutlastsTheShutdownIsBroken() async throws {
        let pool = try await makePool(size: 1)
        let query = Task { try await pool.execute("SELECT pg_sleep(600)") }
        while pool.statistics.open == 0 { await Task.yield() }
        await pool.close()
        let error = await postgresError { try await query.value }
        #expect(error?.code == .poolClosed)
    }
}

extension ConnectionPool {
    /// Fails at once where `ping` would wait: for the full pool and the closed one.
    fileprivate func withConnectionIfFree() async throws {
        let task = Task { try await ping() }
        if statistics.waiting > 0 { task.cancel() }
        try await Task.sleep(for: .milliseconds(1))
        task.cancel()
        try await task.value
    }
}
