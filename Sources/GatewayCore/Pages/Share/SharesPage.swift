import Accounts
import Analyses
import Foundation
import Hummingbird
import Sharing

/// All links that a person shared, and the way to end them.
struct SharesPage: Page {
    let frame: PageFrame
    let own: OwnShares

    struct EndForm: CSRFForm {
        let csrf_token: String?
        let back: String?
    }

    private static let pageSize = 50

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/shares") { request, context in
            let user = try frame.person(request, context)
            let cursor = request.query["before"].flatMap(ListCursor.init(text:))
            let page = try await own.shares.shares(of: user.id, before: cursor, limit: Self.pageSize)
            let model = SharesModel(
                site: frame.site("Shared links", .account, context), links: page.items, next: page.next,
                isFirst: cursor == nil, isOff: !own.isOn, done: OwnShares.ended(request.query["done"]))
            return frame.page(.shares, model, context)
        }
        router.post("/shares/:id/end") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(EndForm.self, request, context)
            guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.notFound }
            try await own.end(id, of: user, context)
            let back = form.back.map { LocalPath.safe($0) } ?? "/shares?done=ended"
            return Response.redirect(to: back, type: .normal)
        }
    }
}
