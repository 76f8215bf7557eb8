import Accounts

/// The form for a new password.
struct PasswordFields: Sendable {
    let asks: AskAgainModel
    /// Whether there is one already.
    let isChange: Bool
    /// With whom the person logs in, where there is none.
    let usual: String?
    /// Whether log-ins take one at all.
    let isTaken: Bool
    let newError: String?

    /// The fields' ids, where they are not their names.
    static let ids = [
        "current": "password-current", "code": "password-code", "provider": "password-provider", "password": "new",
    ]

    init(
        _ asked: AskedAgain, isChange: Bool = true, provider: String? = nil, isTaken: Bool = true,
        errors: [AccountError] = []
    ) {
        self.isChange = isChange
        usual = provider
        self.isTaken = isTaken
        asks = AskAgainModel("password", asked, label: "Your password now", errors: errors)
        newError = errors.message("password")
    }
}
