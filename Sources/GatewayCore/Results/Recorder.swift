import Contracts
import Foundation
import Kafka
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Takes results from Kafka into PostgreSQL: result, previews and the person's count in one transaction, then the
/// offset. A message that comes twice changes nothing the second time.
struct Recorder: Service {
    let database: ConnectionPool
    let makeConsumer: @Sendable () throws -> Consumer
    let producer: Producer
    let topics: Topics
    let logger: Logger

    func run() async throws {
        let consumer = try makeConsumer()
        // Not cancelled in the middle of a record: the loop looks between two of them.
        await withGracefulShutdownHandler {
            await consume(consumer)
        } onGracefulShutdown: {
            stopping.signal()
        }
        if await consumer.close(timeout: .seconds(4)) == false {
            logger.warning("The results consumer did not close in time; its partitions move after the session time-out")
        }
    }

    private let stopping = StopSignal()

    init(
        database: ConnectionPool, makeConsumer: @escaping @Sendable () throws -> Consumer, producer: Producer,
        topics: Topics, logger: Logger
    ) {
        self.database = database
        self.makeConsumer = makeConsumer
        self.producer = producer
        self.topics = topics
        self.logger = logger
    }

    private func consume(_ consumer: Consumer) async {
        var failures = FailureLog(logger: logger, message: "Results cannot be read; they wait in Kafka")
        while !stopping.isSet, !Task.isCancelled {
            do {
                if let record = try await consumer.poll(timeout: .milliseconds(500)) {
                    try await take(record, from: consumer)
                }
                failures.succeeded()
            } catch {
                failures.failed(error)
                await stopping.wait(atMost: .seconds(1))
            }
        }
    }

    /// Records one message, however long the database is away, unless the gateway stops; then stores its offset.
    private func take(_ record: Record, from consumer: Consumer) async throws {
        var failures = FailureLog(logger: logger, message: "A result cannot be recorded; it is tried again")
        var delay = Duration.milliseconds(100)
        while !stopping.isSet, !Task.isCancelled {
            do {
                try await handle(record)
                failures.succeeded()
                // A stale offset belongs to a partition that moved: its new owner reads the message again, in vain.
                _ = try await consumer.storeOffset(record)
                return
            } catch {
                failures.failed(error)
                await stopping.wait(atMost: delay)
                delay = min(delay * 2, .seconds(10))
            }
        }
    }

    private func handle(_ record: Record) async throws {
        let result: ResultMessage
        do {
            result = try ResultMessage.decode(record.value ?? [])
        } catch {
            logger.error(
                "A result message cannot be read and goes to the dead letters",
                metadata: [
                    "kafka.partition": "\(record.partition)", "kafka.offset": "\(record.offset)",
                    "error": "\(String(reflecting: error))",
                ])
            Counter(label: "mien_results_malformed").increment()
            _ = try await producer.send(topic: topics.deadResults, key: record.key, value: record.value ?? [])
            return
        }
        let recorded = try await self.record(result)
        logger.info(
            recorded ? "Result recorded" : "Result came too late or twice; nothing changed", metadata: result.metadata)
        Counter(label: "mien_results", dimensions: [("outcome", recorded ? result.outcomeWord : "ignored")]).increment()
    }
}

extension ResultMessage {
    /// For metrics.
    var outcomeWord: String {
        if case .analysis? = outcome { "finished" } else { "failed" }
    }

    /// What ties log lines of all processes together.
    var metadata: Logger.Metadata {
        [
            "analysis.id": "\(analysisID)", "request.id": "\(requestID)", "worker": "\(worker)",
            "attempt": "\(attempt)",
        ]
    }
}
