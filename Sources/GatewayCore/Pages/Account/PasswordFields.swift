import Accounts

/// The form for a new password.
struct PasswordFields: Sendable {
    var currentError: String?
    var newError: String?

    init(errors: [AccountError] = []) {
        currentError = errors.message("current")
        newError = errors.message("password")
    }
}
