/// The page for visitors.
struct LandingModel: Sendable {
    let site: Site
    /// Whether the site is new, and whoever started it has still to make their account.
    let isNew: Bool
}
