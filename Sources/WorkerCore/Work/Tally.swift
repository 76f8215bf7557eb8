import Synchronization

/// What this process has done since its start, for its heartbeat.
final class Tally: Sendable {
    /// The figures.
    struct Figures: Codable, Equatable, Sendable {
        /// Photos that ended in an analysis.
        var analysed = 0
        /// Photos that ended in a failure.
        var failed = 0
        /// Faces found.
        var faces = 0
    }

    private let state = Mutex(Figures())

    /// The figures now.
    var figures: Figures { state.withLock { $0 } }

    func count(faces: Int) {
        state.withLock {
            $0.analysed += 1
            $0.faces += faces
        }
    }

    func countFailure() {
        state.withLock { $0.failed += 1 }
    }
}
