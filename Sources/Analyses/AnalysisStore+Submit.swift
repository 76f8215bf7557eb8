package import Foundation
import Logging
import NIOCore
import Postgres

/// A photo with its information, ready to be stored.
package struct Submission: Sendable {
    package let owner: UUID
    package let lane: AnalysisLane
    package let information: AnalysisInformation
    /// Photos that are sent together.
    package var batch: BatchReference?
    package let fileName: String
    package let contentType: String
    package let bytes: [UInt8]
    package let requestID: String

    package init(
        owner: UUID, lane: AnalysisLane, information: AnalysisInformation, batch: BatchReference? = nil,
        fileName: String, contentType: String, bytes: [UInt8], requestID: String
    ) {
        self.owner = owner
        self.lane = lane
        self.information = information
        self.batch = batch
        self.fileName = fileName
        self.contentType = contentType
        self.bytes = bytes
        self.requestID = requestID
    }
}

extension AnalysisStore {
    /// Stores analysis, photo and outbox row in one transaction, and wakes the relay.
    ///
    /// - Returns: the new analysis's id; once this returns, the photo ends in a terminal state whatever happens.
    /// - Throws: `IntakeRefusal` at a limit.
    package func submit(_ submission: Submission, limits: IntakeLimits) async throws -> UUID {
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

extension UUID {
    /// A version 7 UUID (RFC 9562): milliseconds since 1970, then 74 random bits, so that new rows go to the end of
    /// an index and ids cannot be guessed.
    package static func timeOrdered(now: Date = .now) -> UUID {
        var bytes = UUID().uuid
        let milliseconds = UInt64(now.timeIntervalSince1970 * 1000)
        withUnsafeMutableBytes(of: &bytes) { bytes in
            for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * UInt64(index))) }
            bytes[6] = bytes[6] & 0x0F | 0x70
        }
        return UUID(uuid: bytes)
    }
}
