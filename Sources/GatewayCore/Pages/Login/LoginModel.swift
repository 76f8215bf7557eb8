/// The page on which a person logs in.
struct LoginModel: Sendable {
    let site: Site
    /// The way in by the provider; nil where there is none.
    let provider: ProviderButton?
    let takesPasswords: Bool
    let email: String
    /// The local path to go on to.
    let next: String
    let problem: String?
    /// Whether somebody sent a form who was not logged in any more.
    let isUnsaved: Bool

    init(
        site: Site, ways: LogInWays = LogInWays(), email: String = "", next: String = "", problem: String? = nil,
        isUnsaved: Bool = false
    ) {
        self.site = site
        provider = ways.button(next: next)
        takesPasswords = ways.takesPasswords
        self.email = email
        self.next = next
        self.problem = problem
        self.isUnsaved = isUnsaved
    }
}
