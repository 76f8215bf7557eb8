import Contracts
import Foundation
import Kafka

/// What the broker says of queues, asked at most every few seconds however many pages are open.
struct BrokerFigures: Sendable {
    struct Figures: Sendable, Equatable {
        /// Jobs that no worker has read, by lane, and results that no gateway has.
        let interactive: Int
        let bulk: Int
        let results: Int
        /// Messages in the dead-letter topics.
        let deadJobs: Int
        let deadResults: Int
    }

    private let answer: RecentAnswer<Figures?>

    static let lifetime = Duration.seconds(3)
    /// For each question; there are a few for every topic.
    static let timeout = Duration.seconds(1)

    init(admin: Admin, topics: Topics) {
        answer = RecentAnswer(for: Self.lifetime) {
            // That it does not answer is what the page says; the gauges' service logs why.
            try? await Self.ask(admin, topics)
        }
    }

    /// The newest figures; nil when the broker does not answer.
    func current() async -> Figures? { await answer.current() }

    private static func ask(_ admin: Admin, _ topics: Topics) async throws -> Figures {
        func lag(_ group: String, _ topic: String) async throws -> Int {
            try await admin.groupLag(group: group, topics: [topic], timeout: timeout)[topic, default: 0]
        }
        // A group that never commits is behind by all that is kept: that counts the dead letters.
        let nobody = topics.prefix + "operations"
        return Figures(
            interactive: try await lag(topics.workerGroup(.interactive), topics.jobsInteractive),
            bulk: try await lag(topics.workerGroup(.bulk), topics.jobsBulk),
            results: try await lag(topics.recorderGroup, topics.results),
            deadJobs: try await lag(nobody, topics.deadJobs), deadResults: try await lag(nobody, topics.deadResults))
    }
}
