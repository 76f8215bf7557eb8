/// The page for visitors.
struct LandingModel: Sendable {
    let site: Site
}
