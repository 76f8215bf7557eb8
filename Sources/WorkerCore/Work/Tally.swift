import Foundation
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
        /// When the last photo ended, in Unix milliseconds; 0 before the first.
        var lastPhotoAtMs: Int64 = 0
        /// How long each stage took.
        var stages: [String: StageHistogram] = [:]
    }

    private let state = Mutex(Figures())

    /// The figures now.
    var figures: Figures { state.withLock { $0 } }

    /// Counts a photo that was analysed.
    func count(faces: Int, stages: [(stage: String, duration: Duration)]) {
        state.withLock { figures in
            figures.analysed += 1
            figures.faces += faces
            figures.lastPhotoAtMs = Date.now.unixMilliseconds
            for (stage, duration) in stages { figures.stages[stage, default: .init()].add(duration) }
        }
    }

    /// Counts a photo that could not be analysed.
    func countFailure() {
        state.withLock {
            $0.failed += 1
            $0.lastPhotoAtMs = Date.now.unixMilliseconds
        }
    }

    /// Counts one more stage of a photo.
    func count(_ stage: String, _ duration: Duration) {
        state.withLock { $0.stages[stage, default: .init()].add(duration) }
    }
}
