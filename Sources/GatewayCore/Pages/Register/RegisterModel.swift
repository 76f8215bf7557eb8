import Accounts

/// The page on which an account is made.
struct RegisterModel: Sendable {
    let site: Site
    var name = ""
    var email = ""
    var nameError: String?
    var emailError: String?
    var passwordError: String?

    init(site: Site, name: String = "", email: String = "", errors: AccountErrors? = nil) {
        self.site = site
        self.name = name
        self.email = email
        nameError = Self.message(errors, "name")
        emailError = Self.message(errors, "email")
        passwordError = Self.message(errors, "password")
    }

    private static func message(_ errors: AccountErrors?, _ field: String) -> String? {
        errors?.errors.first { $0.field == field }?.description
    }
}
