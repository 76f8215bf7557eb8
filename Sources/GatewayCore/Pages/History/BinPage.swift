import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Reports

/// What a person has deleted and can put back.
struct BinPage: Page {
    let frame: PageFrame
    let analyses: AnalysisStore
    let audit: AuditLog
    let configuration: GatewayConfiguration

    private static let path = "/history/bin"

    /// Which of them are meant.
    struct BinForm: CSRFForm {
        let csrf_token: String?
        let ids: [UUID]?
        /// The one that a button stands beside; the list does not matter then.
        let one: UUID?
        /// What was deleted by one act, which is undone.
        let act: String?
        /// The page to come back to.
        let here: String?
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/history/bin") { request, context in
            try await bin(request, context)
        }
        router.get("/history/bin/{id}/thumbnail.jpg") { request, context in
            try await thumbnail(context)
        }
        router.post("/history/bin/restore") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(BinForm.self, request, context)
            return try await restore(form, of: user, context)
        }
        router.post("/history/bin/delete") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(BinForm.self, request, context)
            let count = try await analyses.deleteFromBin(try Self.chosen(form), owner: user.id)
            return try await deleted(count, by: user, backTo: form.here, context)
        }
        router.post("/history/bin/empty") { request, context in
            let user = try frame.person(request, context)
            _ = try await frame.form(EmptyForm.self, request, context)
            return try await deleted(try await analyses.emptyBin(owner: user.id), by: user, backTo: nil, context)
        }
    }

    private func bin(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.person(request, context)
        let cursor = try HistoryPage.cursor(request)
        let page = try await analyses.bin(owner: user.id, before: cursor, limit: HistoryPage.pageLength)
        let model = BinModel(
            site: frame.site("Bin", .history, context, script: "list.js"), page: page, cursor: cursor,
            figures: try await analyses.binFigures(owner: user.id),
            terms: BinTerms(binDays: configuration.binDays, retentionDays: configuration.retentionDays),
            notice: SelectionNotice.asked(by: request)?.description)
        return frame.page(.bin, model, context)
    }

    /// The only picture of what is in the bin that anybody gets.
    private func thumbnail(_ context: GatewayContext) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self), let user = context.user,
            let jpeg = try await analyses.preview(id, owner: user.id, kind: .thumbnail, inBin: true)
        else { throw RequestFailure.notFound }
        return Response(
            status: .ok, headers: [.contentType: "image/jpeg", .cacheControl: "private, no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: jpeg)))
    }

    private static func chosen(_ form: BinForm) throws -> [UUID] {
        let ids = form.one.map { [$0] } ?? form.ids ?? []
        guard ids.count <= ReportRoutes.maxSelected else { throw RequestFailure.badForm }
        return ids
    }

    private func restore(_ form: BinForm, of user: User, _ context: GatewayContext) async throws -> Response {
        let choice: AnalysisChoice
        if let text = form.act {
            guard let act = BinAct(text: text) else { throw RequestFailure.badForm }
            choice = .binned(at: act.at)
        } else {
            choice = .some(try Self.chosen(form))
        }
        let count = try await analyses.restore(choice, owner: user.id)
        if count > 0 { await audit.record(.analysisRestored, by: user.id, detail: "\(count) at once", context) }
        // What is undone is undone on the page that offers it, and what is put back from the bin, there.
        let page = form.act == nil ? Self.path : "/analyses"
        return HistoryPage.back(to: form.here, SelectionNotice(.restore, count: count), at: page)
    }

    private func deleted(
        _ count: Int, by user: User, backTo here: String?, _ context: GatewayContext
    ) async throws -> Response {
        if count > 0 { await audit.record(.analysisDeleted, by: user.id, detail: "\(count) from the bin", context) }
        return HistoryPage.back(to: here, SelectionNotice(.purge, count: count), at: Self.path)
    }
}
