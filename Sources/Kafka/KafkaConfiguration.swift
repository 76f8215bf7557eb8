// Kafka: librdkafka in Swift terms, so that sending is an async call that returns with the delivery report, consuming is
// an actor that commits only what was stored, and no call blocks a thread that others need.

/// How to reach the brokers, and what to set beside Mien's defaults.
public struct KafkaConfiguration: Sendable {
    /// `host:port`, several separated by commas.
    public var brokers: String
    /// How the client names itself in the brokers' logs.
    public var clientID: String
    /// librdkafka properties (its CONFIGURATION.md lists them) that override the defaults below. Passwords are among
    /// them, so this is never logged.
    public var options: [String: String]

    /// Describes a client.
    ///
    /// - Parameters:
    ///   - brokers: `host:port`, several separated by commas.
    ///   - clientID: How the client names itself in the brokers' logs.
    ///   - options: librdkafka properties. One that the wrapper relies on is refused when a client is made with it.
    public init(brokers: String, clientID: String, options: [String: String] = [:]) {
        self.brokers = brokers
        self.clientID = clientID
        self.options = options
    }

    /// The same with one more property.
    public func setting(_ property: String, to value: String) -> KafkaConfiguration {
        var copy = self
        copy.options[property] = value
        return copy
    }
}

/// What a kind of client sets by itself: defaults that options override, and fixed values that this room's code relies on.
struct ClientRole {
    let defaults: [String: String]
    let fixed: [String: String]

    private static let common = [
        "socket.keepalive.enable": "true",
        // A broker that hangs is given up after this long, where librdkafka's minute would have everybody wait for it.
        "socket.timeout.ms": "5000",
        // A broker that restarts is back within seconds; librdkafka's 10 s would make its clients the slow part.
        "reconnect.backoff.max.ms": "2000",
        // Small requests go out at once, instead of waiting for the answer to the one before them.
        "socket.nagle.disable": "true",
    ]

    static let producer = ClientRole(
        defaults: common.merging([
            // What comes while a request is under way goes with the next one in any case.
            "linger.ms": "0",
            // Who sends tries again, and then without a key on another partition: one may be without a leader for long.
            "delivery.timeout.ms": "10000",
            // Messages without a key are spread one by one; by default those of ten milliseconds go to one partition, and so
            // the photos of one upload to one worker.
            "sticky.partitioning.linger.ms": "0",
            "request.timeout.ms": "5000",
            // A result with its previews has up to 1,000,000 bytes; brokers take 1,048,588 by default.
            "message.max.bytes": "1048576",
            // A bound for the process's memory; senders wait beyond it. librdkafka's own is 1 GiB.
            "queue.buffering.max.kbytes": "65536",
        ]) { _, new in new },
        fixed: ["enable.idempotence": "true", "acks": "all"])

    static func consumer(group: String) -> ClientRole {
        ClientRole(
            defaults: common.merging([
                // The default, latest, skips what was sent before the group's first commit.
                "auto.offset.reset": "earliest",
                // What is stored and not committed when a group rebalances may be delivered again: some brokers refuse
                // commits then. Nothing is sent when nothing was stored.
                "auto.commit.interval.ms": "200",
                // A worker that was killed gives its partitions back after this long; brokers take no less by default.
                "session.timeout.ms": "6000",
                "heartbeat.interval.ms": "1000",
                "max.poll.interval.ms": "300000",
                // The local queue. Once one of these is reached, librdkafka 2.0.2 asks for no more for a whole second, so
                // the queue has to last that long: 100 jobs or 32 MB of results do.
                "queued.min.messages": "100",
                "queued.max.messages.kbytes": "32768",
                "fetch.error.backoff.ms": "100",
                // How soon a topic that was created after the subscription is noticed.
                "topic.metadata.refresh.interval.ms": "10000",
            ]) { _, new in new },
            fixed: [
                "group.id": group,
                "enable.auto.commit": "true",
                "enable.auto.offset.store": "false",
                "enable.partition.eof": "false",
                // Cooperative assignment loses partitions in librdkafka 2.0.2 (its issues 4059, 4783, 4527, 4686).
                "partition.assignment.strategy": "range,roundrobin",
            ])
    }

    /// A consumer that never subscribes: it only asks for the group's offsets.
    static func observer(group: String) -> ClientRole {
        ClientRole(
            defaults: common,
            fixed: ["group.id": group, "enable.auto.commit": "false"])
    }

    static let admin = ClientRole(defaults: common, fixed: [:])

    /// All properties of a client of this role.
    func properties(for configuration: KafkaConfiguration) throws(KafkaError) -> [String: String] {
        var fixed = fixed
        fixed["bootstrap.servers"] = configuration.brokers
        fixed["client.id"] = configuration.clientID
        for (property, value) in configuration.options where fixed[property] ?? value != value {
            throw KafkaError(.invalidConfiguration, reason: "\(property) is set by Mien itself and cannot be another.")
        }
        return defaults.merging(configuration.options) { _, new in new }.merging(fixed) { _, new in new }
    }
}
