import Contracts
import Kafka

/// Publishes results and dead letters, and returns when the broker has acknowledged them.
struct ResultPublisher: Sendable {
    let producer: Producer
    let topics: Topics
    let worker: String

    /// Publishes a result, by any partition that has a leader.
    ///
    /// - Throws: `KafkaError`, or `ContractError` for a result that the gateway would not read.
    func publish(_ result: ResultMessage, in trace: TraceContext) async throws {
        _ = try await producer.send(
            topic: topics.results, key: nil, value: try result.encode(), headers: [trace.next().header])
    }

    /// Puts a record that cannot be read aside, as it came, with the reason and where it was.
    ///
    /// - Throws: `KafkaError`.
    func bury(_ record: Record, in trace: TraceContext, because error: ContractError) async throws {
        let headers = [
            ("mien-reason", error.code.description),
            ("mien-error", error.reason),
            ("mien-topic", record.topic),
            ("mien-partition", "\(record.partition)"),
            ("mien-offset", "\(record.offset)"),
            ("mien-worker", worker),
        ]
        _ = try await producer.send(
            topic: topics.deadJobs, key: record.key, value: record.value ?? [],
            headers: headers.map { ($0.0, Array($0.1.utf8)) } + [trace.next().header])
    }
}
