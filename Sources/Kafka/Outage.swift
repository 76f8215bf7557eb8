/// Why a broker cannot be used, from what librdkafka reports while it tries, as one plain line.
///
/// What its calls themselves answer then is only that there is no broker ("Broker transport failure").
struct Outage: Equatable, CustomStringConvertible {
    /// The broker's address as it was given; nil where librdkafka names none.
    let broker: String?
    /// What is wrong. Names no server.
    let reason: String

    var description: String { "\(broker.map { "\($0): " } ?? "")\(reason)" }

    /// Whether a connection was closed soon after it was made, and not because it was idle: the other side wants to be
    /// spoken to in another way.
    let isSoonClosed: Bool

    /// Reads a report such as
    /// `[thrd:ssl://kafka:9093/bootstrap]: ssl://kafka:9093/bootstrap: SSL handshake failed: … (after 3ms in state SSL_HANDSHAKE)`.
    init(report: String) {
        var text = Substring(report)
        if let thread = text.prefixMatch(of: #/\[thrd:[^\]]*\]: /#) { text = text[thread.range.upperBound...] }
        if let address = text.prefixMatch(of: #/(?:[a-z_]+://)?([^\s/]+)/(?:bootstrap|-?\d+): /#) {
            broker = String(address.1)
            text = text[address.range.upperBound...]
        } else {
            broker = nil
        }
        var age: Int?
        if let state = text.firstMatch(of: #/ \(after (\d+)ms in state .*\)$/#) {
            age = Int(state.1)
            text = text[..<state.range.lowerBound]
        }
        isSoonClosed = text.hasPrefix("Disconnected") && (age ?? 0) < 1_000
        reason = Self.plain(text, isSoonClosed: isSoonClosed)
    }

    private static func plain(_ text: Substring, isSoonClosed: Bool) -> String {
        if text.contains("Invalid response size") {
            // The first bytes of another protocol, such as HTTP's, taken for a length.
            return "what answers there does not speak Kafka's protocol"
        }
        if isSoonClosed { return "it closes connections at the first question (does that listener want TLS or SASL?)" }
        return String(text).replacing(#/^Connect to \S+ failed: /#, with: "no connection: ")
            .replacing(#/^Failed to resolve '[^']*': /#, with: "no such host: ")
    }
}
