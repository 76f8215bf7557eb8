import CRdKafka
import Logging
import ServiceSupport
import Synchronization

/// What librdkafka's callbacks of one client work on. It outlives the client, which holds a reference to it.
final class ClientContext: Sendable {
    let logger: Logger
    /// Delivery reports since the producer's poll loop last asked.
    let delivered = Atomic(0)
    /// A consumer's partitions; nil for other clients.
    let group: GroupState?
    let pacing = FetchPacing()
    private let outageLog = OccasionalLog()
    private let lastOutage = Mutex<(outage: Outage, at: ContinuousClock.Instant)?>(nil)

    init(logger: Logger, clientID: String, group: GroupState? = nil) {
        var logger = logger
        logger[metadataKey: "kafka.client"] = "\(clientID)"
        self.logger = logger
        self.group = group
    }

    static func from(_ opaque: UnsafeMutableRawPointer?) -> ClientContext? {
        opaque.map { Unmanaged<ClientContext>.fromOpaque($0).takeUnretainedValue() }
    }

    static func setCallbacks(_ conf: OpaquePointer) {
        // Called from librdkafka's own threads.
        rd_kafka_conf_set_log_cb(conf) { client, level, facility, text in
            guard let client, let context = ClientContext.from(rd_kafka_opaque(client)) else { return }
            context.log(level, facility, text)
        }
        rd_kafka_conf_set_error_cb(conf) { client, error, reason, opaque in
            ClientContext.from(opaque)?.failed(client, rd_kafka_resp_err_t(error), reason)
        }
    }

    private func log(_ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?) {
        let facility = facility.map { String(cString: $0) } ?? ""
        let text = text.map { String(cString: $0) } ?? ""
        var isHarmless = Self.harmless.contains(facility)
        if facility == "FAIL" {
            let outage = Outage(report: text)
            // Brokers close idle connections as a matter of course.
            isHarmless = text.contains(": Disconnected") && !outage.isSoonClosed
            if !isHarmless { lastOutage.withLock { $0 = (outage, .now) } }
        }
        report(
            "Kafka client reports", at: isHarmless ? .debug : Self.level(syslog: level),
            isOutage: !isHarmless && Self.outageFacilities.contains(facility),
            ["kafka.facility": "\(facility)", "kafka.report": "\(text)"])
    }

    /// Commits that a rebalance overtook: what they would have told is delivered again.
    private static let harmless: Set<String> = ["COMMITFAIL"]

    /// What librdkafka found last when it tried to reach a broker; it says the same thing again after half a minute.
    private var outage: Outage? {
        lastOutage.withLock { last in last.flatMap { ContinuousClock.now - $0.at < .seconds(60) ? $0.outage : nil } }
    }

    /// The error, with the reason why no broker answers when it is about that.
    func error(_ code: rd_kafka_resp_err_t, reason: String? = nil) -> KafkaError {
        KafkaError(code, reason: reason, outage: Self.outageErrors.contains(code) ? outage : nil)
    }

    /// What librdkafka says for each broker at each attempt to connect, while one is away.
    private static let outageFacilities: Set<String> = ["FAIL", "ERROR", "COORD", "REQTMOUT"]
    private static let outageErrors: Set<rd_kafka_resp_err_t> = [
        RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
        RD_KAFKA_RESP_ERR__TIMED_OUT,
    ]

    /// Logs; of the lines about an outage one a minute, with the number of those held back.
    private func report(
        _ message: Logger.Message, at level: Logger.Level, isOutage: Bool, _ metadata: Logger.Metadata
    ) {
        guard isOutage else { return logger.log(level: level, message, metadata: metadata) }
        outageLog.line { heldBack in
            let more: Logger.Metadata = heldBack > 0 ? ["held_back": "\(heldBack)"] : [:]
            logger.log(level: level, message, metadata: metadata.merging(more) { _, new in new })
        }
    }

    /// librdkafka's levels are syslog's. Its errors are warnings here: it goes on trying by itself, and what it cannot
    /// mend reaches the caller as a thrown error.
    static func level(syslog level: Int32) -> Logger.Level {
        switch level {
        case ...2: .critical
        case 3, 4: .warning
        case 5: .notice
        case 6: .info
        default: .debug
        }
    }

    private func failed(_ client: OpaquePointer?, _ error: rd_kafka_resp_err_t, _ reason: UnsafePointer<CChar>?) {
        report(
            "Kafka client met an error", at: error == RD_KAFKA_RESP_ERR__FATAL ? .error : .warning,
            isOutage: Self.outageErrors.contains(error),
            [
                "kafka.error": "\(String(cString: rd_kafka_err2name(error)))",
                "kafka.report": "\(reason.map { String(cString: $0) } ?? "")",
            ])
    }
}
