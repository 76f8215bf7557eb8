import Accounts

/// The page on which an account is made.
struct RegisterModel: Sendable {
    let site: Site
    /// The way by the provider; nil where that makes no accounts.
    let provider: ProviderButton?
    /// Whether the form makes one.
    let takesForm: Bool
    var name = ""
    var email = ""
    var nameError: String?
    var emailError: String?
    var passwordError: String?

    init(
        site: Site, name: String = "", email: String = "", errors: AccountErrors? = nil,
        provider: ProviderButton? = nil, takesForm: Bool = true
    ) {
        self.site = site
        self.provider = provider
        self.takesForm = takesForm
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
