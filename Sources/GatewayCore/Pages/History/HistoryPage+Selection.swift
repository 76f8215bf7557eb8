import Accounts
import Analyses
import Foundation
import Hummingbird
import Reports
import ServiceSupport

/// What is done to several at once.
extension HistoryPage {
    struct SelectionForm: CSRFForm {
        enum Action: String, Decodable { case delete, retry, cancel, csv, zip, tag, untag }

        let csrf_token: String?
        let action: Action?
        let ids: [UUID]?
        /// Anything: all that the filter finds are meant, and not those of the list.
        let all: String?
        /// The filter, as an address's query.
        let filter: String?
        /// As a person writes them.
        let tags: String?
        /// The page to come back to.
        let here: String?
    }

    func act(
        _ form: SelectionForm, of user: User, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        guard let action = form.action else { throw RequestFailure.badForm }
        let ids = try await chosen(form, of: user)
        switch action {
        case .delete:
            return PhotoDeletion.answer(try await deletion.delete(.some(ids), of: user, context), backTo: form.here)
        case .retry:
            let count = try await analyses.retry(ids, owner: user.id, limits: limits)
            return Self.back(
                to: form.here, SelectionNotice(.retry, count: count, rest: try await left(ids, of: user, after: count)))
        case .cancel:
            let stopped = try await analyses.cancel(.some(ids), owner: user.id)
            if context.wantsJSON(request) { return try CancelledDocument(stopped).response() }
            return Self.back(to: form.here, SelectionNotice(.cancel, count: stopped.count))
        case .tag:
            let change = try await analyses.addTags(try Self.tags(form), to: ids, owner: user.id)
            return Self.back(to: form.here, SelectionNotice(.tag, count: change.changed, rest: change.full))
        case .untag:
            let count = try await analyses.removeTags(try Self.tags(form), from: ids, owner: user.id)
            return Self.back(to: form.here, SelectionNotice(.untag, count: count))
        case .csv, .zip:
            return try await saved(action, try await analyses.find(ids, owner: user.id), request, context)
        }
    }

    /// The ids of the list, or of all that the filter finds.
    private func chosen(_ form: SelectionForm, of user: User) async throws -> [UUID] {
        let most = ReportRoutes.maxSelected
        guard form.all != nil else {
            let ids = form.ids ?? []
            guard ids.count <= most else { throw RequestFailure.badForm }
            return ids
        }
        let fields = QueryFields(form.filter)
        let filter = try HistoryFilter(in: PersonalTime.current) { fields[$0] }
        let ids = try await analyses.ids(owner: user.id, filter: filter, limit: most + 1)
        guard ids.count <= most else { throw RequestFailure.tooManyChosen }
        return ids
    }

    /// How many of those that were to be tried again had no room in the queue. Without any room, nothing comes so far.
    private func left(_ ids: [UUID], of user: User, after count: Int) async throws -> Int {
        guard count > 0, count < ids.count else { return 0 }
        return try await analyses.find(ids, owner: user.id)
            .filter { $0.status == .failed || $0.status == .cancelled }.count
    }

    /// The tags that were written, by the rules of a single photo's.
    private static func tags(_ form: SelectionForm) throws -> [String] {
        let (about, problems) = AnalysisInformation.check { $0 == "tags" ? (form.tags ?? "").asField : "" }
        if let problem = problems["tags"] { throw RequestFailure.tags(problem) }
        guard !about.tags.isEmpty else { throw RequestFailure.tags("Write at least one tag.") }
        return about.tags
    }

    private func saved(
        _ action: SelectionForm.Action, _ chosen: [Analysis], _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let site = configuration.address(request, context)
        guard action == .csv else {
            return AnalysisBundle(
                analyses: chosen, store: analyses, changes: changes, printer: printer, site: site
            ).response(named: "mien-analyses")
        }
        return ReportRoutes.table { writer in
            try await writer(chosen.map { AnalysisTable.lines($0, site: site) }.joined())
        }
    }
}

extension RequestFailure {
    static func tags(_ problem: String) -> RequestFailure {
        badField("tags", problem, title: "The tags were not changed")
    }
    static let tooManyChosen = RequestFailure(
        status: .unprocessableContent, code: "too_many", title: "That is too much at once",
        message: "At most \(ReportRoutes.maxSelected) photos are taken at once. Narrow the filter. Nothing was changed."
    )
}
