import Accounts
import Analyses
import Foundation
package import Logging
import Metrics
package import Postgres
import ServiceLifecycle
import ServiceSupport
import Sharing
import Webhooks

/// Finishes the deletion of accounts, and deletes what is kept long enough: analyses with their photos, results and pictures after the operator's
/// `MIEN_RETENTION_DAYS`, those in the bin after `MIEN_BIN_DAYS`, the audit log after `MIEN_AUDIT_DAYS`, workers that are long
/// gone, old messages of webhooks, shared links that ended long ago, and pictures that were handed over and never count.
package struct RetentionSweeper: Service {
    package let database: ConnectionPool
    /// Zero keeps analyses for ever.
    package let retentionDays: Int
    /// Zero keeps nothing in the bin.
    package let binDays: Int
    package let auditDays: Int
    /// What wakes it before its time: an account is to be deleted.
    package let wakeUps: AsyncStream<Void>
    package let logger: Logger

    package init(
        database: ConnectionPool, retentionDays: Int, binDays: Int = 30, auditDays: Int,
        wakeUps: AsyncStream<Void> = .finished, logger: Logger
    ) {
        self.wakeUps = wakeUps
        self.binDays = binDays
        self.database = database
        self.retentionDays = retentionDays
        self.auditDays = auditDays
        self.logger = logger
    }

    /// Deleted by one statement, so that none holds locks for long.
    package static let batch = 200

    package func run() async throws {
        var failures = FailureLog(logger: logger, message: "What is old could not be deleted; it is tried again")
        for await _ in Ticker.stream(every: .seconds(600), wokenBy: wakeUps).cancelOnGracefulShutdown() {
            do {
                try await sweep()
                failures.succeeded()
            } catch {
                failures.failed(error)
            }
        }
    }

    /// Deletes all that is old now, and accounts that are to go.
    /// - Returns: how many old analyses that were.
    @discardableResult
    package func sweep() async throws -> Int {
        // An account that cannot be deleted holds up nothing else.
        var failure: (any Error)?
        do {
            let accounts = try await AccountStore.finishLeaving(on: database)
            if accounts > 0 { logger.notice("Accounts deleted", metadata: ["accounts": "\(accounts)"]) }
        } catch {
            failure = error
        }
        let total = try await deleteOld()
        if let failure { throw failure }
        return total
    }

    private func deleteOld() async throws -> Int {
        try await AuditLog(database: database).sweep(days: auditDays)
        try await WorkerRegistry.sweep(database)
        try await HandedPictures.sweep(database)
        try await DrawnPicture.sweep(database)
        try await IdempotentRequest.sweep(database)
        try await WebhookStore.sweep(database)
        try await ShareStore.sweep(database)
        var total = try await deleteAll(AnalysisLifecycle.expiredByOwner(limit: Self.batch))
        total += try await emptyBins()
        if retentionDays > 0 {
            // Open ones stay: their time begins when they end.
            total += try await deleteAll(AnalysisLifecycle.expired(after: retentionDays, limit: Self.batch))
            try await deleteEmptyBatches()
        }
        if total > 0 {
            logger.notice("Analyses deleted at the end of their retention", metadata: ["analyses": "\(total)"])
            Counter(label: "mien_analyses_expired").increment(by: total)
        }
        return total
    }

    private func emptyBins() async throws -> Int {
        let total = try await deleteAll(AnalysisLifecycle.expiredInBin(after: binDays, limit: Self.batch))
        try await AnalysisStore(database: database).deleteEmptyBatches(
            "b.binned_at < now() - make_interval(days => \(binDays)::int)")
        return total
    }

    /// Runs the statement until it finds no more.
    private func deleteAll(_ statement: Statement) async throws -> Int {
        var total = 0
        var count = 0
        repeat {
            count = try await database.query(statement).count
            total += count
        } while count == Self.batch && !Task.isCancelled
        return total
    }

    /// A batch has a title, which goes with the last of its photos.
    private func deleteEmptyBatches() async throws {
        try await AnalysisStore(database: database).deleteEmptyBatches(
            "b.created_at < now() - make_interval(days => \(retentionDays)::int)")
    }
}
