/// The names of Mien's topics. Installations that share a Kafka cluster differ in the prefix.
public struct Topics: Hashable, Sendable {
    /// What every name begins with.
    public let prefix: String

    /// Names under a prefix.
    ///
    /// - Parameter prefix: Including its separator, as in `mien.`; may be empty.
    public init(prefix: String = "mien.") {
        self.prefix = prefix
    }

    /// Jobs that somebody waits for before a page.
    public var jobsInteractive: String { prefix + "jobs.interactive" }
    /// Jobs of bulk uploads.
    public var jobsBulk: String { prefix + "jobs.bulk" }
    /// What became of the jobs.
    public var results: String { prefix + "results" }
    /// Jobs given up: unreadable, or claimed too often without a result.
    public var deadJobs: String { prefix + "jobs.dead" }
    /// Results that the gateway could not read.
    public var deadResults: String { prefix + "results.dead" }

    /// How the worker processes are.
    public var workers: String { prefix + "workers" }

    /// All of them.
    public var all: [String] { [jobsInteractive, jobsBulk, results, deadJobs, deadResults, workers] }

    /// The topic of a lane; jobs of a lane that is not known go the slow way.
    public func jobs(_ lane: Lane) -> String {
        lane == .interactive ? jobsInteractive : jobsBulk
    }
}

/// The names of Mien's consumer groups, under the same prefix as the topics.
extension Topics {
    /// The group in which all worker processes share a lane's jobs.
    public func workerGroup(_ lane: Lane) -> String {
        prefix + (lane == .interactive ? "workers.interactive" : "workers.bulk")
    }

    /// The group in which all gateways share the results.
    public var recorderGroup: String { prefix + "gateways.results" }

    /// Each group on the way of a photo with the topic that it reads.
    public var readers: [(group: String, topic: String)] {
        [
            (workerGroup(.interactive), jobsInteractive), (workerGroup(.bulk), jobsBulk), (recorderGroup, results),
        ]
    }

    /// The group in which all gateways share the workers' heartbeats.
    public var workersGroup: String { prefix + "gateways.workers" }
}
