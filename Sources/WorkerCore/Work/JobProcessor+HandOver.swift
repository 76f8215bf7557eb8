import Contracts
import Logging

extension JobProcessor {
    /// How handing over a photo's pictures ended.
    enum HandOver: Sendable {
        /// The gateway has them: the result goes without.
        case stored
        /// The gateway is an older one: they go in the result.
        case notTaken
        /// No gateway would take them.
        case unfit
        case over(Verdict)

        /// Whether it is what a gateway answers that wants the annotated picture with the others.
        var mayLackTheAnnotated: Bool {
            switch self {
            case .notTaken, .unfit: true
            case .stored, .over: false
            }
        }
    }

    /// Hands pictures to the gateway, however long it is away, until there is an answer that decides.
    ///
    /// - Parameters:
    ///   - bytes: how many they are.
    ///   - send: sends them once; throws `CancellationError` alone.
    func handOver(
        _ bytes: Int, as step: Pulse.Step, _ logger: Logger, _ send: () async throws -> HandOverAnswer
    ) async -> HandOver {
        var backoff = limits.backoff
        var unexpected = 0
        while !Task.isCancelled {
            pulse.allow(gateway.longest(sending: bytes) + .seconds(15), for: step)
            guard let answer = try? await send() else { break }  // Only a cancellation throws.
            var delay = backoff.next()
            switch answer {
            case .stored: return .stored
            case .notTaken: return .notTaken
            case .unfit(let reason):
                logger.error("Pictures refused", metadata: ["reason": "\(reason)"])
                return .unfit
            case .gone:
                logger.info("Result dropped: the photo is gone, done or in a later attempt")
                return .over(.settled)
            case .refused:
                logger.warning("Result dropped: the gateway refused its ticket")
                return .over(.settled)
            case .unexpected(let reason):
                unexpected += 1
                logger.warning("Unexpected answer to pictures", metadata: ["reason": "\(reason)"])
                if unexpected >= limits.unexpectedAnswers { return .over(.settled) }
            case .unavailable(let reason, let retryAfter):
                delay = max(delay, retryAfter ?? .zero)
                noteGatewayAway(reason, logger)
            }
            await pauseWithResult(delay, for: step)
        }
        return .over(.abandoned)
    }
}
