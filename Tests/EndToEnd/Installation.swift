import AsyncHTTPClient
import Foundation
import Kafka
import Logging
import NIOCore
import NIOHTTP1
import Postgres
import TestSupport

/// A whole Mien of its own: PostgreSQL, broker, gateway, workers; real processes on free ports.
final class Installation: Sendable {
    let postgres: PrivatePostgres
    let broker: PrivateBroker
    let gateway: ManagedProcess
    let worker: ManagedProcess
    let url: String
    let internalURL: String
    let databaseURL: String
    let directory: URL
    private let environment: [String: String]

    private init(
        postgres: PrivatePostgres, broker: PrivateBroker, gateway: ManagedProcess, worker: ManagedProcess, url: String,
        internalURL: String, databaseURL: String, directory: URL, environment: [String: String]
    ) {
        self.postgres = postgres
        self.broker = broker
        self.gateway = gateway
        self.worker = worker
        self.url = url
        self.internalURL = internalURL
        self.databaseURL = databaseURL
        self.directory = directory
        self.environment = environment
    }

    /// Runs `body` with an installation, and leaves nothing of it behind.
    ///
    /// - Parameters:
    ///   - processes: of the worker.
    ///   - nodes: of the broker.
    ///   - settings: beside or in place of the usual ones.
    ///   - database: makes the database, if it is not to be an empty one with the present schema.
    static func with(
        processes: Int = 1, nodes: Int = 1, settings: [String: String] = [:],
        database: ((PrivatePostgres) async throws -> String)? = nil,
        _ body: (Installation) async throws -> Void
    ) async throws {
        let installation = try await start(processes, nodes, settings, database)
        do {
            try await body(installation)
        } catch {
            print("gateway said:\n\(installation.gateway.output.suffix(6_000))")
            print("worker said:\n\(installation.worker.output.suffix(6_000))")
            await installation.stop()
            throw error
        }
        await installation.stop()
    }

    private static func start(
        _ processes: Int, _ nodes: Int, _ settings: [String: String],
        _ makeDatabase: ((PrivatePostgres) async throws -> String)?
    ) async throws -> Installation {
        let directory = FileManager.default.temporaryDirectory.appending(path: "mien-e2e-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let postgres = try await PrivatePostgres.start()
        let database =
            if let makeDatabase { try await makeDatabase(postgres) } else {
                try await postgres.makeDatabase(migrated: true)
            }
        let broker = try await PrivateBroker.start(nodes: nodes)
        let (port, internalPort) = (try LocalPort.free(), try LocalPort.free())
        let root = Self.root
        var environment = [
            "MIEN_DATABASE_URL": database, "MIEN_KAFKA_BROKERS": broker.brokers, "MIEN_HTTP_PORT": "\(port)",
            "MIEN_INTERNAL_PORT": "\(internalPort)", "MIEN_SECRET": "a secret for this test alone, 32 characters",
            "MIEN_MIGRATIONS_DIR": root.appending(path: "Migrations").path,
            "MIEN_WEB_DIR": root.appending(path: "Sources/GatewayCore").path,
            "MIEN_KAFKA_PARTITIONS": "4", "MIEN_KAFKA_STATIC_MEMBERS": "yes",
            "MIEN_RETRY_SECONDS": "5",
            "MIEN_LOG_LEVEL": "info",
            "MIEN_GATEWAY_URL": "http://127.0.0.1:\(internalPort)",
            "MIEN_MODELS_DIR": root.appending(path: "Services/Worker/Models").path,
            "MIEN_CACHE_DIR": directory.appending(path: "cache").path,
        ]
        environment.merge(settings) { _, new in new }
        let gateway = ManagedProcess("mien-gateway", environment: environment, logs: directory)
        let worker = ManagedProcess(
            "mien-worker", arguments: ["--processes", "\(processes)"], environment: environment, logs: directory)
        let installation = Installation(
            postgres: postgres, broker: broker, gateway: gateway, worker: worker, url: "http://127.0.0.1:\(port)",
            internalURL: "http://127.0.0.1:\(internalPort)", databaseURL: database, directory: directory,
            environment: environment)
        try gateway.start()
        try worker.start()
        try await installation.untilReady()
        return installation
    }

    private func stop() async {
        worker.signal(SIGTERM)
        _ = try? await worker.exitStatus(within: .seconds(12))
        gateway.signal(SIGTERM)
        _ = try? await gateway.exitStatus(within: .seconds(12))
        await broker.stop()
        await postgres.stop()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Starts another worker beside the installation's own; stop it with ``stop(_:)``.
    func startWorker(_ name: String, processes: Int) throws -> ManagedProcess {
        let environment = environment.merging(["MIEN_WORKER_NAME": name]) { _, new in new }
        let worker = ManagedProcess(
            "mien-worker", arguments: ["--processes", "\(processes)"], environment: environment, logs: directory)
        try worker.start()
        return worker
    }

    /// Runs the operator's command with this installation's settings.
    func command(
        _ arguments: [String], _ more: [String: String] = [:], input: String? = nil
    ) async throws -> FinishedCommand {
        try await FinishedCommand.run(
            "mien", arguments, environment: environment.merging(more) { _, new in new }, input: input)
    }

    /// Stops a process gracefully.
    func stop(_ process: ManagedProcess) async throws {
        process.signal(SIGTERM)
        guard try await process.exitStatus(within: .seconds(12)) == 0 else {
            throw NeverHappened(what: "\(process.name) stopped gracefully")
        }
    }

    /// Runs `body` beside a second gateway on the same database and broker.
    func withSecondGateway(_ body: (ManagedProcess, String) async throws -> Void) async throws {
        var environment = environment
        let port = try LocalPort.free()
        environment["MIEN_HTTP_PORT"] = "\(port)"
        environment["MIEN_INTERNAL_PORT"] = "\(try LocalPort.free())"
        let second = ManagedProcess("mien-gateway", environment: environment, logs: directory)
        try second.start()
        let url = "http://127.0.0.1:\(port)"
        try await untilReady(url)
        do {
            try await body(second, url)
        } catch {
            print("the second gateway said:\n\(second.output.suffix(6_000))")
            throw error
        }
        second.signal(SIGTERM)
        _ = try await second.exitStatus(within: .seconds(12))
    }

    /// Waits until the gateway says that it is ready.
    func untilReady(_ url: String? = nil) async throws {
        let url = url ?? self.url
        try await eventually("the gateway is ready") {
            let response = try? await HTTPClient.shared.execute(
                HTTPClientRequest(url: "\(url)/health/ready"), timeout: .seconds(3))
            return response?.status == .ok
        }
    }

    /// What the gateway says of itself and of what it needs.
    func health() async throws -> String {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "\(url)/health/ready"), timeout: .seconds(3))
        return String(buffer: try await response.body.collect(upTo: 1 << 16))
    }

    /// The repository: three levels above this file.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A photo of one smiling face (NASA, public domain).
    static func astronaut() throws -> [UInt8] { try fixture("astronaut.jpg") }

    static func fixture(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: root.appending(path: "Tests/Fixtures").appending(path: name)))
    }
}

/// Looks until `condition` holds; fails after a minute and a half.
func eventually(
    _ what: String, within limit: Duration = .seconds(90), isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw NeverHappened(what: what)
}

struct NeverHappened: Error, CustomStringConvertible {
    let what: String
    var description: String { "It never happened that \(what)." }
}

extension Installation {
    /// What the database itself says, beside the product's pages.
    private func number(_ statement: Statement) async throws -> Int {
        let pool = ConnectionPool(
            PostgresConfiguration(url: databaseURL, applicationName: "mien-tests", size: 1),
            logger: Logger(label: "tests"))
        let row = try await pool.first(statement)
        await pool.close()
        return try row?.decode(Int.self) ?? 0
    }

    /// What commands have written into the audit log, as "event detail", in order.
    func noted() async throws -> [String] {
        let pool = ConnectionPool(
            PostgresConfiguration(url: databaseURL, applicationName: "mien-tests", size: 1),
            logger: Logger(label: "tests"))
        let rows = try await pool.query(
            "SELECT event || ' ' || detail FROM audit_log WHERE detail LIKE 'mien %' ORDER BY id")
        await pool.close()
        return try rows.map { try $0.decode(String.self) }
    }

    /// All analyses.
    func analysisCount() async throws -> Int {
        try await number("SELECT count(*) FROM analyses")
    }

    /// Analyses that have not ended.
    func openJobs() async throws -> Int {
        try await number("SELECT count(*) FROM analyses WHERE status IN ('queued', 'processing')")
    }

    /// The sum of all people's counts of finished analyses.
    func finishedCount() async throws -> Int {
        try await number("SELECT sum(finished_count)::bigint FROM users")
    }

    /// Analyses in a state, by the database.
    func count(_ status: String) async throws -> Int {
        try await number("SELECT count(*) FROM analyses WHERE status = \(status)")
    }

    /// How often all photos together were claimed.
    func attempts() async throws -> Int {
        try await number("SELECT sum(attempts)::bigint FROM analyses")
    }

    /// How many partitions each topic has.
    func partitions() async throws -> [String: Int] {
        try await topics().mapValues(\.partitions)
    }

    /// Topics of three copies, Kafka's own among them, that lack one somewhere.
    func topicsBehind() async throws -> Int {
        try await topics().values.count { $0.copiesInStep < 3 }
    }

    private func topics() async throws -> [String: ClusterMetadata.Topic] {
        let admin = try Admin(.init(brokers: broker.brokers, clientID: "mien-tests"), logger: Logger(label: "tests"))
        let metadata: ClusterMetadata
        do {
            metadata = try await admin.metadata()
        } catch {
            await admin.close()
            throw error
        }
        await admin.close()
        return metadata.topics
    }

    /// Bytes of the messages about an analysis, by topic, from the first to its result. Read while they come: what is done is
    /// deleted.
    ///
    /// - Parameter submit: sends the photo, once everything is listened to, and returns the analysis's id.
    func bytesThroughBroker(_ submit: () async throws -> String) async throws -> [String: Int] {
        let topics = ["mien.jobs.interactive", "mien.jobs.bulk", "mien.results"]
        let consumer = try Consumer(
            .init(brokers: broker.brokers, clientID: "mien-tests"), group: "tests-\(UUID().uuidString)",
            topics: topics, logger: Logger(label: "tests"))
        // It listens once it knows where to begin in each partition, a moment after it has joined.
        var silences = 0
        while silences < 2 {
            let isSilent = try await consumer.poll(timeout: .seconds(1)) == nil
            silences = isSilent && consumer.hasJoined ? silences + 1 : 0
        }
        let id = try await submit()
        var bytes: [String: Int] = [:]
        try await eventually("the result of \(id) went through the broker") {
            while let record = try await consumer.poll(timeout: .milliseconds(50)) {
                // Both kinds of message name the analysis.
                guard let value = record.value, String(decoding: value, as: UTF8.self).contains(id) else { continue }
                bytes[record.topic, default: 0] += value.count
            }
            return bytes["mien.results"] != nil
        }
        _ = await consumer.close(timeout: .seconds(5))
        return bytes
    }

    /// Messages on a topic.
    func messages(on topic: String) async throws -> Int {
        let consumer = try Consumer(
            .init(brokers: broker.brokers, clientID: "mien-tests"), group: "tests-\(UUID().uuidString)",
            topics: [topic], logger: Logger(label: "tests"))
        var count = 0
        // A group's first share takes a moment; after it, silence means the end.
        while true {
            if try await consumer.poll(timeout: .seconds(1)) != nil {
                count += 1
            } else if consumer.hasJoined {
                break
            }
        }
        _ = await consumer.close(timeout: .seconds(5))
        return count
    }
}
