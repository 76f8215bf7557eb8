import Foundation
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Publishes again what got no result in time, so that every job finishes even when the broker lost it.
///
/// Only what a new result can help is published again: not while results wait that nobody has recorded. A job that waits in
/// a long queue is not lost either: it is published again when nothing can be on its way any more, or after `patience`.
struct Sweeper: Service {
    let database: ConnectionPool
    let broker: BrokerWatch
    let topicMaker: TopicMaker
    /// Seconds that a job may take after the outbox, or after a claim, before it is looked at.
    let grace: Int
    let logger: Logger

    /// After this long it is published again in any case; a second message costs a worker one refused claim.
    static let patience = 15 * 60

    func run() async throws {
        var failures = FailureLog(logger: logger, message: "The sweep for lost jobs failed; it is tried again")
        for await _ in Ticker.stream(every: .milliseconds(grace * 300)).cancelOnGracefulShutdown() {
            do {
                try await sweep()
                failures.succeeded()
            } catch {
                failures.failed(error)
            }
        }
    }

    /// One sweep.
    ///
    /// - Returns: how many jobs were put into the outbox again.
    @discardableResult
    func sweep() async throws -> Int {
        // A broker that lost its disk has lost its topics as well.
        try await topicMaker.make()
        guard let waiting = broker.current, waiting.results == 0 else { return 0 }
        let grace = waiting.interactive + waiting.bulk == 0 ? grace : max(grace, Self.patience)
        let count = try await AnalysisStore(database: database).publishLost(after: grace)
        if count > 0 {
            logger.warning("Jobs without a result are published again", metadata: ["jobs": "\(count)"])
            Counter(label: "mien_jobs_swept").increment(by: count)
        }
        return count
    }
}
