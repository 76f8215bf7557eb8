import SwiftProtobuf

/// Worker to gateway: what became of a photo.
public typealias ResultMessage = Mien_V1_ResultMessage

extension Mien_V1_ResultMessage: ContractMessage {
    /// The newest version that this code reads, and the one that it writes.
    public static var currentVersion: UInt32 { 1 }
    /// Fits a Kafka broker at its default limit (`message.max.bytes` 1,048,588), with key, headers and framing: results of
    /// older workers, and those for older gateways, carry their pictures.
    public static var maximumBytes: Int { 1_000_000 }
    /// The most bytes of a result without pictures: a hundred faces fit.
    public static var maximumBytesWithoutPictures: Int { 16 * 1_024 }

    /// What this message may have.
    public var byteLimit: Int { hasPictures ? Self.maximumBytes : Self.maximumBytesWithoutPictures }

    private var hasPictures: Bool {
        if case .analysis(let analysis)? = outcome { !analysis.isHandedOver } else { false }
    }

    /// Checks ids, counters, times, and the outcome with everything in it.
    public func validate() throws(ContractError) {
        try Check.identifier(analysisID, "analysis_id")
        try Check.number(generation, "generation", 1...UInt32(Int32.max))
        try Check.number(attempt, "attempt", 1...UInt32(Int32.max))
        try Check.text(worker, "worker", 1...255)
        try Check.text(requestID, "request_id", 1...128)
        // Their order is not checked: a clock that was set back while a photo was analysed is no fault of the result.
        try Check.time(startedAtMs, "started_at_ms")
        try Check.time(finishedAtMs, "finished_at_ms")
        switch outcome {
        case .analysis(let analysis): try analysis.validate()
        case .failure(let failure): try failure.validate()
        case nil: throw .malformed("outcome is missing.")
        }
    }
}

extension Mien_V1_ResultMessage {
    /// Leaves out what only explains, until the rest has room: the activation maps of the smallest faces. A hundred faces fit
    /// with the maps of some forty, which a gateway of an earlier release reads as well.
    public mutating func fit() {
        guard case .analysis(var analysis)? = outcome else { return }
        var message = self
        message.version = Self.currentVersion
        guard let bytes: [UInt8] = try? message.serializedBytes() else { return }
        var excess = bytes.count - byteLimit
        // The largest face comes first.
        for index in analysis.faces.indices.reversed() where excess > 0 && analysis.faces[index].hasActivation {
            let map: [UInt8]? = try? analysis.faces[index].activation.serializedBytes()
            // With its tag and length.
            excess -= (map?.count ?? 0) + 2
            analysis.faces[index].clearActivation()
        }
        self.analysis = analysis
    }
}

extension Mien_V1_Failure {
    func validate() throws(ContractError) {
        try Check.word(code, "failure.code")
        try Check.text(message, "failure.message", 1...1_000, lines: true)
    }
}
