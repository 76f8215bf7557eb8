package import Contracts
import Foundation
package import Kafka
package import Logging
import Metrics
package import Postgres
import ServiceLifecycle
import ServiceSupport

/// Publishes what the outbox holds, and deletes a row once the broker has acknowledged its message.
///
/// Rows are taken, by a lease that is committed, then published, then deleted: while the broker is away nobody waits for a
/// lock of the relay's. Each message is on its way by itself, so that a partition without a leader holds up no other. A crash
/// publishes a message twice, which is harmless: both open the photo, but a result is recorded once. Several gateways
/// share the work.
package struct Relay: Service {
    package let database: ConnectionPool
    package let producer: Producer
    package let topics: Topics
    package let topicMaker: TopicMaker
    package let tickets: TicketSigner
    /// This gateway's own name: what it had taken when it ended, it takes again at once.
    package let name: String
    package let wakeUps: AsyncStream<Void>
    package let wake: AsyncStream<Void>.Continuation
    package let logger: Logger

    package init(
        database: ConnectionPool, producer: Producer, topics: Topics, topicMaker: TopicMaker, tickets: TicketSigner,
        name: String, wakeUps: AsyncStream<Void>, wake: AsyncStream<Void>.Continuation, logger: Logger
    ) {
        self.database = database
        self.producer = producer
        self.topics = topics
        self.topicMaker = topicMaker
        self.tickets = tickets
        self.name = name
        self.wakeUps = wakeUps
        self.wake = wake
        self.logger = logger
    }

    /// Rows taken together.
    static let batchSize = 200
    /// Messages on their way; each is below 1 KB.
    static let mostUnderWay = 4_000
    /// How long without a notification before looking anyway.
    static let idleInterval = Duration.seconds(5)
    /// Between two rounds while no message gets through.
    static let pause = Duration.seconds(1)
    /// Seconds for which rows are taken; renewed while their messages are on their way.
    package static let lease = 30.0

    private let underWay = RowsUnderWay()

    package func run() async throws {
        var deliveries = DeliveryLog(logger: logger)
        var topicsAreThere = false
        var isFirst = true
        for await _ in Ticker.stream(every: Self.idleInterval, wokenBy: wakeUps).cancelOnGracefulShutdown() {
            do {
                if isFirst { try await giveBack() }
                isFirst = false
                try await settle()
                try await renew()
                let (error, isSent) = underWay.takeOutcome()
                // The broker may have come back without its disk. Nothing else is a reason to ask the controller, which may
                // be away while most partitions can be written to.
                if let error = error as? KafkaError, error.isAboutAMissingTopic { topicsAreThere = false }
                if !topicsAreThere {
                    try await topicMaker.make()
                    try await topicMaker.alignSettings()
                }
                topicsAreThere = true
                while try await publishBatch() == Self.batchSize {}
                // Each message that is refused wakes the relay, and is tried again in the next round.
                if deliveries.note(error, isSent: isSent) { try? await Task.sleep(for: Self.pause) }
            } catch {
                deliveries.failed(error)
            }
        }
        await underWay.wait(atMost: .seconds(2))
        _ = try? await settle()
        // What is left is another gateway's, or this one's at its next start.
        try? await giveBack()
    }

    /// Takes up to `batchSize` rows and puts their messages on their way. Nothing in the bin waits for a result.
    ///
    /// - Returns: how many.
    func publishBatch() async throws -> Int {
        let room = min(Self.batchSize, Self.mostUnderWay - underWay.count)
        guard room > 0 else { return 0 }
        // A lease that a crash of the database forgets is harmless, so nobody waits for its disk.
        let rows = try await database.query(
            """
            UPDATE outbox o SET taken_by = \(name), taken_until = now() + make_interval(secs => \(Self.lease))
            FROM analyses a
            WHERE a.id = o.analysis_id AND set_config('synchronous_commit', 'off', true) IS NOT NULL
              AND o.id IN (
                SELECT id FROM outbox WHERE taken_until IS NULL OR taken_until < now()
                ORDER BY id LIMIT \(room) FOR UPDATE SKIP LOCKED)
            RETURNING o.id AS outbox_id, o.kind, a.id, a.generation, a.lane, a.queued_at, a.request_id, a.traceparent,
                a.status
            """)
        let messages = try rows.map(OutgoingMessage.init(row:)).sorted { $0.outboxID < $1.outboxID }
        for message in messages where underWay.begin(message.outboxID) {
            Task { await publish(message) }
        }
        return messages.count
    }

    /// Sends one message; one whose analysis ended meanwhile counts as sent.
    private func publish(_ message: OutgoingMessage) async {
        var failure: (any Error)?
        do {
            if let topic = message.topic(topics) {
                let value = try message.job(ticket: message.ticket(tickets)).encode()
                // No key: a photo may go by any partition, and so goes by one that has a leader.
                _ = try await producer.send(
                    topic: topic, key: nil, value: value, headers: message.trace.map { [$0.header] } ?? [])
                logger.debug("Job published", metadata: message.metadata(topic))
                Counter(label: "mien_jobs_published").increment()
            }
            underWay.sent(message.outboxID)
        } catch {
            underWay.failed(message.outboxID, error)
            failure = error
        }
        // Rows of messages that end together are deleted together, by whoever is the first.
        do {
            while underWay.beginSettling() {
                defer { underWay.endSettling() }
                while try await settle() {}
            }
        } catch {
            // The database is away; the next tick settles.
            logger.debug("Outbox rows could not be settled", metadata: ["error": "\(String(reflecting: error))"])
        }
        // There may be more rows than could be under way; and one whose partition did not take it is tried on another at once.
        // What is refused at once would be refused at once again: it waits for the next tick.
        let isTimedOut = (failure as? KafkaError)?.code == .messageTimedOut
        if isTimedOut || (failure == nil && underWay.count == 0) { wake.yield() }
    }

    /// Deletes the rows of messages that were acknowledged, and gives back those of messages that were not.
    ///
    /// - Returns: whether there were any.
    @discardableResult
    private func settle() async throws -> Bool {
        let (sent, failed) = underWay.ended
        if !sent.isEmpty {
            try await database.execute(
                """
                DELETE FROM outbox
                WHERE id = ANY(\(sent.map(Int.init))) AND set_config('synchronous_commit', 'off', true) IS NOT NULL
                """)
        }
        if !failed.isEmpty {
            try await database.execute(
                "UPDATE outbox SET taken_until = NULL WHERE id = ANY(\(failed.map(Int.init)))")
        }
        underWay.forget(sent + failed)
        return !(sent.isEmpty && failed.isEmpty)
    }

    private func renew() async throws {
        let rows = underWay.needingRenewal(after: .seconds(10))
        guard !rows.isEmpty else { return }
        try await database.execute(
            """
            UPDATE outbox SET taken_until = now() + make_interval(secs => \(Self.lease))
            WHERE id = ANY(\(rows.map(Int.init))) AND taken_by = \(name)
            """)
    }

    private func giveBack() async throws {
        try await database.execute("UPDATE outbox SET taken_until = NULL WHERE taken_by = \(name)")
    }
}

/// A row of the outbox with what its message says.
private struct OutgoingMessage: Sendable {
    let outboxID: Int64
    /// Nil of what a later release asks for: with the analysis' end it is over.
    let kind: Outbox.Kind?
    let id: UUID
    let generation: Int
    let lane: AnalysisLane
    let queuedAt: Date
    let requestID: String
    /// The step that publishes it; nil for an upload from before there were traces.
    let trace: TraceContext?
    let status: String

    init(row: Row) throws {
        outboxID = try row["outbox_id", as: Int64.self]
        kind = try Outbox.Kind(rawValue: row["kind", as: String.self])
        id = try row["id", as: UUID.self]
        generation = try row["generation", as: Int.self]
        lane = try AnalysisLane(rawValue: row["lane", as: String.self]) ?? .interactive
        queuedAt = try row["queued_at", as: Date.self]
        requestID = try row["request_id", as: String.self]
        trace = try row["traceparent", as: String?.self].flatMap(TraceContext.init(traceparent:))?.next()
        status = try row["status", as: String.self]
    }

    /// Where it goes; nil when it has become pointless.
    func topic(_ topics: Topics) -> String? {
        if kind == .dead { return topics.deadJobs }
        // Whoever asks for it waits for it.
        if isDrawn { return topics.jobs(.interactive) }
        guard AnalysisStatus(rawValue: status)?.isTerminal == false else { return nil }
        return topics.jobs(lane == .bulk ? .bulk : .interactive)
    }

    func ticket(_ tickets: TicketSigner) -> String {
        tickets.issue(id, generation: generation, message: kind == .job ? outboxID : nil)
    }

    private var isDrawn: Bool { kind?.task.drawingPath != nil }

    func job(ticket: String) -> JobMessage {
        var job = JobMessage()
        job.version = JobMessage.currentVersion
        job.analysisID = id.uuidString.lowercased()
        job.generation = UInt32(generation)
        job.lane = lane == .bulk && !isDrawn ? .bulk : .interactive
        job.task = kind?.task ?? .unspecified
        job.ticket = ticket
        // Of this try: what was waited before an earlier one failed is not waiting for this result.
        job.submittedAtMs = Int64(queuedAt.timeIntervalSince1970 * 1000)
        job.requestID = requestID
        return job
    }

    func metadata(_ topic: String) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "analysis.id": "\(id.lower)", "request.id": "\(requestID)", "kafka.topic": "\(topic)",
        ]
        if let trace { metadata["trace.id"] = "\(trace.traceID)" }
        return metadata
    }
}
