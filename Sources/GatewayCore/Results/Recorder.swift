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

    /// Results that are recorded in one transaction, when so many wait: what one costs beside its own rows (the commit,
    /// the notification's lock) is shared.
    static let batchSize = 16

    private func consume(_ consumer: Consumer) async {
        var failures = FailureLog(logger: logger, message: "Results cannot be read; they wait in Kafka")
        while !stopping.isSet, !Task.isCancelled {
            do {
                let records = try await poll(consumer)
                if !records.isEmpty { try await take(records, from: consumer) }
                failures.succeeded()
            } catch {
                failures.failed(error)
                await stopping.wait(atMost: .seconds(1))
            }
        }
    }

    /// The next result, and those that are here already with it.
    private func poll(_ consumer: Consumer) async throws -> [Record] {
        guard let first = try await consumer.poll(timeout: .milliseconds(500)) else { return [] }
        var records = [first]
        // An error can wait: what was taken is to be recorded first.
        while records.count < Self.batchSize, let next = try? await consumer.poll(timeout: .zero) {
            records.append(next)
        }
        return records
    }

    /// Records messages, however long the database is away, unless the gateway stops; then stores their offsets.
    private func take(_ records: [Record], from consumer: Consumer) async throws {
        var failures = FailureLog(logger: logger, message: "Results cannot be recorded; they are tried again")
        var delay = Duration.milliseconds(100)
        while !stopping.isSet, !Task.isCancelled {
            do {
                try await handle(records)
                failures.succeeded()
                // A stale offset belongs to a partition that moved: its new owner reads the message again, in vain.
                for record in records { _ = try await consumer.storeOffset(record) }
                return
            } catch  where records.count > 1 {
                // One that cannot be recorded must not hold up the others.
                for record in records { try await take([record], from: consumer) }
                return
            } catch {
                failures.failed(error)
                await stopping.wait(atMost: delay)
                delay = min(delay * 2, .seconds(10))
            }
        }
    }

    private func handle(_ records: [Record]) async throws {
        var results: [ResultMessage] = []
        for record in records {
            do throws(ContractError) {
                results.append(try ResultMessage.decode(record.value ?? []))
            } catch {
                try await bury(record, because: error)
            }
        }
        for (result, recorded) in zip(results, try await record(results)) {
            logger.info(
                recorded ? "Result recorded" : "Result came too late or twice; nothing changed",
                metadata: result.metadata)
            Counter(label: "mien_results", dimensions: [("outcome", recorded ? result.outcomeWord : "ignored")])
                .increment()
        }
    }

    private func bury(_ record: Record, because error: ContractError) async throws {
        logger.error(
            "A result message cannot be read and goes to the dead letters",
            metadata: [
                "kafka.partition": "\(record.partition)", "kafka.offset": "\(record.offset)",
                "error": "\(String(reflecting: error))",
            ])
        Counter(label: "mien_results_malformed").increment()
        _ = try await producer.send(topic: topics.deadResults, key: record.key, value: record.value ?? [])
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
