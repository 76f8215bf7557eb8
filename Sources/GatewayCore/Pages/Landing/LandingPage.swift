import Accounts
import Hummingbird
import Operations

/// The first page for visitors.
struct LandingPage: Page {
    let frame: PageFrame
    let accounts: AccountStore
    let configuration: GatewayConfiguration

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/") { _, context in
            if context.user != nil { return Response.redirect(to: LocalPath.home, type: .normal) }
            let model = LandingModel(
                site: frame.site("Emotion in photos", .elsewhere, context),
                isNew: try await !accounts.hasAdministrator(), binDays: configuration.binDays,
                canShare: configuration.sharing == .on)
            return frame.page(.landing, model, context)
        }
    }
}
