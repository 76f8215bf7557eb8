package import Foundation
package import Postgres

/// Limits on what waits, so that the queue is bounded and nobody fills it alone.
package struct IntakeLimits: Sendable {
    package let maxOpenPerUser: Int
    package let maxOpen: Int
    /// Photos of one batch.
    package let maxBatch: Int

    package init(maxOpenPerUser: Int, maxOpen: Int, maxBatch: Int = Batch.limit) {
        self.maxOpenPerUser = maxOpenPerUser
        self.maxOpen = maxOpen
        self.maxBatch = min(maxBatch, Batch.limit)
    }

    /// Nothing in the bin is open.
    ///
    /// Uploads that are under way at the same moment may pass a limit together by their number; that is bounded too.
    ///
    /// - Returns: for how many more there is room, one at least.
    /// - Throws: `IntakeRefusal` where there is none.
    @discardableResult
    package func check(_ connection: Connection, owner: UUID) async throws -> Int {
        let row = try await connection.first(
            """
            SELECT (SELECT count(*) FROM analyses WHERE \(AnalysisStatus.openCondition) AND user_id = \(owner)),
                   (SELECT count(*) FROM analyses WHERE \(AnalysisStatus.openCondition))
            """)
        let (own, all) = try row?.decode((Int, Int).self) ?? (0, 0)
        if own >= maxOpenPerUser { throw IntakeRefusal.tooManyOpen(limit: maxOpenPerUser) }
        if all >= maxOpen { throw IntakeRefusal.queueFull }
        return min(maxOpenPerUser - own, maxOpen - all)
    }
}

/// Why a photo is not taken in now, though nothing is wrong with it.
package enum IntakeRefusal: Error, Equatable {
    /// This person has too many analyses open.
    case tooManyOpen(limit: Int)
    /// Everybody together has.
    case queueFull
    /// The disk is nearly full.
    case diskFull
    /// An administrator has paused the intake.
    case paused
    /// The batch has as many photos as one may have.
    case batchFull(limit: Int)

    /// Seconds after which it is worth trying again; nil when it never is.
    package var retryAfter: Int? {
        switch self {
        case .batchFull: nil
        case .tooManyOpen, .queueFull: 30
        // Whoever paused it may go on at any time.
        case .paused: 60
        case .diskFull: 600
        }
    }

    package var code: String {
        switch self {
        case .tooManyOpen: "too_many_open"
        case .queueFull: "queue_full"
        case .diskFull: "disk_full"
        case .paused: "intake_paused"
        case .batchFull: "batch_full"
        }
    }

    package var message: String {
        switch self {
        case .tooManyOpen(let limit):
            "\(limit) of your photos are waiting already. Send more when some of them are done."
        case .queueFull: "Very many photos are waiting. There may be room again in half a minute."
        case .diskFull: "The server has no room for more photos. Ask its operator to free disk space."
        case .paused: "Photos are not taken in at the moment: an administrator has paused it."
        case .batchFull(let limit): "A batch holds at most \(limit) photos. Send the others as a new one."
        }
    }
}
