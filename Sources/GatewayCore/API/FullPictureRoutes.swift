import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres

/// The photo as large as it is with its faces drawn: asked for, drawn by a worker, and answered when it is there.
struct FullPictureRoutes: Sendable {
    let database: ConnectionPool
    let changes: AnalysisChanges

    func add(to router: some RouterMethods<GatewayContext>) {
        router.get("/analyses/{id}/full.jpg", use: picture)
    }

    /// The picture, or 202 until it is drawn. With `?wait=SECONDS` or `Prefer: wait=SECONDS` the answer comes as soon as it is
    /// there, at the latest after that time. A browser asks again by itself.
    @Sendable func picture(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let user = context.user, let id = context.parameters.get("id", as: UUID.self) else {
            throw RequestFailure.notFound
        }
        let preferred = APIRequest(request: request, context: context).preferredWait
        let wait = min(request.query["wait"].flatMap { Int($0) } ?? preferred ?? 0, AnalysisRoutes.maxWait)
        let state = try await changes.observe(id, timeout: .seconds(max(0, wait))) {
            try await FullPicture.ask(id, owner: user.id, in: database)
        } isDone: { state in
            if case .drawing? = state { false } else { true }
        }
        switch state {
        case .ready(let jpeg)?:
            var headers: HTTPFields = [.contentType: "image/jpeg", .cacheControl: "private, no-cache"]
            if request.query["download"] != nil {
                headers[.contentDisposition] = "attachment; filename=\"mien-\(id.lower)-full.jpg\""
            }
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: jpeg)))
        case .drawing?:
            return Response(
                status: .accepted,
                headers: [
                    .contentType: "text/plain; charset=utf-8", .cacheControl: "no-store", .retryAfter: "2",
                    HTTPField.Name("Refresh")!: "2",
                ],
                body: ResponseBody(
                    byteBuffer: ByteBuffer(
                        string:
                            "The picture is being drawn. A browser asks again by itself; a program waits two seconds.\n"
                    )))
        case .failed?: throw RequestFailure.notDrawn
        case .photoGone?: throw RequestFailure.photoGone
        case .notFinished?: throw RequestFailure.noResultYet
        case .tooMany?: throw RequestFailure.tooManyDrawings
        case nil: throw RequestFailure.notFound
        }
    }
}
