package import Logging
import ServiceLifecycle
import ServiceSupport

/// Deletes sessions, log-ins that wait for a code or a provider, and one-time links that have reached a limit: they open nothing any more, and need not be kept.
package struct SessionSweeper: Service {
    package let accounts: AccountStore
    package let logger: Logger

    package init(accounts: AccountStore, logger: Logger) {
        self.accounts = accounts
        self.logger = logger
    }

    package func run() async throws {
        var failures = FailureLog(logger: logger, message: "Old sessions could not be deleted; it is tried again")
        for await _ in Ticker.stream(every: .seconds(3600)).cancelOnGracefulShutdown() {
            do {
                let count = try await accounts.sweepSessions()
                try await accounts.sweepLinks()
                try await accounts.sweepPendingLogIns()
                try await accounts.sweepTrips()
                if count > 0 { logger.info("Old sessions deleted", metadata: ["sessions": "\(count)"]) }
                failures.succeeded()
            } catch {
                failures.failed(error)
            }
        }
    }
}
