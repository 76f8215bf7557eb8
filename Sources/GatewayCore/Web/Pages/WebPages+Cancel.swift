import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

extension WebPages {
    func addCancelRoutes(to router: Router<GatewayContext>) {
        router.post("/analyses/:id/cancel") { request, context in
            let user = try person(request, context)
            _ = try await form(EmptyForm.self, request, context)
            return try await cancel(request, context, of: user)
        }
        router.post("/batches/:id/cancel") { request, context in
            let user = try person(request, context)
            _ = try await form(EmptyForm.self, request, context)
            return try await cancelBatch(request, context, of: user)
        }
    }

    /// Stops one analysis. Asked twice, it says the same; what ended otherwise stays, and the answer says so.
    private func cancel(_ request: Request, _ context: GatewayContext, of user: User) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.notFound }
        let stopped = try await services.analyses.cancel(.some([id]), owner: user.id)
        var isCancelled = !stopped.isEmpty
        if !isCancelled { isCancelled = try await analysis(context, of: user).status == .cancelled }
        if context.wantsJSON(request) {
            guard isCancelled else { throw RequestFailure.alreadyEnded }
            return try CancelledDocument([id]).response()
        }
        // A page that was a moment late shows what came instead.
        let notice = isCancelled ? "" : "?done=\(SelectionNotice(deed: .cancel, count: 0).text)"
        return Response.redirect(to: "/analyses/\(id.lower)\(notice)", type: .normal)
    }

    /// Stops what is still open of a batch.
    private func cancelBatch(_ request: Request, _ context: GatewayContext, of user: User) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.notFound }
        let stopped = try await services.analyses.cancel(.batch(id), owner: user.id)
        if stopped.isEmpty { _ = try await batch(context, of: user) }
        if context.wantsJSON(request) { return try CancelledDocument(stopped).response() }
        let notice = SelectionNotice(deed: .cancel, count: stopped.count)
        return Response.redirect(to: "/batches/\(id.lower)?done=\(notice.text)", type: .normal)
    }
}

/// What programs are told of analyses that were cancelled: those that are cancelled now.
struct CancelledDocument: Encodable {
    let analyses: [SubmissionAnswer.Document.Accepted]

    init(_ ids: [UUID]) {
        analyses = ids.map {
            .init(id: $0.lower, status: AnalysisStatus.cancelled.rawValue, url: "/analyses/\($0.lower).json")
        }
    }

    func response() throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(self))))
    }
}
