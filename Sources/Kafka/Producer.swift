public import Logging
import Synchronization

/// Sends messages; each call returns when the broker has acknowledged its message.
///
/// Messages are written once and in order per partition (`enable.idempotence`, `acks=all`), as long as the producer lives.
/// When librdkafka finds that it can no longer promise this, it raises a fatal error (2.0.2 does so by mistake now and
/// then: its issue 4438). All messages under way fail with `isFatal` then, and the producer replaces its client by itself,
/// so that callers send again as after any retriable error.
///
/// - Important: Close it: only that waits for messages under way.
public final class Producer: Sendable {
    private struct State {
        var core: ProducerCore
        var replaced: ContinuousClock.Instant?
        var topics: Set<String> = []
        var isClosed = false
    }

    private let configuration: KafkaConfiguration
    private let logger: Logger
    private let state: Mutex<State>

    /// Makes a producer. Brokers are looked for in the background; that none is there shows when sending.
    ///
    /// - Throws: ``KafkaError`` with code `invalidConfiguration`.
    public init(_ configuration: KafkaConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        state = Mutex(State(core: try ProducerCore(configuration, logger: logger)))
    }

    deinit {
        state.withLock(\.core).stop(flush: .zero)
    }

    /// Messages that were handed to the client and have no report yet.
    var outstanding: Int { state.withLock(\.core).outstanding }
    /// Senders that wait for room in the client's queue.
    var waiting: Int { state.withLock(\.core).waiting }

    /// Sends a message and returns when the broker has acknowledged it.
    ///
    /// When the local queue is full (`queue.buffering.max.kbytes`), the call waits until there is room. Cancelling the
    /// task ends that wait; a message that is queued already cannot be called back, so from then on the call
    /// returns with its report, at the latest after `delivery.timeout.ms`.
    ///
    /// - Parameters:
    ///   - topic: The topic's name.
    ///   - key: Messages with the same key go to the same partition; nil spreads them.
    ///   - value: The payload; nil is a tombstone.
    ///   - headers: In order; a name may come more than once.
    /// - Throws: ``KafkaError``. After `messageTimedOut` and `purged` the message may have been written all the same.
    public func send(
        topic: String, key: [UInt8]?, value: [UInt8]?, headers: [(String, [UInt8])] = []
    ) async throws -> Delivery {
        let message = OutgoingMessage(topic: topic, key: key, value: value, headers: headers)
        while true {
            try Task.checkCancellation()
            let core = try usableCore()
            switch try await core.send(message) {
            case .delivered(let delivery): return delivery
            case .queueFull: try await core.waitForRoom()
            }
        }
    }

    /// Looks for the leaders of topics that will be sent to. librdkafka does that once a second, and the first message to a
    /// topic that it does not know has to wait for it.
    ///
    /// - Important: Only for topics that are there. A broker may make one that is asked for, with a single partition.
    public func lookUp(_ topics: [String]) {
        state.withLock { state in
            let new = Set(topics).subtracting(state.topics)
            guard !new.isEmpty, !state.isClosed else { return }
            state.topics.formUnion(new)
            state.core.lookUp(new)
        }
    }

    /// Takes no more messages, waits for the acknowledgements of those under way, and ends the client.
    ///
    /// - Parameter timeout: How long to wait. What is not acknowledged by then fails with code `purged`; ending takes a
    ///   moment more, for which the call waits at most 2 s.
    /// - Returns: Whether nothing was given up.
    @discardableResult
    public func close(timeout: Duration) async -> Bool {
        let core = state.withLock { state in
            state.isClosed = true
            return state.core
        }
        core.stop(flush: timeout)
        return await core.finished.wait(upTo: timeout + .seconds(2)) ?? false
    }

    /// The client to send with: the present one, or a new one when that has met a fatal error.
    private func usableCore() throws -> ProducerCore {
        let (core, lost, error) = try state.withLock { state in
            guard !state.isClosed else { throw KafkaError.closed }
            guard let error = state.core.fatalError else { return (state.core, ProducerCore?.none, KafkaError?.none) }
            // A cause that lasts, such as missing rights, must not make clients by the hundred.
            if let replaced = state.replaced, .now - replaced < .seconds(1) { throw error }
            let lost = state.core
            state.core = try ProducerCore(configuration, logger: logger)
            state.core.lookUp(state.topics)
            state.replaced = .now
            return (state.core, lost, error)
        }
        if let lost, let error {
            lost.stop(flush: .zero)
            logger.error(
                "Kafka producer was replaced after a fatal error",
                metadata: ["kafka.client": "\(configuration.clientID)", "kafka.error": "\(error.debugDescription)"])
        }
        return core
    }
}
