import Contracts

/// A photo that this worker may analyse now, or draw.
struct ClaimedPhoto: Sendable {
    /// The uploaded bytes, untrusted; the clean picture, where that is to be drawn on.
    let bytes: [UInt8]
    /// How often the photo has been claimed, this time included, as the gateway counts it.
    let attempt: UInt32
    /// What is to be drawn on it, without the photo; nil when it is to be analysed.
    var drawing: Mien_V1_Drawing?
}

/// What the gateway says to a claim.
enum ClaimAnswer: Sendable {
    /// The photo; the gateway has counted an attempt.
    case granted(ClaimedPhoto)
    /// Finished, cancelled, deleted, or tried too often: the job is over.
    case gone
    /// The ticket is expired or not for this photo: the gateway's sweeper publishes a new one.
    case refused
    /// The photo is longer than this worker takes; the gateway has counted the attempt all the same.
    case tooLarge(attempt: UInt32)
    /// The gateway is away or overloaded: the claim may be repeated.
    case unavailable(reason: String, retryAfter: Duration?)
    /// An answer outside the contract, which may concern this one photo.
    case unexpected(reason: String)
}
