import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres

/// Pictures with the faces drawn on them: asked for, drawn by a worker, and answered when they are there.
struct DrawnPictureRoutes: Sendable {
    let database: ConnectionPool
    let changes: AnalysisChanges

    func add(to router: some RouterMethods<GatewayContext>) {
        router.get("/analyses/{id}/full.jpg", use: full)
        router.get("/analyses/{id}/annotated.jpg", use: annotated)
    }

    /// The photo as large as it is, or 202 until it is drawn. With `?wait=SECONDS` or `Prefer: wait=SECONDS` the answer comes as
    /// soon as it is there, at the latest after that time. A browser asks again by itself.
    @Sendable func full(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let (id, owner) = try AnalysisRoutes.subject(context)
        let wait = AnalysisRoutes.wait(request, context) ?? 0
        guard let jpeg = try await jpeg(.full, of: id, owner: owner, wait: wait) else {
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
        }
        return Self.answer(jpeg, request, named: "mien-\(id.lower.prefix(8))-full.jpg")
    }

    /// The photo as pages show it, with its faces drawn; answered when it is drawn, or after the time that the request says.
    @Sendable func annotated(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let (id, owner) = try AnalysisRoutes.subject(context)
        let jpeg = try await annotated(of: id, owner: owner, wait: AnalysisRoutes.wait(request, context))
        return Self.answer(jpeg, request, named: "mien-\(id.lower.prefix(8)).jpg")
    }

    /// - Throws: ``RequestFailure`` where there is none, or not yet.
    func annotated(of id: UUID, owner: UUID, wait: Int? = nil) async throws -> [UInt8] {
        guard let jpeg = try await jpeg(.annotated, of: id, owner: owner, wait: wait ?? AnalysisRoutes.maxWait) else {
            throw RequestFailure.stillDrawn
        }
        return jpeg
    }

    /// - Parameter wait: seconds.
    /// - Returns: nil while it is drawn.
    private func jpeg(_ picture: DrawnPicture, of id: UUID, owner: UUID, wait: Int) async throws -> [UInt8]? {
        let state = try await picture.ask(
            id, owner: owner, within: .seconds(max(0, wait)), changes: changes, in: database)
        switch state {
        case .ready(let jpeg)?: return jpeg
        case .drawing?: return nil
        case .failed?: throw RequestFailure.notDrawn
        case .photoGone?: throw RequestFailure.photoGone
        case .notFinished?: throw RequestFailure.noResultYet
        case .tooMany?: throw RequestFailure.tooManyDrawings(picture)
        case nil: throw RequestFailure.notFound
        }
    }

    /// What was corrected since makes another picture.
    private static func answer(_ jpeg: [UInt8], _ request: Request, named name: String) -> Response {
        AnalysisRoutes.answer(jpeg, request, named: name, caching: "private, no-cache")
    }
}
