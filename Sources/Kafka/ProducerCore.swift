import Blocking
import CRdKafka
import Logging
import Synchronization

/// One librdkafka producer with the thread that serves its delivery reports.
///
/// A ``Producer`` has one at a time, and puts another in its place when this one met a fatal error.
final class ProducerCore: Sendable {
    private struct State {
        /// Messages that librdkafka holds. Lowered only after their reports were served and their memory was freed, so
        /// at zero librdkafka's queue is empty.
        var outstanding = 0
        var waiters: [(id: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var nextWaiter = 0
        /// Until when to wait for acknowledgements before giving messages up; set when stopping.
        var deadline: ContinuousClock.Instant?
    }

    private let handle: KafkaHandle
    private let state = Mutex(State())
    /// True when every message was acknowledged or refused by the broker, and none given up.
    let finished = OneShot<Bool>()

    init(_ configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
        let context = ClientContext(logger: logger, clientID: configuration.clientID)
        handle = try KafkaHandle(
            RD_KAFKA_PRODUCER, role: .producer, configuration: configuration, context: context
        ) { conf in
            rd_kafka_conf_set_dr_msg_cb(conf) { client, message, opaque in
                guard let message, let context = ClientContext.from(opaque) else { return }
                PendingDelivery.report(client, message.pointee, context)
            }
        }
        let poller = DeliveryPoller(label: "kafka-producer")
        Task.detached { [self] in await poller.run(self) }
    }

    var fatalError: KafkaError? { handle.fatalError }

    var outstanding: Int { state.withLock(\.outstanding) }
    var waiting: Int { state.withLock(\.waiters.count) }

    /// Queues a message and waits for its report.
    func send(_ message: OutgoingMessage) async throws -> PendingDelivery.Outcome {
        try await withCheckedThrowingContinuation { continuation in
            let pending = Unmanaged.passRetained(PendingDelivery(continuation))
            // Queueing copies the message and never waits, so it can stay within the lock; that way neither stopping
            // nor the count of messages can come between.
            let failure: (any Error)?? = state.withLock { state in
                guard state.deadline == nil else { return .some(KafkaError.closed) }
                guard let error = message.produce(handle.pointer, opaque: pending.toOpaque()) else {
                    state.outstanding += 1
                    return nil
                }
                let failure = KafkaError(consuming: error)
                guard failure.code == Self.queueFull else { return .some(failure) }
                // A message that does not fit an empty queue never will.
                return state.outstanding == 0 ? .some(KafkaError(.messageTooLarge, reason: failure.reason)) : .some(nil)
            }
            guard let failure else { return }
            pending.release()
            if let failure {
                continuation.resume(throwing: failure)
            } else {
                continuation.resume(returning: .queueFull)
            }
        }
    }

    /// Asks for the topics' leaders in the background.
    func lookUp(_ topics: Set<String>) {
        // Within the lock, and never after stopping: the client may be gone then.
        state.withLock { state in
            guard state.deadline == nil else { return }
            for topic in topics {
                // The client keeps what it learns of the topic without this reference.
                if let known = rd_kafka_topic_new(handle.pointer, topic, nil) { rd_kafka_topic_destroy(known) }
            }
        }
    }

    private static let queueFull = KafkaError.Code("_QUEUE_FULL")

    /// Returns when a message has left the queue, or at once when none is in it.
    func waitForRoom() async throws {
        let id = state.withLock { state -> Int in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state -> Bool in
                    guard state.outstanding > 0, state.deadline == nil, !Task.isCancelled else { return false }
                    state.waiters.append((id, continuation))
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0).continuation }
            }?.resume()
        }
        try Task.checkCancellation()
    }

    /// Takes no more messages, waits so long for acknowledgements, gives the rest up, and ends the client.
    func stop(flush: Duration) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.deadline == nil else { return [] }
            state.deadline = .now + flush
            defer { state.waiters = [] }
            return state.waiters.map(\.continuation)
        }
        for waiter in waiters { waiter.resume() }
    }
}

extension ProducerCore {
    /// Serves reports until stopped, then flushes, purges and destroys. Blocks: it has a thread of its own.
    func serve() {
        var purged = false
        while true {
            let (outstanding, deadline) = state.withLock { ($0.outstanding, $0.deadline) }
            if let deadline {
                if outstanding == 0 { break }
                if .now >= deadline {
                    // Every message still here gets its report, with the error _PURGE_QUEUE or _PURGE_INFLIGHT.
                    let all = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT
                    rd_kafka_purge(handle.pointer, all | RD_KAFKA_PURGE_F_NON_BLOCKING)
                    purged = true
                }
            }
            rd_kafka_poll(handle.pointer, deadline == nil ? 100 : 20)
            settle(handle.context.delivered.exchange(0, ordering: .relaxed))
        }
        handle.destroy()
        finished.fulfil(!purged)
    }

    /// Counts messages that have left the queue and lets as many senders try again; all of them when it is empty.
    private func settle(_ delivered: Int) {
        guard delivered > 0 else { return }
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.outstanding -= delivered
            let count = state.outstanding == 0 ? state.waiters.count : min(delivered, state.waiters.count)
            defer { state.waiters.removeFirst(count) }
            return state.waiters.prefix(count).map(\.continuation)
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// The thread on which a producer's delivery reports are served.
private actor DeliveryPoller {
    private nonisolated let executor: BlockingExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(label: String) {
        executor = BlockingExecutor(label: label)
    }

    func run(_ core: ProducerCore) {
        core.serve()
    }
}
