import Contracts

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
        /// A message to the interactive lane: the photo is to be drawn as large as it is.
        case draw
        /// The same for its clean picture.
        case annotate

        /// What a worker does about it.
        var task: Mien_V1_Task {
            switch self {
            case .draw: .draw
            case .annotate: .annotate
            case .job, .dead: .unspecified
            }
        }
    }

    /// The NOTIFY channel that wakes the relay.
    package static let channel = "mien_outbox"
}
