/// What the gateway says to the pictures of a photo.
enum HandOverAnswer: Sendable {
    /// They are kept until the result comes.
    case stored
    /// This gateway takes none: it is from before pictures were handed over, and reads them in the result.
    case notTaken
    /// The gateway looked at the pictures and does not take them: they would be the same the next time.
    case unfit(reason: String)
    /// The analysis ended, was deleted, or is in a later attempt: the job is over.
    case gone
    /// The ticket is expired or not for this photo: the gateway's sweeper publishes a new one.
    case refused
    /// The gateway is away or overloaded: the pictures may be sent again.
    case unavailable(reason: String, retryAfter: Duration?)
    /// An answer outside the contract, which may concern this one photo.
    case unexpected(reason: String)
}
