import TestSupport
import Testing

@testable import Kafka

/// What a client says of brokers that it cannot use.
@Suite(.timeLimit(.minutes(2))) struct OutageTests {
    @Test(arguments: [
        (
            "[thrd:kafka:9092/bootstrap]: kafka:9092/bootstrap: Connect to ipv4#10.0.0.7:9092 failed: Connection refused (after 0ms in state CONNECT, 1 identical error(s) suppressed)",
            "kafka:9092: no connection: Connection refused"
        ),
        (
            "ssl://kafka:9093/12: SSL handshake failed: certificate verify failed (after 3ms in state SSL_HANDSHAKE)",
            "kafka:9093: SSL handshake failed: certificate verify failed"
        ),
        (
            "kafka:9093/1: Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration (after 1ms in state APIVERSION_QUERY)",
            "kafka:9093: it closes connections at the first question (does that listener want TLS or SASL?)"
        ),
        ("kafka:9092/1: Disconnected (after 600012ms in state UP)", "kafka:9092: Disconnected"),
        ("something else", "something else"),
    ])
    func aReportBecomesOnePlainLine(_ report: String, _ line: String) {
        #expect(Outage(report: report).description == line)
    }

    /// Asks until the client has found out why it gets no answer.
    private func outage(at brokers: String, _ options: [String: String] = [:]) async throws -> String {
        let admin = try Admin(.init(brokers: brokers, clientID: "mien-tests", options: options), logger: Scene.logger)
        var outage: String?
        while outage == nil {
            let error = await #expect(throws: KafkaError.self) { try await admin.metadata(timeout: .seconds(1)) }
            outage = try #require(error).outage
        }
        await admin.close()
        return try #require(outage)
    }

    @Test func aListenerThatWantsTLSIsToldFromABrokerThatIsAway() async throws {
        let listener = try await ForeignListener.start(speaking: .tls)
        #expect(try await outage(at: listener.address).contains("does that listener want TLS or SASL?"))
        let offsets = try GroupOffsets(
            .init(brokers: listener.address, clientID: "mien-tests"), group: "any", logger: Scene.logger)
        var reason: String?
        while reason == nil {
            let error = await #expect(throws: KafkaError.self) {
                try await offsets.lag(in: ["any"], timeout: .seconds(1))
            }
            reason = try #require(error).outage
        }
        #expect(try #require(reason).contains("TLS or SASL"))
        await offsets.close()
        await listener.stop()
        #expect(try await outage(at: listener.address) == "no connection: Connection refused")
    }

    @Test func aCertificateThatNobodyVouchesForIsNamed() async throws {
        let listener = try await ForeignListener.start(speaking: .tls)
        let outage = try await outage(at: listener.address, ["security.protocol": "ssl"])
        #expect(outage.contains("certificate verify failed"))
        await listener.stop()
    }

    @Test func anotherProtocolIsNamed() async throws {
        let listener = try await ForeignListener.start(speaking: .http)
        #expect(try await outage(at: listener.address) == "what answers there does not speak Kafka's protocol")
        await listener.stop()
    }

    @Test func anUnknownHostIsNamed() async throws {
        #expect(try await outage(at: "no-such-host.invalid:9092").hasPrefix("no such host: "))
    }
}
