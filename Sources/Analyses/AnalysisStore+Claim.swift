package import Foundation
import Postgres

/// What a worker that asks for a photo is told.
package enum PhotoClaim: Sendable, Equatable {
    case granted(attempt: Int, contentType: String, bytes: [UInt8])
    /// It has ended, was cancelled or deleted, is in a later try, or in work for another message.
    case gone
    /// This was one time too many; the analysis has been given up.
    case exhausted

    /// For logs and metrics.
    package var word: String {
        switch self {
        case .granted: "granted"
        case .gone: "gone"
        case .exhausted: "exhausted"
        }
    }
}

extension AnalysisStore {
    /// Counts an attempt and hands out the photo; gives an analysis up whose attempts are used up.
    ///
    /// - Parameters:
    ///   - message: the one that it is claimed by, as the ticket tells.
    ///   - claim: the same each time that the worker sends it again, which counts once; nil where it does not tell.
    ///   - worker: the process that asks; nil where it does not tell.
    package func claim(
        _ id: UUID, generation: Int, message number: Int64? = nil, claim: UUID? = nil, worker: String? = nil
    ) async throws -> PhotoClaim {
        if let claimed = try await database.first(
            AnalysisLifecycle.claimed(id, generation: generation, message: number, claim: claim, worker: worker))
        {
            let (attempt, contentType, bytes) = try claimed.decode((Int, String, [UInt8]).self)
            return .granted(attempt: attempt, contentType: contentType, bytes: bytes)
        }
        let words =
            "This photo stopped the analysis \(AnalysisLifecycle.maxAttempts) times and was given up. Save it anew in an image editor and send that."
        return try await database.withTransaction { connection in
            let givenUp = try await connection.first(
                AnalysisLifecycle.exhausted(id, generation: generation, message: number, claim: claim, words: words))
            guard givenUp != nil else { return .gone }
            try await WebhookEvent.write([id], on: connection)
            return .exhausted
        }
    }

    /// Publishes jobs again that have not moved for so long and wait for no publishing.
    ///
    /// - Parameter waits: whether they may be waiting for their turn still.
    /// - Returns: how many.
    func publishLost(after seconds: Int, waits: Bool = false, limit: Int = 1_000) async throws -> Int {
        try await database.query(AnalysisLifecycle.swept(after: seconds, waits: waits, limit: limit)).count
    }
}
