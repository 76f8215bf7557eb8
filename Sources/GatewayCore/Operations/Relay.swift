import Contracts
import Foundation
import Kafka
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Publishes what the outbox holds, and deletes a row once the broker has acknowledged its message.
///
/// A crash between the two publishes a message twice, which is harmless: the photo can be claimed, but a result is
/// recorded once. Several gateways share the work, because rows are taken with SKIP LOCKED.
struct Relay: Service {
    let database: ConnectionPool
    let producer: Producer
    let topics: Topics
    let topicMaker: TopicMaker
    let tickets: TicketSigner
    let wakeUps: AsyncStream<Void>
    let logger: Logger

    /// Rows published together; more only delays the first one's deletion.
    static let batchSize = 200
    /// How long without a notification before looking anyway.
    static let idleInterval = Duration.seconds(5)

    func run() async throws {
        let ticks = Ticker.stream(every: Self.idleInterval, wokenBy: wakeUps)
        var failures = FailureLog(logger: logger, message: "Jobs cannot be published; they wait in the outbox")
        var topicsAreThere = false
        for await _ in ticks.cancelOnGracefulShutdown() {
            do {
                if !topicsAreThere { try await topicMaker.make() }
                topicsAreThere = true
                while try await publishBatch() == Self.batchSize {}
                failures.succeeded()
            } catch {
                // The broker may have come back without its disk.
                topicsAreThere = false
                failures.failed(error)
            }
        }
    }

    /// Publishes up to `batchSize` messages and returns how many were tried.
    func publishBatch() async throws -> Int {
        try await database.withTransaction { connection in
            let rows = try await connection.query(
                """
                SELECT o.id AS outbox_id, o.kind, a.id, a.generation, a.lane, a.queued_at, a.request_id, a.status
                FROM outbox o JOIN analyses a ON a.id = o.analysis_id
                ORDER BY o.id LIMIT \(Self.batchSize) FOR UPDATE OF o SKIP LOCKED
                """)
            let messages = try rows.map(OutgoingMessage.init(row:))
            let sent = await withTaskGroup(of: Result<Int64, any Error>.self) { group in
                for message in messages { group.addTask { await send(message) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let done = sent.compactMap { try? $0.get() }
            if !done.isEmpty {
                try await connection.execute("DELETE FROM outbox WHERE id = ANY(\(done.map(Int.init)))")
            }
            Counter(label: "mien_jobs_published").increment(by: done.count)
            if done.isEmpty, case .failure(let error)? = sent.first { throw error }
            return messages.count
        }
    }

    /// Sends one message; one whose analysis ended meanwhile counts as sent.
    private func send(_ message: OutgoingMessage) async -> Result<Int64, any Error> {
        do {
            if let topic = message.topic(topics) {
                let value = try message.job(ticket: tickets.issue(message.id, generation: message.generation)).encode()
                let key = Array(message.id.uuidString.lowercased().utf8)
                _ = try await producer.send(topic: topic, key: key, value: value)
                logger.debug("Job published", metadata: message.metadata(topic))
            }
            return .success(message.outboxID)
        } catch {
            return .failure(error)
        }
    }
}

/// A row of the outbox with what its message says.
private struct OutgoingMessage: Sendable {
    let outboxID: Int64
    let kind: String
    let id: UUID
    let generation: Int
    let lane: AnalysisLane
    let queuedAt: Date
    let requestID: String
    let status: String

    init(row: Row) throws {
        outboxID = try row["outbox_id", as: Int64.self]
        kind = try row["kind", as: String.self]
        id = try row["id", as: UUID.self]
        generation = try row["generation", as: Int.self]
        lane = try AnalysisLane(rawValue: row["lane", as: String.self]) ?? .interactive
        queuedAt = try row["queued_at", as: Date.self]
        requestID = try row["request_id", as: String.self]
        status = try row["status", as: String.self]
    }

    /// Where it goes; nil when it has become pointless.
    func topic(_ topics: Topics) -> String? {
        if kind == Outbox.Kind.dead.rawValue { return topics.deadJobs }
        guard status == AnalysisStatus.queued.rawValue || status == AnalysisStatus.processing.rawValue else {
            return nil
        }
        return topics.jobs(lane == .bulk ? .bulk : .interactive)
    }

    func job(ticket: String) -> JobMessage {
        var job = JobMessage()
        job.version = JobMessage.currentVersion
        job.analysisID = id.uuidString.lowercased()
        job.generation = UInt32(generation)
        job.lane = lane == .bulk ? .bulk : .interactive
        job.ticket = ticket
        // Of this try: what was waited before an earlier one failed is not waiting for this result.
        job.submittedAtMs = Int64(queuedAt.timeIntervalSince1970 * 1000)
        job.requestID = requestID
        return job
    }

    func metadata(_ topic: String) -> Logger.Metadata {
        ["analysis.id": "\(id.uuidString.lowercased())", "request.id": "\(requestID)", "kafka.topic": "\(topic)"]
    }
}
