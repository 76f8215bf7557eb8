package import Logging

/// Logs a failure that repeats: at once the first time, then once a minute, and when it is over.
package struct FailureLog {
    package let logger: Logger
    package let message: Logger.Message
    private var lastLogged: ContinuousClock.Instant?
    private var count = 0

    package init(logger: Logger, message: Logger.Message) {
        self.logger = logger
        self.message = message
    }

    package mutating func failed(_ error: any Error) {
        count += 1
        if let lastLogged, ContinuousClock.now - lastLogged < .seconds(60) { return }
        lastLogged = .now
        logger.error(message, metadata: ["error": "\(String(reflecting: error))", "failures": "\(count)"])
    }

    package mutating func succeeded() {
        if count > 0 { logger.notice("Working again", metadata: ["after": "\(message)", "failures": "\(count)"]) }
        count = 0
        lastLogged = nil
    }
}
