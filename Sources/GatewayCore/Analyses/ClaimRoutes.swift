import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Metrics
import Postgres

/// Where workers claim photos, on the internal port.
///
/// The claim is the attempt journal: it counts the attempt durably before the bytes leave, so a photo that kills its
/// process, or the whole container, is found out.
struct ClaimRoutes: Sendable {
    let database: ConnectionPool
    let tickets: TicketSigner

    func add(to router: Router<GatewayContext>) {
        router.get("/photos/{id}", use: claim)
    }

    @Sendable func claim(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { return Response(status: .gone) }
        let ticket = request.headers[.authorization].flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        guard let ticket, let generation = tickets.verify(ticket, for: id) else { return Response(status: .forbidden) }
        let claim = try await database.withTransaction { connection in
            try await self.claim(id, generation: generation, on: connection)
        }
        context.logger.debug(
            "Photo claimed", metadata: ["analysis.id": "\(id.uuidString.lowercased())", "claim": "\(claim.word)"])
        Counter(label: "mien_claims", dimensions: [("outcome", claim.word)]).increment()
        guard case .granted(let attempt, let contentType, let bytes) = claim else { return Response(status: .gone) }
        return Response(
            status: .ok,
            headers: [.contentType: contentType, .mienAttempt: "\(attempt)", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private enum Claim: Sendable {
        case granted(attempt: Int, contentType: String, bytes: [UInt8])
        case gone
        case exhausted

        var word: String {
            switch self {
            case .granted: "granted"
            case .gone: "gone"
            case .exhausted: "exhausted"
            }
        }
    }

    private func claim(_ id: UUID, generation: Int, on connection: Connection) async throws -> Claim {
        let claimed = try await connection.first(
            """
            UPDATE analyses SET status = 'processing', attempts = attempts + 1, moved_at = now(),
                                started_at = coalesce(started_at, now())
            WHERE id = \(id) AND generation = \(generation) AND status IN ('queued', 'processing')
              AND attempts < \(GatewayConfiguration.maxAttempts)
            RETURNING attempts, content_type, (SELECT bytes FROM photos WHERE analysis_id = analyses.id)
            """)
        if let claimed {
            let (attempt, contentType, bytes) = try claimed.decode((Int, String, [UInt8]).self)
            try await AnalysisNotice.send(id, on: connection)
            return .granted(attempt: attempt, contentType: contentType, bytes: bytes)
        }
        return try await giveUp(id, generation: generation, on: connection) ? .exhausted : .gone
    }

    /// Fails an analysis that is still open though its attempts are used up.
    private func giveUp(_ id: UUID, generation: Int, on connection: Connection) async throws -> Bool {
        let message =
            "This photo stopped the analysis \(GatewayConfiguration.maxAttempts) times and was given up. Save it anew in an image editor and send that."
        let failed = try await connection.first(
            """
            WITH changed AS (
                UPDATE analyses SET status = 'failed', finished_at = now(), error_code = 'attempts_exhausted',
                                    error_message = \(message)
                WHERE id = \(id) AND generation = \(generation) AND status IN ('queued', 'processing')
                  AND attempts >= \(GatewayConfiguration.maxAttempts)
                RETURNING user_id)
            UPDATE users SET failed_count = failed_count + 1 FROM changed WHERE users.id = changed.user_id
            RETURNING users.id
            """)
        guard failed != nil else { return false }
        try await Outbox.add(id, kind: .dead, on: connection)
        try await AnalysisNotice.send(id, on: connection)
        return true
    }
}

extension HTTPField.Name {
    /// How often the photo has been claimed, this time included.
    static let mienAttempt = Self("Mien-Attempt")!
}
