package import Contracts
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
    package let byteCount: Int
    /// SHA-256 of the photo, by which it is known when it is sent again; nil where that does not matter.
    package var digest: [UInt8]?
    package var handling = PhotoHandling()
    /// What is done when the person has sent the same bytes before.
    package var ifDuplicate = IfDuplicate.analyse
    /// Makes the photo's bytes: of all that are sent together, only one is copied at a time.
    package let bytes: @Sendable () -> [UInt8]
    package let requestID: String
    /// The trace of the upload; nil for what nobody sent.
    package let trace: TraceContext?

    package init(
        owner: UUID, lane: AnalysisLane, information: AnalysisInformation, batch: BatchReference? = nil,
        fileName: String, contentType: String, byteCount: Int, bytes: @escaping @Sendable () -> [UInt8],
        digest: [UInt8]? = nil, handling: PhotoHandling = PhotoHandling(), requestID: String,
        trace: TraceContext? = nil
    ) {
        self.digest = digest
        self.handling = handling
        self.owner = owner
        self.lane = lane
        self.information = information
        self.batch = batch
        self.fileName = fileName
        self.contentType = contentType
        self.byteCount = byteCount
        self.bytes = bytes
        self.requestID = requestID
        self.trace = trace
    }
}

/// What became of photos that were sent together.
package struct Submitted: Sendable {
    /// The analyses' ids, or why a photo was not taken, in the order of the photos: from the first that meets a limit
    /// on, none is; with a key none of them at all.
    package let results: [Result<UUID, IntakeRefusal>]
    /// Those of them that were there before, of photos for which that was asked.
    package let earlier: Set<UUID>
    /// The batch that the new ones are in; nil without one, and when none is new.
    package let batch: UUID?
    /// Whether this is the answer to a request that was done before.
    package let wasTakenBefore: Bool
}

extension AnalysisStore {
    /// Stores analyses, photos and outbox rows in one transaction, and wakes the relay.
    ///
    /// - Parameter request: what a program may send twice; the transaction keeps the answer to it.
    /// - Returns: what was taken. Once this returns, each that was taken ends in a terminal state whatever happens.
    /// - Throws: `BatchNotFound`, and ``IdempotencyRefusal``.
    package func submit(
        _ submissions: [Submission], limits: IntakeLimits, as request: IdempotentRequest? = nil
    ) async throws -> Submitted {
        do {
            return try await database.withTransaction { connection in
                if let earlier = try await request?.begin(connection) {
                    return Submitted(
                        results: earlier.analyses.map(Result.success), earlier: earlier.earlier, batch: earlier.batch,
                        wasTakenBefore: true)
                }
                try await Self.lockDuplicates(of: submissions, on: connection)
                var results: [Result<UUID, IntakeRefusal>] = []
                var new: Set<UUID> = []
                for submission in submissions {
                    do {
                        if let found = try await Self.duplicate(of: submission, on: connection) {
                            results.append(.success(found))
                            continue
                        }
                        let id = try await submit(submission, limits: limits, on: connection)
                        new.insert(id)
                        results.append(.success(id))
                    } catch let refusal as IntakeRefusal {
                        // Taken in part, it could neither be sent again nor be told from what was not sent yet.
                        if request != nil { throw refusal }
                        results += Array(repeating: .failure(refusal), count: submissions.count - results.count)
                        break
                    }
                }
                let taken = results.compactMap { try? $0.get() }
                let earlier = Set(taken).subtracting(new)
                let batch = taken.isEmpty || !new.isEmpty ? submissions.first?.batch?.id : nil
                if !taken.isEmpty {
                    try await request?.end(
                        connection, with: .init(analyses: taken, earlier: earlier, batch: batch))
                }
                return Submitted(results: results, earlier: earlier, batch: batch, wasTakenBefore: false)
            }
        } catch let refusal as IntakeRefusal {
            return Submitted(
                results: submissions.map { _ in .failure(refusal) }, earlier: [], batch: submissions.first?.batch?.id,
                wasTakenBefore: false)
        }
    }

    /// Of two who send the same photo at the same time, and want it analysed once, the second waits here and then finds the
    /// first one's. All locks are taken in one order, before anything else is: nobody waits in a circle.
    private static func lockDuplicates(of submissions: [Submission], on connection: Connection) async throws {
        let digests = Set(submissions.filter { $0.ifDuplicate == .returnEarlier }.compactMap(\.digest))
        guard let owner = submissions.first?.owner else { return }
        for name in digests.map({ "duplicate \(owner) \(Data($0).base64EncodedString())" }).sorted() {
            try await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(\(name), 0))")
        }
    }

    /// The analysis to return in place of a new one: the newest that has a result, or else that will have one.
    private static func duplicate(of submission: Submission, on connection: Connection) async throws -> UUID? {
        guard submission.ifDuplicate == .returnEarlier, let digest = submission.digest else { return nil }
        return try await connection.first(
            """
            SELECT id FROM analyses
            WHERE user_id = \(submission.owner) AND photo_sha256 = \(digest) AND binned_at IS NULL
              AND \(AnalysisStatus.condition(AnalysisStatus.open + [.finished]))
            ORDER BY \(AnalysisStatus.condition([.finished])) DESC, submitted_at DESC, id DESC LIMIT 1
            """)?.decode(UUID.self)
    }

    private func submit(
        _ submission: Submission, limits: IntakeLimits, on connection: Connection
    ) async throws -> UUID {
        let id = UUID.timeOrdered()
        try await limits.check(connection, owner: submission.owner)
        try await submission.batch?.join(connection, owner: submission.owner, limit: limits.maxBatch)
        try await connection.execute(AnalysisLifecycle.submitted(submission, id: id))
        try await connection.execute(
            .often("INSERT INTO photos (analysis_id, bytes) VALUES (\(id), \(submission.bytes()))"))
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
