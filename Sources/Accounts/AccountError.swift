/// Why an account could not be made or changed as asked; each belongs to a field of the form.
package struct AccountError: Error, Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    /// An open code, so that new ones break no caller.
    package struct Code: Sendable, Hashable {
        /// The code as logs and JSON show it.
        package let name: String

        package init(name: String) {
            self.name = name
        }

        /// No name.
        static let nameMissing = Code(name: "name_missing")
        /// More than 100 characters.
        static let nameTooLong = Code(name: "name_too_long")
        /// Not an e-mail address.
        static let emailInvalid = Code(name: "email_invalid")
        /// Another account has the address.
        static let emailTaken = Code(name: "email_taken")
        /// Fewer than 8 characters.
        static let passwordTooShort = Code(name: "password_too_short")
        /// More than 128 characters.
        static let passwordTooLong = Code(name: "password_too_long")
        /// Among the most common passwords.
        static let passwordCommon = Code(name: "password_common")
        /// Little more than the name, the address or the site's name.
        static let passwordContextual = Code(name: "password_personal")
        /// The password that the person has was not the one entered.
        package static let currentPasswordWrong = Code(name: "current_password_wrong")
        /// No such time zone.
        static let timeZoneUnknown = Code(name: "time_zone_unknown")
        /// No such theme.
        static let themeUnknown = Code(name: "theme_unknown")
        /// A code of the second factor that is wrong, or not looked at now.
        package static let codeWrong = Code(name: "code_wrong")
        /// A field of an API token that cannot be as it was asked for.
        static let tokenField = Code(name: "token_field")
        /// What was to be typed as a confirmation was not.
        package static let notConfirmed = Code(name: "not_confirmed")
    }

    /// What is wrong.
    package let code: Code
    /// The form field it belongs to: `name`, `email`, `password`, `current`, `code`, `zone`, `theme`,
    /// `confirmation`, or one of a token.
    package let field: String
    /// What is wrong and what to do, for the person.
    package let description: String

    /// None succeeds when simply tried again.
    package var isRetriable: Bool { false }
    /// For logs.
    package var debugDescription: String { "AccountError(\(code.name), field: \(field))" }

    static let nameMissing = AccountError(
        code: .nameMissing, field: "name", description: "Enter your name.")
    static let nameTooLong = AccountError(
        code: .nameTooLong, field: "name", description: "Use at most 100 characters.")
    static let emailInvalid = AccountError(
        code: .emailInvalid, field: "email", description: "Enter an e-mail address such as ada@example.org.")
    static let emailTaken = AccountError(
        code: .emailTaken, field: "email", description: "This address has an account already. Log in instead.")
    static let passwordTooShort = AccountError(
        code: .passwordTooShort, field: "password", description: "Use at least 8 characters.")
    static let passwordTooLong = AccountError(
        code: .passwordTooLong, field: "password", description: "Use at most 128 characters.")
    static let passwordCommon = AccountError(
        code: .passwordCommon, field: "password",
        description: "This is one of the most common passwords. Choose another, such as four unrelated words.")
    static let passwordContextual = AccountError(
        code: .passwordContextual, field: "password",
        description:
            "This is little more than your name, your address or this site's name. Choose another, such as four unrelated words."
    )
    package static let currentPasswordWrong = AccountError(
        code: .currentPasswordWrong, field: "current", description: "This is not your password.")
    package static let currentPasswordEmpty = AccountError(
        code: .currentPasswordWrong, field: "current", description: "Enter your current password.")
    package static let currentPasswordMissing = AccountError(
        code: .currentPasswordWrong, field: "current",
        description: "Enter your password to change the e-mail address.")
    /// For what asks only when the last time is a while ago.
    package static let currentPasswordAgain = AccountError(
        code: .currentPasswordWrong, field: "current",
        description: "Enter your password once more: the last time is more than 10 minutes ago.")
    /// For those whose account has no password, or who cannot log in by it.
    package static func confirmAtProvider(_ name: String) -> AccountError {
        AccountError(
            code: .currentPasswordWrong, field: "provider",
            description: "Confirm with \(name) first that it is you: the last time is more than 10 minutes ago.")
    }
    /// Where nobody could show anything.
    package static let passwordNone = AccountError(
        code: .currentPasswordWrong, field: "current",
        description: "Your account has no password yet. Log out, and have a link sent that sets one.")
    package static let codeMissing = AccountError(
        code: .codeWrong, field: "code", description: "Enter the code that your app shows, or a recovery code.")
    package static let codeWrong = AccountError(
        code: .codeWrong, field: "code",
        description: "This code is wrong or was used already. Wait until your app shows the next one.")
    package static let recoveryCodeWrong = AccountError(
        code: .codeWrong, field: "code", description: "This is none of your recovery codes, or it was used already.")
    package static let codeUnreadable = AccountError(
        code: .codeWrong, field: "code",
        description:
            "Codes cannot be checked: this site’s secret was changed. Use a recovery code, or ask whoever runs the site to switch your second factor off."
    )
    /// After too many wrong ones.
    package static func codesRefused(for words: String) -> AccountError {
        AccountError(
            code: .codeWrong, field: "code",
            description: "Too many wrong codes. Wait \(words), or use a recovery code.")
    }
    static let themeUnknown = AccountError(
        code: .themeUnknown, field: "theme", description: "Choose one of the three.")
    static let timeZoneUnknown = AccountError(
        code: .timeZoneUnknown, field: "zone", description: "Choose a time zone from the list.")
    package static let notConfirmed = AccountError(
        code: .notConfirmed, field: "confirmation", description: "Type your e-mail address exactly as it is shown.")
}

/// Address and password are right, and an administrator has disabled the account.
package struct AccountDisabled: Error {}
