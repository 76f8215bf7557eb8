/// Gateway to worker: there is a photo to claim, and to analyse or to draw.
public typealias JobMessage = Mien_V1_JobMessage

/// Which queue a job stands in.
public typealias Lane = Mien_V1_Lane

extension Mien_V1_JobMessage: ContractMessage {
    /// The newest version that this code reads, and the one that it writes.
    public static var currentVersion: UInt32 { 1 }
    /// Small enough that prefetched jobs cost no memory: the photo is claimed, not carried.
    public static var maximumBytes: Int { 1_024 }

    /// Checks ids, generation, lane, ticket and time.
    public func validate() throws(ContractError) {
        try Check.identifier(analysisID, "analysis_id")
        try Check.number(generation, "generation", 1...UInt32(Int32.max))
        try Check.that(lane.name != nil, "lane is neither interactive nor bulk.")
        try Check.text(ticket, "ticket", 1...800)
        try Check.time(submittedAtMs, "submitted_at_ms")
        try Check.text(requestID, "request_id", 1...128)
    }
}

extension Mien_V1_Lane {
    /// The lane's name in the database and in topics; nil for a lane that this code does not know.
    public var name: String? {
        switch self {
        case .interactive: "interactive"
        case .bulk: "bulk"
        case .unspecified, .UNRECOGNIZED: nil
        }
    }
}
