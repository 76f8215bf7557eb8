import Accounts
import Analyses
import Foundation
import Hummingbird

/// The first page after logging in.
struct HomePage: Page {
    let frame: PageFrame
    let analyses: AnalysisStore

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/home") { request, context in
            let user = try frame.person(request, context)
            let recent = try await analyses.recent(owner: user.id, limit: 6)
            let isOpen = recent.contains { !$0.status.isTerminal }
            let site = frame.site("Home", .home, context, script: "list.js", refresh: isOpen ? 5 : nil)
            let model = HomeModel(
                site: site, user: user, recent: recent, spans: try await analyses.spans(owner: user.id, days: 30),
                months: try await analyses.monthlyLooks(owner: user.id, zone: user.timeZone))
            return frame.page(.home, model, context)
        }
    }
}
