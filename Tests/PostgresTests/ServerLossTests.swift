import Logging
import Postgres
import TestSupport
import Testing

/// Each test has a server of its own, to be killed.
@Suite(.timeLimit(.minutes(3)))
struct ServerLossTests {
    @Test func aKilledServerIsARetriableErrorAndAReturnedOneIsUsedAgain() async throws {
        let server = try await PrivatePostgres.start()
        let pool = makePool(url: await server.url(), size: 3)
        try await pool.execute("CREATE TABLE marks (n integer)")
        let queries = (0..<3).map { _ in Task { try await pool.execute("SELECT pg_sleep(600)") } }
        let other = makePool(url: await server.url(), size: 1)
        while try await other.query("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'").count < 3 {}

        await server.kill()
        for query in queries {
            let error = await postgresError { try await query.value }
            #expect(error?.isRetriable == true, "\(String(reflecting: error))")
        }
        let refused = await postgresError { try await pool.ping() }
        #expect(refused?.code == .connectionFailed)
        #expect(refused?.isRetriable == true)

        try await server.restart()
        // `other` still holds its connection to the dead server, idle: it must not be noticed.
        try await other.execute("INSERT INTO marks VALUES (1)")
        #expect(try await pool.query("SELECT n FROM marks").count == 1)
        await server.stop()
    }

    @Test func aServerThatShutsDownIsARetriableError() async throws {
        let server = try await PrivatePostgres.start()
        let pool = makePool(url: await server.url(), size: 2)
        let query = Task { try await pool.execute("SELECT pg_sleep(600)") }
        while try await pool.query("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'").isEmpty {}
        try await server.restart()
        let error = await postgresError { try await query.value }
        #expect(error?.code == .adminShutdown)
        #expect(error?.isRetriable == true)
        try await pool.ping()
        await server.stop()
    }

    @Test func aListenerFindsTheServerAgain() async throws {
        let server = try await PrivatePostgres.start()
        let configuration = PostgresConfiguration(
            url: await server.url(), applicationName: "mien tests", connectTimeout: .seconds(60))
        let listener = Listener(configuration, channels: ["news"], logger: Logger(label: "mien.tests"))
        let running = Task { try await listener.run() }
        var notifications = listener.notifications.makeAsyncIterator()
        #expect(await notifications.next()?.kind == .reconnected)

        await server.kill()
        try await server.restart()
        #expect(await notifications.next()?.kind == .reconnected)
        try await makePool(url: await server.url()).execute("SELECT pg_notify('news', 'back')")
        #expect(await notifications.next()?.payload == "back")
        running.cancel()
        try await running.value
        await server.stop()
    }
}
