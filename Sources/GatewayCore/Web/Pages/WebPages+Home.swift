import Accounts
import Analyses
import Foundation
import Hummingbird

extension WebPages {
    func addHomeRoutes(to router: Router<GatewayContext>) {
        router.get("/home") { request, context in
            let user = try person(request, context)
            let recent = try await services.analyses.recent(owner: user.id, limit: 8)
            let isOpen = recent.contains { !$0.status.isTerminal }
            let frame = site("Home", .home, context, script: "list.js", refresh: isOpen ? 5 : nil)
            return page(.home, HomeModel(site: frame, user: user, recent: recent), context)
        }
    }
}
