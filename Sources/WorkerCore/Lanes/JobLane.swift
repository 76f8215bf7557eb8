import Contracts

/// The two ways a job can come: a person waits before a page, or a bulk upload runs.
enum JobLane: String, CaseIterable, Sendable {
    case interactive
    case bulk

    /// The lane as messages, topics and groups name it.
    var contract: Contracts.Lane {
        switch self {
        case .interactive: .interactive
        case .bulk: .bulk
        }
    }
}
