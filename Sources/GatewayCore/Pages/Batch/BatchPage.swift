import Accounts
import Analyses
import Foundation
import Hummingbird

/// Photos that were sent together.
struct BatchPage: Page {
    let frame: PageFrame
    let analyses: AnalysisStore
    let deletion: PhotoDeletion
    let limits: IntakeLimits

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/batches/:id") { request, context in
            let user = try frame.person(request, context)
            return try await show(request, context, of: user)
        }
        router.post("/batches/:id/retry") { request, context in
            let user = try frame.person(request, context)
            _ = try await frame.form(EmptyForm.self, request, context)
            let batch = try await batch(context, of: user)
            _ = try await analyses.retry(batch.analyses.map(\.id), owner: user.id, limits: limits)
            return Response.redirect(to: "/batches/\(batch.id.lower)", type: .normal)
        }
        router.post("/batches/:id/cancel") { request, context in
            let user = try frame.person(request, context)
            _ = try await frame.form(EmptyForm.self, request, context)
            return try await cancelBatch(request, context, of: user)
        }
        router.post("/batches/:id/delete") { request, context in
            let user = try frame.person(request, context)
            _ = try await frame.form(EmptyForm.self, request, context)
            guard let id = context.parameters.get("id", as: UUID.self),
                let removal = try await deletion.deleteBatch(id, of: user, context)
            else { throw RequestFailure.notFound }
            return PhotoDeletion.answer(removal)
        }
    }

    /// One page of it, or of those of its photos that stand alike.
    private func show(_ request: Request, _ context: GatewayContext, of user: User) async throws -> Response {
        let part = try request.query["show"].map {
            guard let part = BatchPart(rawValue: $0) else { throw RequestFailure.notFound }
            return part
        }
        let page = request.query["page"].map { Int($0) ?? 0 } ?? 1
        guard let id = context.parameters.get("id", as: UUID.self), (1...Batch.limit).contains(page),
            let slice = try await analyses.batch(
                id, owner: user.id, part: part, skipping: (page - 1) * BatchModel.pageLength,
                limit: BatchModel.pageLength)
        else { throw RequestFailure.notFound }
        let site = frame.site(
            "Photos sent together", .history, context, script: "list.js", refresh: slice.batch.open > 0 ? 3 : nil)
        let notice = SelectionNotice.asked(by: request)?.description
        return frame.page(
            .batch,
            BatchModel(site: site, slice: slice, part: part, page: page, notice: notice, binDays: deletion.binDays), context)
    }

    /// Stops what is still open of a batch.
    private func cancelBatch(_ request: Request, _ context: GatewayContext, of user: User) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.notFound }
        let stopped = try await analyses.cancel(.batch(id), owner: user.id)
        if stopped.isEmpty { _ = try await batch(context, of: user) }
        if context.wantsJSON(request) { return try CancelledDocument(stopped).response() }
        let notice = SelectionNotice(.cancel, count: stopped.count)
        return Response.redirect(to: "/batches/\(id.lower)?done=\(notice.text)", type: .normal)
    }

    private func batch(_ context: GatewayContext, of user: User) async throws -> Batch {
        guard let id = context.parameters.get("id", as: UUID.self),
            let batch = try await analyses.batch(id, owner: user.id)
        else { throw RequestFailure.notFound }
        return batch
    }
}
