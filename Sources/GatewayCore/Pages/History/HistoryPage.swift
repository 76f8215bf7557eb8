import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Operations
import Reports

/// All that a person has sent, and what they do to several of it at once.
struct HistoryPage: Page {
    let frame: PageFrame
    let analyses: AnalysisStore
    let audit: AuditLog
    let limits: IntakeLimits
    let printer: ReportPrinter
    let configuration: GatewayConfiguration

    /// Analyses on one page of the history.
    private static let pageLength = 24

    /// What is to be done to the chosen analyses.
    struct SelectionForm: CSRFForm {
        enum Action: String, Decodable { case delete, retry, cancel, csv, zip }

        let csrf_token: String?
        let action: Action?
        let ids: [UUID]?
        /// The page to come back to.
        let here: String?
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/analyses") { request, context in
            try await history(request, context)
        }
        router.post("/analyses/selected") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(SelectionForm.self, request, context)
            return try await act(form, of: user, request, context)
        }
    }

    private func history(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.person(request, context)
        let fields = request.query
        let filter = try HistoryFilter(in: PersonalTime.current) { fields[$0] }
        let text = fields["before"]
        let cursor = text.flatMap(ListCursor.init(text:))
        if text != nil, cursor == nil { throw RequestFailure.notFound }
        let found = try await analyses.history(
            owner: user.id, filter: filter, before: cursor, limit: Self.pageLength)
        let count = try await analyses.count(owner: user.id, filter: filter)
        let suggestions = try await analyses.recentTags(owner: user.id)
        let isOpen = found.items.contains { !$0.status.isTerminal }
        let site = frame.site("History", .history, context, script: "list.js", refresh: isOpen ? 5 : nil)
        let notice = SelectionNotice.asked(by: request)
        let model = HistoryModel(
            site: site, page: found, filter: filter, cursor: cursor, count: count, suggestions: suggestions,
            notice: notice?.description)
        return frame.page(.history, model, context)
    }

    private func act(
        _ form: SelectionForm, of user: User, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let ids = form.ids ?? []
        guard let action = form.action, ids.count <= ReportRoutes.maxSelected else { throw RequestFailure.badForm }
        switch action {
        case .delete:
            let count = try await analyses.delete(ids, owner: user.id)
            context.logger.info("Analyses deleted by their owner", metadata: ["analyses": "\(count)"])
            if count > 0 {
                try await audit.record(.analysisDeleted, by: user.id, detail: "\(count) at once", context)
            }
            return back(to: form.here, SelectionNotice(action: action, count: count))
        case .retry:
            return back(
                to: form.here,
                SelectionNotice(action: action, count: try await analyses.retry(ids, owner: user.id, limits: limits)))
        case .cancel:
            let stopped = try await analyses.cancel(.some(ids), owner: user.id)
            if context.wantsJSON(request) { return try CancelledDocument(stopped).response() }
            return back(to: form.here, SelectionNotice(action: action, count: stopped.count))
        case .csv:
            let chosen = try await analyses.find(ids, owner: user.id)
            let site = configuration.address(request, context)
            return ReportRoutes.table { writer in
                try await writer(chosen.map { AnalysisTable.lines($0, site: site) }.joined())
            }
        case .zip:
            let chosen = try await analyses.find(ids, owner: user.id)
            let site = configuration.address(request, context)
            return AnalysisBundle(analyses: chosen, store: analyses, printer: printer, site: site)
                .response(named: "mien-analyses")
        }
    }

    private func back(to here: String?, _ notice: SelectionNotice) -> Response {
        let local = LocalPath.safe(here)
        let page = local.hasPrefix("/analyses") ? local : "/analyses"
        return Response.redirect(to: page + (page.contains("?") ? "&" : "?") + "done=\(notice.text)", type: .normal)
    }
}
