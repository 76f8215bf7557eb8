import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Reports

extension WebPages {
    /// Analyses on one page of the history.
    static let historyLimit = 24

    /// What is to be done to the chosen analyses.
    struct SelectionForm: CSRFForm {
        enum Deed: String, Decodable { case delete, retry, cancel, csv, zip }

        let csrf_token: String?
        let deed: Deed?
        let ids: [UUID]?
        /// The page to come back to.
        let here: String?
    }

    func addHistoryRoutes(to router: Router<GatewayContext>) {
        router.get("/analyses") { request, context in
            try await history(request, context)
        }
        router.post("/analyses/selected") { request, context in
            let user = try person(request, context)
            let form = try await form(SelectionForm.self, request, context)
            return try await act(form, of: user, request, context)
        }
    }

    private func history(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try person(request, context)
        let fields = request.query
        let filter = try HistoryFilter(in: PersonalTime.current) { fields[$0] }
        let text = fields["before"]
        let cursor = text.flatMap(HistoryCursor.init(text:))
        if text != nil, cursor == nil { throw RequestFailure.notFound }
        let found = try await services.analyses.history(
            owner: user.id, filter: filter, before: cursor, limit: Self.historyLimit)
        let count = try await services.analyses.count(owner: user.id, filter: filter)
        let suggestions = try await services.analyses.recentTags(owner: user.id)
        let isOpen = found.items.contains { !$0.status.isTerminal }
        let frame = site("History", .history, context, script: "list.js", refresh: isOpen ? 5 : nil)
        let notice = SelectionNotice.asked(by: request)
        let model = HistoryModel(
            site: frame, page: found, filter: filter, cursor: cursor, count: count, suggestions: suggestions,
            notice: notice?.description)
        return page(.history, model, context)
    }

    private func act(
        _ form: SelectionForm, of user: User, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let ids = form.ids ?? []
        guard let deed = form.deed, ids.count <= ReportRoutes.maxSelected else { throw RequestFailure.badForm }
        switch deed {
        case .delete:
            let count = try await services.analyses.delete(ids, owner: user.id)
            context.logger.info("Analyses deleted by their owner", metadata: ["analyses": "\(count)"])
            if count > 0 {
                try await services.audit.record(.analysisDeleted, by: user.id, detail: "\(count) at once", context)
            }
            return back(to: form.here, SelectionNotice(deed: deed, count: count))
        case .retry:
            return back(to: form.here, SelectionNotice(deed: deed, count: try await retry(ids, of: user)))
        case .cancel:
            let stopped = try await services.analyses.cancel(.some(ids), owner: user.id)
            if context.wantsJSON(request) { return try CancelledDocument(stopped).response() }
            return back(to: form.here, SelectionNotice(deed: deed, count: stopped.count))
        case .csv:
            let analyses = try await services.analyses.find(ids, owner: user.id)
            return ReportRoutes.table { writer in try await writer(analyses.map(AnalysisTable.lines).joined()) }
        case .zip:
            let analyses = try await services.analyses.find(ids, owner: user.id)
            return AnalysisBundle(analyses: analyses, store: services.analyses, printer: printer)
                .response(named: "mien-analyses")
        }
    }

    private func back(to here: String?, _ notice: SelectionNotice) -> Response {
        let local = LocalPath.safe(here)
        let page = local.hasPrefix("/analyses") ? local : "/analyses"
        return Response.redirect(to: page + (page.contains("?") ? "&" : "?") + "done=\(notice.text)", type: .normal)
    }
}

/// What was done to the chosen analyses; it travels in the address of the page that says so.
struct SelectionNotice: Sendable, CustomStringConvertible {
    let deed: WebPages.SelectionForm.Deed
    let count: Int

    var text: String { "\(deed.rawValue)-\(count)" }

    init(deed: WebPages.SelectionForm.Deed, count: Int) {
        self.deed = deed
        self.count = count
    }

    /// What the page's address says was done.
    static func asked(by request: Request) -> SelectionNotice? {
        request.query["done"].flatMap(SelectionNotice.init(text:))
    }

    init?(text: String) {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let deed = WebPages.SelectionForm.Deed(rawValue: String(parts[0])),
            let count = Int(parts[1]), (0...ReportRoutes.maxSelected).contains(count)
        else { return nil }
        self.init(deed: deed, count: count)
    }

    var description: String {
        let many = Words.count(count, "analysis", "analyses")
        switch deed {
        case .delete: return count == 0 ? "Nothing was chosen, so nothing was deleted." : "\(many) deleted."
        case .retry: return count == 0 ? "None of them had failed or been cancelled." : "\(many) tried again."
        case .cancel: return count == 0 ? "Nothing was cancelled: it had ended already." : "\(many) cancelled."
        case .csv, .zip: return ""
        }
    }
}
