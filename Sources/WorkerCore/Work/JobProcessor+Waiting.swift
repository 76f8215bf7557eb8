import Contracts
import Foundation
import Kafka
import Logging
import ServiceSupport

extension JobProcessor {
    /// Claims the photo, as often as it takes, until there is an answer that decides.
    func claim(_ job: Job, _ logger: Logger, as step: Pulse.Step = .claiming) async -> Preparation {
        let start = ContinuousClock.now
        // A claim whose answer did not come may have been counted, and may be counted yet: it is sent again as the same.
        let claim = UUID()
        var backoff = limits.backoff
        var unexpected = 0
        while true {
            pulse.allow(gateway.longestClaim + .seconds(15), for: step)
            guard
                let answer = try? await gateway.claim(
                    job.message.analysisID, ticket: job.message.ticket, as: claim,
                    for: job.message.task, trace: job.trace)
            else {
                return .over(.abandoned)  // Only a cancellation throws.
            }
            var delay = backoff.next()
            switch answer {
            case .granted(let photo):
                return .ready(prepared(job.claimed(attempt: photo.attempt, after: .now - start), photo, logger))
            case .tooLarge(let attempt):
                return .ready(prepared(job.claimed(attempt: attempt, after: .now - start), nil, logger))
            case .gone:
                logger.debug("Job skipped: the photo is gone or done")
                return .over(.settled)
            case .refused:
                logger.warning("Job skipped: the gateway refused its ticket")
                return .over(.settled)
            case .unexpected(let reason):
                unexpected += 1
                logger.warning("Unexpected answer to a claim", metadata: ["reason": "\(reason)"])
                if unexpected >= limits.unexpectedAnswers { return .over(.settled) }
            case .unavailable(let reason, let retryAfter):
                delay = max(delay, retryAfter ?? .zero)
                noteGatewayAway(reason, logger)
            }
            guard await pause(delay, for: step) else { return .over(.abandoned) }
        }
    }

    private func prepared(_ job: Job, _ photo: ClaimedPhoto?, _ logger: Logger) -> PreparedPhoto {
        var logger = logger
        logger[metadataKey: "attempt"] = "\(job.attempt)"
        return PreparedPhoto(job: job, photo: photo, logger: logger)
    }

    /// Sends, as often as it takes, until the broker has acknowledged.
    func deliver(_ logger: Logger, as step: Pulse.Step, _ send: () async throws -> Void) async -> Verdict {
        var backoff = limits.backoff
        while !Task.isCancelled {
            pulse.allow(limits.delivery, for: step)
            do {
                try await send()
                return .settled
            } catch {
                brokerOutage.line { heldBack in
                    logger.warning(
                        "Waiting for the broker",
                        metadata: ["error": "\(String(reflecting: error))", "held_back": "\(heldBack)"])
                }
            }
            await pauseWithResult(backoff.next(), for: step)
        }
        return .abandoned
    }

    /// Logs that the gateway is away, once in a while however many questions wait for it.
    func noteGatewayAway(_ reason: String, _ logger: Logger) {
        gatewayOutage.line { heldBack in
            logger.warning("Waiting for the gateway", metadata: ["reason": "\(reason)", "held_back": "\(heldBack)"])
        }
    }

    /// Waits with a result. A finished photo is worth trying to deliver even while stopping, until the drain's time is up.
    func pauseWithResult(_ delay: Duration, for step: Pulse.Step) async {
        if !(await pause(delay, for: step)) { try? await Task.sleep(for: limits.firstDelay) }
    }

    /// Waits; false when the process stops.
    func pause(_ delay: Duration, for step: Pulse.Step) async -> Bool {
        pulse.allow(delay + .seconds(30), for: step)
        await stop.sleep(for: delay)
        return !stop.isStopped && !Task.isCancelled
    }
}
