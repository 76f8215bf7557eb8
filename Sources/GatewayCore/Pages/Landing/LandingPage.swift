import Accounts
import Hummingbird

/// The first page for visitors.
struct LandingPage: Page {
    let frame: PageFrame
    let accounts: AccountStore

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/") { _, context in
            if context.user != nil { return Response.redirect(to: LocalPath.home, type: .normal) }
            let model = LandingModel(
                site: frame.site("Emotion in photos", .elsewhere, context),
                isNew: try await !accounts.hasAdministrator())
            return frame.page(.landing, model, context)
        }
    }
}
