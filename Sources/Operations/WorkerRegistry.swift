package import Contracts
import Foundation
package import Kafka
package import Logging
package import Postgres
import ServiceLifecycle
import ServiceSupport

/// Takes the workers' heartbeats from Kafka into PostgreSQL, where every gateway's operations page reads them.
package struct WorkerRegistry: Service {
    package let database: any PostgresSession & Sendable
    package let consumer: SupervisedConsumer
    package let logger: Logger

    /// Processes that have not been heard of for so long are forgotten.
    package static let memory = 86_400

    private let stopping = StopSignal()

    package init(database: any PostgresSession & Sendable, consumer: SupervisedConsumer, logger: Logger) {
        self.database = database
        self.consumer = consumer
        self.logger = logger
    }

    package func run() async throws {
        await withGracefulShutdownHandler {
            await consumer.consume(upTo: 1, until: stopping) { records in
                for record in records { await take(record.value ?? []) }
                return true
            }
        } onGracefulShutdown: {
            stopping.stop()
        }
        // What is not committed comes again, and is as true as before.
        _ = await consumer.close(timeout: .seconds(2))
    }

    /// The next heartbeat comes within seconds: one that cannot be read or kept is not worth trying again.
    private func take(_ bytes: [UInt8]) async {
        do {
            try await record(WorkerHeartbeat.decode(bytes))
        } catch {
            logger.warning("A heartbeat was dropped", metadata: ["error": "\(String(reflecting: error))"])
        }
    }

    /// Keeps a heartbeat with the time at which it came, unless one of the same process is there that knew more: what was read
    /// twice may come late.
    ///
    /// The worker's own clock decides nothing, since it may be wrong, and be set.
    package func record(_ beat: WorkerHeartbeat) async throws {
        let model = beat.hasModel ? "\(beat.model.name) \(beat.model.version)" : ""
        try await database.execute(
            """
            INSERT INTO workers AS w (name, host, slot, processes, release, model, state, sent_at, since, photos,
                                      failures, resident_bytes, restarts, last_end)
            VALUES (\(beat.worker), \(beat.host), \(Int(beat.slot))::int, \(Int(beat.processes))::int,
                    \(beat.release), \(model), \(beat.state.name), now(),
                    \(Self.date(beat.sinceMs)), \(Int(beat.photosAnalysed)), \(Int(beat.photosFailed)),
                    \(Int(beat.residentBytes)), \(Int(beat.restarts))::int, \(beat.lastEnd))
            ON CONFLICT (name) DO UPDATE SET
                host = excluded.host, slot = excluded.slot, processes = excluded.processes,
                release = excluded.release, model = excluded.model, state = excluded.state,
                sent_at = excluded.sent_at, since = excluded.since, photos = excluded.photos,
                failures = excluded.failures, resident_bytes = excluded.resident_bytes,
                restarts = excluded.restarts, last_end = excluded.last_end
            WHERE w.since <> excluded.since OR (
                w.state <> 'ended' AND w.photos + w.failures <= excluded.photos + excluded.failures)
            """)
    }

    /// Forgets processes that have not been heard of for long.
    @discardableResult
    package static func sweep(_ database: any PostgresSession) async throws -> Int {
        try await database.execute(
            "DELETE FROM workers WHERE sent_at < now() - make_interval(secs => \(Double(memory)))")
    }

    private static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
