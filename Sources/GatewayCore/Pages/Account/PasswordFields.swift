import Accounts

/// The form for a new password.
struct PasswordFields: Sendable {
    let asks: AskAgainModel
    let newError: String?

    /// The fields' ids, where they are not their names.
    static let ids = ["current": "password-current", "code": "password-code", "password": "new"]

    init(_ asked: AskedAgain, errors: [AccountError] = []) {
        asks = AskAgainModel("password", asked, label: "Your password now", errors: errors)
        newError = errors.message("password")
    }
}
