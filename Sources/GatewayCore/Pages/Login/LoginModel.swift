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

    init(
        site: Site, ways: LogInWays = LogInWays(), email: String = "", next: String = "", problem: String? = nil
    ) {
        self.site = site
        provider = ways.button(next: next)
        takesPasswords = ways.takesPasswords
        self.email = email
        self.next = next
        self.problem = problem
    }
}
