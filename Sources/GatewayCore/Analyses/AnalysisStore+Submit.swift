import Foundation
import HTTPTypes
import Logging
import NIOCore
import Postgres

/// A photo with its information, ready to be stored.
struct Submission: Sendable {
    let owner: UUID
    let lane: AnalysisLane
    let information: AnalysisInformation
    /// Photos that are sent together.
    var batch: BatchReference?
    let fileName: String
    let contentType: String
    let bytes: [UInt8]
    let requestID: String
}

/// Why a photo is not taken in now, though nothing is wrong with it.
enum IntakeRefusal: Error, Equatable {
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
    var retryAfter: Int? {
        switch self {
        case .batchFull: nil
        case .tooManyOpen, .queueFull: 30
        case .diskFull, .paused: 600
        }
    }

    /// 429 for what is the person's own doing, 503 for what is not; a batch that is full never has room again.
    var status: HTTPResponse.Status {
        switch self {
        case .batchFull: .unprocessableContent
        case .tooManyOpen: .tooManyRequests
        case .queueFull, .diskFull, .paused: .serviceUnavailable
        }
    }

    var code: String {
        switch self {
        case .tooManyOpen: "too_many_open"
        case .queueFull: "queue_full"
        case .diskFull: "disk_full"
        case .paused: "intake_paused"
        case .batchFull: "batch_full"
        }
    }

    var message: String {
        switch self {
        case .tooManyOpen(let limit):
            "\(limit) of your photos are waiting already. Send more when some of them are done."
        case .queueFull: "Very many photos are waiting. Try again in half a minute."
        case .diskFull: "The server has no room for more photos. Ask its operator to free disk space."
        case .paused: "Photos are not taken in at the moment: an administrator has paused it. Try again later."
        case .batchFull(let limit): "A batch holds at most \(limit) photos. Send the others as a new one."
        }
    }
}

extension AnalysisStore {
    /// Stores analysis, photo and outbox row in one transaction, and wakes the relay.
    ///
    /// - Returns: the new analysis's id; once this returns, the photo ends in a terminal state whatever happens.
    /// - Throws: `IntakeRefusal` at a limit.
    func submit(_ submission: Submission, limits: IntakeLimits) async throws -> UUID {
        let id = UUID.timeOrdered()
        try await database.withTransaction { connection in
            try await limits.check(connection, owner: submission.owner)
            try await submission.batch?.join(connection, owner: submission.owner)
            try await connection.execute(AnalysisLifecycle.submitted(submission, id: id))
            try await connection.execute(
                "INSERT INTO photos (analysis_id, bytes) VALUES (\(id), \(submission.bytes))")
        }
        return id
    }
}

/// Limits on what waits, so that the queue is bounded and nobody fills it alone.
struct IntakeLimits: Sendable {
    let maxOpenPerUser: Int
    let maxOpen: Int

    /// Uploads that are under way at the same moment may pass a limit together by their number; that is bounded too.
    func check(_ connection: Connection, owner: UUID) async throws {
        let row = try await connection.first(
            """
            SELECT (SELECT count(*) FROM analyses WHERE \(AnalysisStatus.openCondition) AND user_id = \(owner)),
                   (SELECT count(*) FROM analyses WHERE \(AnalysisStatus.openCondition))
            """)
        guard let (own, all) = try row?.decode((Int, Int).self) else { return }
        if own >= maxOpenPerUser { throw IntakeRefusal.tooManyOpen(limit: maxOpenPerUser) }
        if all >= maxOpen { throw IntakeRefusal.queueFull }
    }
}

extension UUID {
    /// A version 7 UUID (RFC 9562): milliseconds since 1970, then 74 random bits, so that new rows go to the end of
    /// an index and ids cannot be guessed.
    static func timeOrdered(now: Date = .now) -> UUID {
        var bytes = UUID().uuid
        let milliseconds = UInt64(now.timeIntervalSince1970 * 1000)
        withUnsafeMutableBytes(of: &bytes) { bytes in
            for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * UInt64(index))) }
            bytes[6] = bytes[6] & 0x0F | 0x70
        }
        return UUID(uuid: bytes)
    }
}
