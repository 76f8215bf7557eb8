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
    let limits: IntakeLimits
    let own: OwnShares

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/batches/:id") { request, context in
            let user = try frame.person(request, context)
            let batch = try await batch(context, of: user)
            return try await show(
                batch, user, context, notice: SelectionNotice.asked(by: request)?.description,
                sharing: OwnShares.isAsked(by: request) ? own.part(of: batch, owner: user.id, request) : nil)
        }
        router.get("/batches/:id/shares") { request, context in
            let user = try frame.person(request, context)
            let id = try await batch(context, of: user).id
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
    }

    private func show(
        _ batch: Batch, _ user: User, _ context: GatewayContext, notice: String? = nil, sharing: SharingModel? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let isOpen = batch.analyses.contains { !$0.status.isTerminal }
        let site = frame.site(
            "Photos sent together", .history, context, script: "list.js", and: sharing == nil ? nil : "enter.js",
            refresh: isOpen && sharing == nil ? 3 : nil)
        let links = own.isOn ? try await own.shares.countOpen(of: [.batch(batch.id)], owner: user.id) : 0
        let model = BatchModel(
            site: site, batch: batch, notice: notice, canShare: own.isOn, links: links, sharing: sharing)
        return frame.page(.batch, model, context, status: status)
    }

    private func share(
        _ form: OwnShares.Form, _ request: Request, _ context: GatewayContext, of user: User
    ) async throws -> Response {
        let batch = try await batch(context, of: user)
        switch try await own.make(form, of: .batch(batch.id), for: user, request, context) {
        case .made(let made):
            return try await show(
                batch, user, context, sharing: own.part(of: batch, owner: user.id, made: made, request))
        case .refused(let fields):
            return try await show(
                batch, user, context, sharing: own.part(of: batch, owner: user.id, fields: fields, request),
                status: .unprocessableContent)
        }
    }

    /// Stops what is still open of a batch.
    private func cancelBatch(_ request: Request, _ context: GatewayContext, of user: User) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.notFound }
        let stopped = try await analyses.cancel(.batch(id), owner: user.id)
        if stopped.isEmpty { _ = try await batch(context, of: user) }
        if context.wantsJSON(request) { return try CancelledDocument(stopped).response() }
        let notice = SelectionNotice(action: .cancel, count: stopped.count)
        return Response.redirect(to: "/batches/\(id.lower)?done=\(notice.text)", type: .normal)
    }

    private func batch(_ context: GatewayContext, of user: User) async throws -> Batch {
        guard let id = context.parameters.get("id", as: UUID.self),
            let batch = try await analyses.batch(id, owner: user.id)
        else { throw RequestFailure.notFound }
        return batch
    }
}
