import Hummingbird

/// The first page for visitors.
struct LandingPage: Page {
    let frame: PageFrame

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/") { _, context in
            if context.user != nil { return Response.redirect(to: LocalPath.home, type: .normal) }
            return frame.page(
                .landing, LandingModel(site: frame.site("Emotion in photos", .elsewhere, context)), context)
        }
    }
}
