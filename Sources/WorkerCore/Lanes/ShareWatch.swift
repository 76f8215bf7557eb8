import Synchronization

/// Waits until every lane's group has told this process its share: only then can jobs come.
final class ShareWatch: Sendable {
    private let missing: Mutex<Set<JobLane>>
    private let complete: @Sendable () -> Void

    /// - Parameter complete: called once, when no lane is missing any more.
    init(lanes: some Sequence<JobLane>, complete: @escaping @Sendable () -> Void) {
        missing = Mutex(Set(lanes))
        self.complete = complete
    }

    /// Notes that a lane has its share, which may be none.
    func arrived(_ lane: JobLane) {
        let isLast = missing.withLock { $0.remove(lane) != nil && $0.isEmpty }
        if isLast { complete() }
    }
}
