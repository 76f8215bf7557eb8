import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Sharing

/// Photos that were sent together.
struct BatchPage: Page {
    let frame: PageFrame
    let analyses: AnalysisStore
    let deletion: PhotoDeletion
    let limits: IntakeLimits
    let own: OwnShares

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/batches/:id") { request, context in
            let user = try frame.person(request, context)
            return try await show(request, context, of: user)
        }
        router.get("/batches/:id/shares") { request, context in
            let user = try frame.person(request, context)
            let id = try await existing(context, of: user)
            return Response.redirect(to: SharingModel.page(of: .batch(id)), type: .normal)
        }
        router.post("/batches/:id/shares") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(OwnShares.Form.self, request, context)
            return try await share(form, request, context, of: user)
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
    ///
    /// - Parameter sharing: the part in which it is shared, of a page that answers its form.
    private func show(
        _ request: Request, _ context: GatewayContext, of user: User, sharing: SharingModel? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let part = try request.query["show"].map {
            guard let part = BatchPart(rawValue: $0) else { throw RequestFailure.notFound }
            return part
        }
        guard let id = context.parameters.get("id", as: UUID.self),
            let page = BatchPages.asked(by: request.query["page"]),
            let slice = try await analyses.batch(
                id, owner: user.id, parts: part.map { [$0] } ?? BatchPart.allCases,
                skipping: BatchPages.skipped(before: page), limit: BatchPages.length)
        else { throw RequestFailure.notFound }
        var sharing = sharing
        if sharing == nil, OwnShares.isAsked(by: request) {
            sharing = try await own.part(ofBatch: id, owner: user.id, request)
        }
        let site = frame.site(
            "Photos sent together", .history, context, script: "list.js", and: sharing == nil ? nil : "enter.js",
            refresh: slice.batch.open > 0 && sharing == nil ? 10 : nil)
        let model = BatchModel(
            site: site, slice: slice, part: part, page: page, notice: SelectionNotice.asked(by: request)?.description,
            canShare: own.isOn, links: own.isOn ? try await own.shares.countOpen(of: [.batch(id)], owner: user.id) : 0,
            sharing: sharing, binDays: deletion.binDays)
        return frame.page(.batch, model, context, status: status)
    }

    private func share(
        _ form: OwnShares.Form, _ request: Request, _ context: GatewayContext, of user: User
    ) async throws -> Response {
        let id = try await existing(context, of: user)
        switch try await own.make(form, of: .batch(id), for: user, request, context) {
        case .made(let made):
            return try await show(
                request, context, of: user, sharing: own.part(ofBatch: id, owner: user.id, made: made, request))
        case .refused(let fields):
            return try await show(
                request, context, of: user,
                sharing: own.part(ofBatch: id, owner: user.id, fields: fields, request), status: .unprocessableContent)
        }
    }

    /// Stops what is still open of a batch.
    private func cancelBatch(_ request: Request, _ context: GatewayContext, of user: User) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.notFound }
        let stopped = try await analyses.cancel(.batch(id), owner: user.id)
        if stopped.isEmpty { _ = try await existing(context, of: user) }
        if context.wantsJSON(request) { return try CancelledDocument(stopped).response() }
        let notice = SelectionNotice(.cancel, count: stopped.count)
        return Response.redirect(to: "/batches/\(id.lower)?done=\(notice.text)", type: .normal)
    }

    /// The batch that the address names, without its photos.
    private func existing(_ context: GatewayContext, of user: User) async throws -> UUID {
        guard let id = context.parameters.get("id", as: UUID.self),
            try await own.shares.has(.batch(id), owner: user.id)
        else { throw RequestFailure.notFound }
        return id
    }

    private func batch(_ context: GatewayContext, of user: User) async throws -> Batch {
        guard let id = context.parameters.get("id", as: UUID.self),
            let batch = try await analyses.batch(id, owner: user.id)
        else { throw RequestFailure.notFound }
        return batch
    }
}
