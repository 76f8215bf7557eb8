import Accounts
import Analyses
import Foundation
import Hummingbird
import Reports

/// The first page after logging in.
struct HomePage: Page {
    let frame: PageFrame
    let analyses: AnalysisStore

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/home") { request, context in
            let user = try frame.person(request, context)
            let recent = try await analyses.recentWithoutFailures(owner: user.id, limit: 6)
            let isNew =
                if recent.isEmpty { try await analyses.recent(owner: user.id, limit: 1).isEmpty } else { false }
            let isOpen = recent.contains { !$0.status.isTerminal }
            let site = frame.site("Home", .home, context, script: "list.js", refresh: isOpen ? 10 : nil)
            let model = HomeModel(
                site: site, user: user, recent: recent, isNew: isNew,
                spans: try await analyses.spans(owner: user.id, days: 30, zone: PersonalTime.current),
                trend: try await trend(of: user), tags: try await analyses.recentTags(owner: user.id))
            return frame.page(.home, model, context)
        }
    }

    /// The last weeks, or the last months where there is too little in these.
    private func trend(of user: User) async throws -> Trend {
        var query = TrendQuery()
        let weeks = try await analyses.trend(query, owner: user.id, zone: PersonalTime.current)
        if LooksOverTime.tells(weeks) { return weeks }
        query.period = .months12
        return try await analyses.trend(query, owner: user.id, zone: PersonalTime.current)
    }
}
