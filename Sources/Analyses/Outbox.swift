/// Messages that are committed with the change they tell of, and published afterwards by the relay.
///
/// `AnalysisLifecycle` adds them.
package enum Outbox {
    /// What a row becomes.
    package enum Kind: String, Sendable {
        /// A message to the lane's topic.
        case job
        /// A message to the dead-letter topic.
        case dead
        /// A message to the interactive lane: a picture is to be drawn.
        case draw
    }

    /// The NOTIFY channel that wakes the relay.
    package static let channel = "mien_outbox"
}
