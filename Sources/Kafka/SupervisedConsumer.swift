public import Logging
import Synchronization

/// A member of a consumer group that goes on when its consumer cannot.
///
/// A consumer may end for good while everything around it is well: a static member that a paused broker has fenced, say, gets
/// no record ever again (librdkafka 2.0.2 to 2.16.0). Here it is closed and another one takes its place, under the same
/// name. Records of the one before are then stale; they are delivered again.
///
/// One task polls; ``condition`` is read from anywhere.
public final class SupervisedConsumer: Sendable {
    /// How a member is doing.
    public enum Condition: Sendable, Equatable {
        /// It is in its group and reads.
        case working
        /// It gets no records: it is joining, or the broker is away.
        case waiting(since: ContinuousClock.Instant)
    }

    private struct State {
        var consumer: Consumer?
        var isClosed = false
        var replacements = 0
        /// Since when it does not work; nil while it does.
        var waitingSince: ContinuousClock.Instant? = .now
        var lastFailure: ContinuousClock.Instant?
        var isMember = false
        /// The failures since it last worked.
        var failures = 0
        var lastLogged: ContinuousClock.Instant?
    }

    private let make: @Sendable () throws -> Consumer
    private let logger: Logger
    private let state = Mutex(State())

    /// How long a consumer that cannot go on may take to close before its successor joins.
    static let closing = Duration.seconds(1)
    /// A member that has met no error for so long, and is in its group still, has sent heartbeats meanwhile: the group
    /// forgets a silent one after `session.timeout.ms`, which is shorter.
    static let settling = Duration.seconds(10)

    /// Makes a member that joins with its first ``poll(timeout:)``.
    ///
    /// - Parameters:
    ///   - logger: should carry the group's name.
    ///   - make: makes a consumer, each time the same.
    public init(logger: Logger, make: @escaping @Sendable () throws -> Consumer) {
        self.make = make
        self.logger = logger
    }

    /// The consumer's partitions at the moment, in order.
    public var assignment: [TopicPartition] { state.withLock(\.consumer)?.assignment ?? [] }

    /// Whether the present consumer has ever been told its share.
    public var hasJoined: Bool { state.withLock(\.consumer)?.hasJoined ?? false }

    /// How often a consumer had to be replaced.
    public var replacements: Int { state.withLock(\.replacements) }

    /// How it is doing now.
    public var condition: Condition {
        state.withLock { $0.waitingSince.map(Condition.waiting(since:)) ?? .working }
    }

    /// The next record, or nil when none came in time.
    ///
    /// - Throws: `CancellationError`. ``KafkaError``: poll again after a pause, whatever it says; only `invalidConfiguration`
    ///   and `closed` do not pass by themselves.
    public func poll(timeout: Duration) async throws -> Record? {
        do {
            let consumer = try current()
            let record = try await consumer.poll(timeout: timeout)
            note(isMember: consumer.isMember, hasRecord: record != nil)
            return record
        } catch let error as KafkaError {
            failed(error)
            if error.isFatal { await replace(because: error) }
            throw error
        }
    }

    /// Marks a record, and all before it in its partition, as done.
    ///
    /// - Throws: ``KafkaError``.
    @discardableResult
    public func storeOffset(_ record: Record) async throws -> Consumer.OffsetStorage {
        try await current().storeOffset(record)
    }

    /// Commits what is stored and leaves the group.
    ///
    /// - Returns: false when it did not end in time.
    public func close(timeout: Duration) async -> Bool {
        let consumer = state.withLock { state in
            state.isClosed = true
            return state.consumer
        }
        return await consumer?.close(timeout: timeout) ?? true
    }

    private func current() throws -> Consumer {
        try state.withLock { state in
            guard !state.isClosed else { throw KafkaError.closed }
            if let consumer = state.consumer { return consumer }
            let consumer = try make()
            state.consumer = consumer
            return consumer
        }
    }

    private func replace(because error: KafkaError) async {
        logger.error(
            "A Kafka consumer cannot go on; another one takes its place",
            metadata: ["kafka.error": "\(error.debugDescription)"])
        let lost = state.withLock { state in
            state.replacements += 1
            state.isMember = false
            defer { if !state.isClosed { state.consumer = nil } }
            return state.consumer
        }
        _ = await lost?.close(timeout: Self.closing)
    }

    private func failed(_ error: KafkaError) {
        guard error.code != .closed else { return }
        let failures = state.withLock { state -> Int? in
            state.failures += 1
            state.lastFailure = .now
            if state.waitingSince == nil { state.waitingSince = .now }
            if let logged = state.lastLogged, .now - logged < .seconds(60) { return nil }
            state.lastLogged = .now
            return state.failures
        }
        guard let failures else { return }
        logger.error(
            "A Kafka consumer gets no records; they wait",
            metadata: ["kafka.error": "\(error.debugDescription)", "failures": "\(failures)"])
    }

    private func note(isMember: Bool, hasRecord: Bool) {
        let over = state.withLock { state -> Int? in
            let hasJoined = isMember && !state.isMember
            state.isMember = isMember
            guard isMember || hasRecord else {
                if state.waitingSince == nil { state.waitingSince = .now }
                return nil
            }
            let isSettled = state.lastFailure.map { .now - $0 > Self.settling } ?? true
            guard hasRecord || hasJoined || isSettled else { return nil }
            (state.waitingSince, state.lastFailure, state.lastLogged) = (nil, nil, nil)
            defer { state.failures = 0 }
            return state.failures
        }
        if let over, over > 0 { logger.notice("A Kafka consumer works again", metadata: ["failures": "\(over)"]) }
    }
}
