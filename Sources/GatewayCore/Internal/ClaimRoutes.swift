import Analyses
import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Metrics
import Postgres

/// Where workers claim photos and hand over the pictures that they have drawn, on the internal port.
///
/// The claim is the attempt journal: it counts the attempt durably before the bytes leave, so a photo that kills its
/// process, or the whole container, is found out.
struct ClaimRoutes: Sendable {
    let database: ConnectionPool
    let tickets: TicketSigner

    func add(to router: Router<GatewayContext>) {
        router.get("/photos/{id}", use: claim)
        router.put("/photos/{id}/pictures", use: take)
        for picture in DrawnPicture.allCases {
            guard let path = picture.task.drawingPath else { continue }
            router.get(RouterPath("/photos/{id}/\(path)")) { try await claim(picture, $0, $1) }
            router.put(RouterPath("/photos/{id}/\(path)")) { try await take(picture, $0, $1) }
        }
    }

    @Sendable func claim(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { return Response(status: .gone) }
        guard let ticket = ticket(request, id) else { return Response(status: .forbidden) }
        let claim = try await AnalysisStore(database: database).claim(
            id, generation: ticket.generation, message: ticket.message, claim: request.claim, worker: request.worker)
        context.logger.debug(
            "Photo claimed",
            metadata: [
                "analysis.id": "\(id.lower)", "claim": "\(claim.word)",
                "worker": "\(request.worker ?? "")",
            ])
        Counter(label: "mien_claims", dimensions: [("outcome", claim.word)]).increment()
        guard case .granted(let attempt, let contentType, let bytes) = claim else { return Response(status: .gone) }
        return Response(
            status: .ok,
            headers: [.contentType: contentType, .mienAttempt: "\(attempt)", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// What the request's ticket is for; nil when it opens nothing here.
    func ticket(_ request: Request, _ id: UUID) -> TicketSigner.Ticket? {
        let ticket = request.headers[.authorization].flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        return ticket.flatMap { tickets.verify($0, for: id) }
    }
}

extension HTTPField.Name {
    /// How often the photo has been claimed, this time included.
    static let mienAttempt = Self("Mien-Attempt")!
    /// Which claim it is: the same each time that a worker sends it again.
    static let mienClaim = Self("Mien-Claim")!
    /// The worker process that asks.
    static let mienWorker = Self("Mien-Worker")!
}

extension Request {
    /// Which claim it is; nil from workers that do not tell.
    var claim: UUID? { headers[.mienClaim].flatMap { UUID(uuidString: $0) } }

    /// The name of the worker process that asks, as far as heartbeats have names; nil where it has none.
    var worker: String? { headers[.mienWorker].map { String($0.prefix(255)) } }

    /// How long the body says that it is.
    var byteCount: Int { headers[.contentLength].flatMap { Int($0) } ?? 0 }
}
