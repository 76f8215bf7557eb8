import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Operations
import Reports

/// All that a person has sent, and what they do to several of it at once.
struct HistoryPage: Page {
    let frame: PageFrame
    let analyses: AnalysisStore
    let deletion: PhotoDeletion
    let limits: IntakeLimits
    let changes: AnalysisChanges
    let printer: ReportPrinter
    let configuration: GatewayConfiguration

    /// Analyses on one page of the history.
    static let pageLength = 24

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/analyses") { request, context in
            try await history(request, context)
        }
        router.post("/analyses/selected") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(SelectionForm.self, request, context)
            return try await act(form, of: user, request, context)
        }
        addSearches(to: router)
    }

    private func history(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.person(request, context)
        let fields = request.query
        let filter = try HistoryFilter(in: PersonalTime.current) { fields[$0] }
        let cursor = try Self.cursor(request)
        let found = try await analyses.history(
            owner: user.id, filter: filter, before: cursor, limit: Self.pageLength)
        let count = try await analyses.count(owner: user.id, filter: filter)
        let suggestions = try await analyses.recentTags(owner: user.id)
        let searches = try await analyses.savedSearches(of: user.id)
        let isOpen = found.items.contains { !$0.status.isTerminal }
        // Rarely: what was ticked does not outlive it.
        let site = frame.site("History", .history, context, script: "list.js", refresh: isOpen ? 60 : nil)
        let notice = SelectionNotice.asked(by: request)
        let undo = notice?.deed == .delete ? fields["undo"].flatMap(BinAct.init(text:)) : nil
        let model = HistoryModel(
            site: site, page: found, filter: filter, cursor: cursor, count: count, suggestions: suggestions,
            searches: searches, notice: notice?.description, undo: undo, binDays: configuration.binDays)
        return frame.page(.history, model, context)
    }

    /// Where a list goes on.
    static func cursor(_ request: Request) throws -> ListCursor? {
        guard let text = request.query["before"] else { return nil }
        guard let cursor = ListCursor(text: text) else { throw RequestFailure.notFound }
        return cursor
    }

    /// To the page of the history that was left, which says what was done.
    static func back(
        to here: String?, _ notice: SelectionNotice, _ fields: [(String, String)] = [], at page: String = "/analyses"
    ) -> Response {
        let local = LocalPath.safe(here)
        // A page of one analysis may be gone.
        let path = local.prefix { $0 != "?" } == page ? local : page
        let said = ([("done", notice.text)] + fields).map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        return Response.redirect(to: path + (path.contains("?") ? "&" : "?") + said, type: .normal)
    }
}
