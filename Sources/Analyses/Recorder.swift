package import Contracts
import Foundation
package import Kafka
package import Logging
import Metrics
package import Postgres
import ServiceLifecycle
import ServiceSupport

/// Takes results from Kafka into PostgreSQL: result and the person's count in one transaction, which also shows the pictures that
/// the worker handed over before; then the offset. A message that comes twice changes nothing the second time.
package struct Recorder: Service {
    package let database: ConnectionPool
    package let consumer: SupervisedConsumer
    package let producer: Producer
    package let topics: Topics
    package let logger: Logger

    private let stopping = StopSignal()

    package init(
        database: ConnectionPool, consumer: SupervisedConsumer, producer: Producer, topics: Topics, logger: Logger
    ) {
        self.database = database
        self.consumer = consumer
        self.producer = producer
        self.topics = topics
        self.logger = logger
    }

    package func run() async throws {
        // Not cancelled in the middle of a record: the loop looks between two of them.
        await withGracefulShutdownHandler {
            await consumer.consume(upTo: Self.batchSize, until: stopping) { await take($0) }
        } onGracefulShutdown: {
            stopping.stop()
        }
        if await consumer.close(timeout: .seconds(4)) == false {
            logger.warning("The results consumer did not close in time; its partitions move after the session time-out")
        }
    }

    /// Results that are recorded in one transaction, when so many wait: what one costs beside its own rows (the commit,
    /// the notification's lock) is shared.
    static let batchSize = 16
    /// How often a result is tried that PostgreSQL refuses for what it says, before it is put aside.
    static let tries = 3

    /// Records messages, however long the database is away, unless the gateway stops.
    ///
    /// - Returns: whether their offsets may be stored.
    private func take(_ records: [Record]) async -> Bool {
        var failures = FailureLog(logger: logger, message: "Results cannot be recorded; they are tried again")
        var delay = Duration.milliseconds(100)
        var refusals = 0
        while !stopping.isStopped, !Task.isCancelled {
            do {
                try await handle(records)
                failures.succeeded()
                return true
            } catch {
                failures.failed(error)
                // One that cannot be recorded must not hold up the others.
                if records.count > 1 { return await takeEach(records) }
                if (error as? PostgresError)?.isRetriable == false {
                    refusals += 1
                    if refusals == Self.tries { return await putAside(records[0], because: error) }
                }
                await stopping.sleep(for: delay)
                delay = min(delay * 2, .seconds(10))
            }
        }
        return false
    }

    private func takeEach(_ records: [Record]) async -> Bool {
        for record in records where await !take([record]) { return false }
        return true
    }

    /// Records what can be read, then puts aside what cannot: in this order, so that a failed transaction puts nothing aside
    /// twice.
    private func handle(_ records: [Record]) async throws {
        var results: [ResultMessage] = []
        var traces: [TraceContext?] = []
        var unreadable: [(record: Record, error: ContractError)] = []
        for record in records {
            do throws(ContractError) {
                results.append(try ResultMessage.decode(record.value ?? []))
                traces.append(record.trace)
            } catch {
                unreadable.append((record, error))
            }
        }
        for (index, recording) in try await record(results).enumerated() {
            tell(recording, of: results[index], in: traces[index])
        }
        for (record, error) in unreadable { try await bury(record, because: error) }
    }

    private func tell(_ recording: Recording, of result: ResultMessage, in trace: TraceContext?) {
        let outcome: String
        var metadata = result.metadata
        if let trace { metadata["trace.id"] = "\(trace.traceID)" }
        switch recording {
        case .recorded:
            outcome = result.outcomeWord
            logger.info("Result recorded", metadata: metadata)
        case .ignored:
            outcome = "ignored"
            logger.info("Result came too late or twice; nothing changed", metadata: metadata)
        case .withoutPictures:
            outcome = "without_pictures"
            logger.error(
                "A result's pictures were never handed over; its photo is to be tried again", metadata: metadata)
        }
        Counter(label: "mien_results", dimensions: [("outcome", outcome)]).increment()
    }

    /// Puts a result aside that cannot be recorded; its photo is then published again, like any that got no result.
    private func putAside(_ record: Record, because error: any Error) async -> Bool {
        while !stopping.isStopped, !Task.isCancelled {
            do {
                try await bury(record, because: error)
                return true
            } catch {
                // The broker is away; this result waits with those behind it.
                await stopping.sleep(for: .seconds(1))
            }
        }
        return false
    }

    private func bury(_ record: Record, because error: any Error) async throws {
        let trace = record.trace
        logger.error(
            "A result message cannot be read or recorded and goes to the dead letters",
            metadata: [
                "kafka.partition": "\(record.partition)", "kafka.offset": "\(record.offset)",
                "error": "\(String(reflecting: error))", "trace.id": "\(trace?.traceID ?? "")",
            ])
        _ = try await producer.send(
            topic: topics.deadResults, key: record.key, value: record.value ?? [],
            headers: trace.map { [$0.next().header] } ?? [])
        Counter(label: "mien_results_malformed").increment()
    }
}

extension Record {
    /// The trace that its sender went on with.
    fileprivate var trace: TraceContext? { TraceContext(header: header(TraceContext.headerName)) }
}

extension ResultMessage {
    /// For metrics.
    var outcomeWord: String {
        if case .analysis? = outcome { "finished" } else { "failed" }
    }

    /// What ties log lines of all processes together.
    package var metadata: Logger.Metadata {
        [
            "analysis.id": "\(analysisID)", "request.id": "\(requestID)", "worker": "\(worker)",
            "attempt": "\(attempt)",
        ]
    }
}
