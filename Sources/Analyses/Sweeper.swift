import Foundation
package import Logging
import Metrics
package import Postgres
import ServiceLifecycle
import ServiceSupport

/// Publishes again what got no result in time, so that every job finishes even when the broker lost it; and cancels what is
/// wanted no longer. It composes text that a gateway of before kept otherwise, too.
///
/// What waits in a long queue, or has a result that waits to be recorded, is not lost: it is published again when nothing can
/// be on its way any more, or after `patience`.
package struct Sweeper: Service {
    package let database: ConnectionPool
    package let broker: BrokerWatch
    package let topicMaker: TopicMaker
    /// Seconds that a job may take after the outbox, or after a claim, before it is looked at.
    package let grace: Int
    package let logger: Logger

    package init(database: ConnectionPool, broker: BrokerWatch, topicMaker: TopicMaker, grace: Int, logger: Logger) {
        self.database = database
        self.broker = broker
        self.topicMaker = topicMaker
        self.grace = grace
        self.logger = logger
    }

    /// Seconds after which it is published again in any case, and again after twice as long: a second message costs a
    /// worker one refused claim.
    package static let patience = 15 * 60

    /// How late at most what is wanted no longer is cancelled, however long jobs may take.
    static let overdueInterval = Duration.seconds(5)

    package func run() async throws {
        let interval = Duration.milliseconds(grace * 300)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await repeated(every: interval, "The sweep for lost jobs failed; it is tried again") {
                    _ = try await sweep()
                }
            }
            // Beside it: a sweep may wait for the broker.
            group.addTask {
                await repeated(
                    every: min(interval, Self.overdueInterval),
                    "What is wanted no longer could not be cancelled; it is tried again"
                ) {
                    _ = try await AnalysisStore(database: database).cancelOverdue()
                }
            }
            group.addTask {
                await repeated(every: .seconds(60), "Text could not be composed; it is tried again") {
                    let count = try await AnalysisStore(database: database).composeText()
                    if count > 0 { logger.notice("Text of before was composed", metadata: ["rows": "\(count)"]) }
                }
            }
        }
    }

    private func repeated(every interval: Duration, _ message: Logger.Message, _ act: () async throws -> Void) async {
        var failures = FailureLog(logger: logger, message: message)
        for await _ in Ticker.stream(every: interval).cancelOnGracefulShutdown() {
            do {
                try await act()
                failures.succeeded()
            } catch {
                failures.failed(error)
            }
        }
    }

    /// After how many seconds a job counts as lost, and whether it may be waiting for its turn still.
    static func patience(with waiting: BrokerWatch.Figures, grace: Int) -> (seconds: Int, waits: Bool) {
        let waits = waiting.interactive + waiting.bulk + waiting.results > 0
        return (waits ? max(grace, patience) : grace, waits)
    }

    /// One sweep.
    ///
    /// - Returns: how many jobs were put into the outbox again.
    @discardableResult
    package func sweep() async throws -> Int {
        // A broker that lost its disk has lost its topics as well.
        try await topicMaker.make()
        guard let waiting = broker.current else { return 0 }
        let (seconds, waits) = Self.patience(with: waiting, grace: grace)
        let count = try await AnalysisStore(database: database).publishLost(after: seconds, waits: waits)
        if count > 0 {
            logger.warning("Jobs without a result are published again", metadata: ["jobs": "\(count)"])
            Counter(label: "mien_jobs_swept").increment(by: count)
        }
        return count
    }
}
