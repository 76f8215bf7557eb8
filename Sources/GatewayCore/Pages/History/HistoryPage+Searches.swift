import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Reports
import ServiceSupport

/// Searches that a person keeps under a name.
extension HistoryPage {
    struct SearchForm: CSRFForm {
        let csrf_token: String?
        let name: String?
        /// The filter, as an address's query.
        let filter: String?
    }

    struct ForgottenSearchForm: CSRFForm {
        let csrf_token: String?
        let id: UUID?
        /// The page to come back to.
        let here: String?
    }

    func addSearches(to router: Router<GatewayContext>) {
        router.post("/analyses/searches") { request, context in
            let user = try frame.person(request, context)
            return try await save(try await frame.form(SearchForm.self, request, context), of: user)
        }
        router.post("/analyses/searches/forget") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(ForgottenSearchForm.self, request, context)
            guard let id = form.id, try await analyses.forgetSearch(id, owner: user.id) else {
                throw RequestFailure.notFound
            }
            return Response.redirect(to: LocalPath.safe(form.here), type: .normal)
        }
    }

    private func save(_ form: SearchForm, of user: User) async throws -> Response {
        let fields = QueryFields(form.filter)
        let filter = try HistoryFilter(in: PersonalTime.current) { fields[$0] }
        guard !filter.isEmpty else {
            throw RequestFailure.search("Everything is shown. Search or filter first, then save it.")
        }
        let name = (form.name ?? "").asField
        guard !name.isEmpty else { throw RequestFailure.search("Give the search a name.", field: "name") }
        guard name.length <= SavedSearch.longestName else {
            throw RequestFailure.search(
                "A name has at most \(SavedSearch.longestName) characters; this has \(name.length).", field: "name")
        }
        let search = SavedSearch(id: UUID(), name: name, query: HistoryModel.query(filter))
        guard try await analyses.save(search, owner: user.id) else {
            throw RequestFailure.search("You have \(SavedSearch.most) saved searches. Remove one first.")
        }
        return Response.redirect(to: HistoryModel.address("/analyses", filter), type: .normal)
    }
}

extension RequestFailure {
    fileprivate static func search(_ problem: String, field: String = "filter") -> RequestFailure {
        badField(field, problem, title: "The search was not saved")
    }
}
