import Logging
import ServiceLifecycle
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2)))
struct ListenerTests {
    private func makeListener(_ pool: ConnectionPool, _ channels: [String]) -> Listener {
        Listener(pool.configuration, channels: channels, logger: Logger(label: "mien.tests"))
    }

    @Test func whatIsNotifiedArrivesInOrder() async throws {
        let pool = try await makePool()
        let listener = makeListener(pool, ["analyses", "other"])
        let running = Task { try await listener.run() }
        defer { running.cancel() }
        var notifications = listener.notifications.makeAsyncIterator()
        #expect(await notifications.next()?.kind == .reconnected)
        for number in 0..<50 {
            try await pool.execute("SELECT pg_notify('analyses', \(String(number)))")
        }
        try await pool.execute("NOTIFY other")
        try await pool.execute("NOTIFY unheard, 'x'")
        for number in 0..<50 {
            #expect(
                await notifications.next()
                    == Listener.Notification(kind: .notification, channel: "analyses", payload: String(number)))
        }
        #expect(
            await notifications.next() == Listener.Notification(kind: .notification, channel: "other", payload: ""))
    }

    @Test func aChannelMayHaveAnyName() async throws {
        let pool = try await makePool()
        let name = #"Odd "name"; DROP TABLE x"#
        let listener = makeListener(pool, [name])
        let running = Task { try await listener.run() }
        defer { running.cancel() }
        var notifications = listener.notifications.makeAsyncIterator()
        #expect(await notifications.next()?.kind == .reconnected)
        try await pool.execute("SELECT pg_notify(\(name), 'grüße')")
        let notification = await notifications.next()
        #expect(notification?.channel == name)
        #expect(notification?.payload == "grüße")
    }

    /// Notifications stay within a database: a sender in another one is as good as a pooler that swallows them.
    @Test func aListenerKnowsWhetherItHearsOthers() async throws {
        let (one, another) = (try await makePool(), try await makePool())
        let logger = Logger(label: "mien.tests")
        #expect(try await Listener.hears(one.configuration, logger: logger))
        let connection = try await Connection.connect(one.configuration, logger: logger)
        #expect(
            try await !Listener.hears(
                connection, from: another.configuration, within: .milliseconds(200), logger: logger))
        // The connection is as good as before.
        #expect(try await Listener.hears(connection, from: one.configuration, logger: logger))
        await connection.close()
    }

    @Test func aTransactionThatIsRolledBackNotifiesNobody() async throws {
        let pool = try await makePool()
        let listener = makeListener(pool, ["news"])
        let running = Task { try await listener.run() }
        defer { running.cancel() }
        var notifications = listener.notifications.makeAsyncIterator()
        #expect(await notifications.next()?.kind == .reconnected)
        struct Change: Error {}
        await #expect(throws: Change.self) {
            try await pool.withTransaction { connection in
                try await connection.execute("NOTIFY news, 'never'")
                throw Change()
            }
        }
        try await pool.withTransaction { try await $0.execute("NOTIFY news, 'now'") }
        #expect(await notifications.next()?.payload == "now")
    }

    @Test func gracefulShutdownEndsTheStream() async throws {
        let pool = try await makePool()
        let listener = makeListener(pool, ["news"])
        let group = ServiceGroup(services: [listener], logger: Logger(label: "mien.tests"))
        let running = Task { try await group.run() }
        var notifications = listener.notifications.makeAsyncIterator()
        #expect(await notifications.next()?.kind == .reconnected)
        await group.triggerGracefulShutdown()
        #expect(await notifications.next() == nil)
        try await running.value
    }

    @Test func aReaderThatIsTooSlowLearnsThatItMissedSomething() async throws {
        let listener = Listener(
            PostgresConfiguration(url: "", applicationName: ""), channels: [], logger: Logger(label: "mien.tests"))
        for number in 0..<5_000 {
            listener.emit(Listener.Notification(kind: .notification, channel: "news", payload: String(number)))
        }
        var notifications = listener.notifications.makeAsyncIterator()
        var kinds: Set<Listener.Notification.Kind> = []
        for _ in 0..<4_096 { if let next = await notifications.next() { kinds.insert(next.kind) } }
        #expect(kinds.contains(.reconnected))
    }
}
