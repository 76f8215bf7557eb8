import Foundation
import Passwords
import ServiceSupport

/// What a person enters to get an account, checked and put into the form in which it is kept.
package struct AccountDetails: Sendable {
    package let name: String
    package let email: String
    package let password: String

    /// Checks every field, so that a form can show all that is wrong at once.
    package static func check(name: String, email: String, password: String) -> Result<AccountDetails, AccountErrors> {
        let name = kept(name: name)
        let email = email.trimmingCharacters(in: .whitespacesAndNewlines)
        let errors = [
            problem(withName: name), problem(withEmail: email),
            problem(withPassword: password, name: name, email: email),
        ].compactMap { $0 }
        guard errors.isEmpty else { return .failure(AccountErrors(errors: errors)) }
        return .success(AccountDetails(name: name, email: email, password: password))
    }

    /// What is wrong with the two, as a form for somebody else's account has them.
    package static func problems(withName name: String, email: String) -> [AccountError] {
        [
            problem(withName: kept(name: name)),
            problem(withEmail: email.trimmingCharacters(in: .whitespacesAndNewlines)),
        ].compactMap { $0 }
    }

    /// A name as it is kept.
    static func kept(name: String) -> String { name.trimmingCharacters(in: .whitespacesAndNewlines).composed }

    package static func problem(withName name: String) -> AccountError? {
        if name.isEmpty || name.unicodeScalars.contains(where: isForbidden) { return .nameMissing }
        // PostgreSQL's char_length counts code points.
        return name.unicodeScalars.count > 100 ? .nameTooLong : nil
    }

    /// One @ with something before it and a host name behind it; more cannot be known without sending a message.
    package static func problem(withEmail email: String) -> AccountError? {
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let host = parts.last, !parts[0].isEmpty, !host.isEmpty else { return .emailInvalid }
        let isAddress =
            email.unicodeScalars.count <= 254 && !email.unicodeScalars.contains(where: isForbiddenInAddresses)
            && !host.hasPrefix(".") && !host.hasSuffix(".") && !host.contains("..")
        return isAddress ? nil : .emailInvalid
    }

    package static func problem(withPassword password: String, name: String, email: String) -> AccountError? {
        switch PasswordRules.problem(with: password, context: [name, email, "Mien"]) {
        case nil: nil
        case .tooShort: .passwordTooShort
        case .tooLong: .passwordTooLong
        case .common: .passwordCommon
        case .contextual: .passwordContextual
        }
    }

    private static func isForbiddenInAddresses(_ scalar: Unicode.Scalar) -> Bool {
        isForbidden(scalar) || scalar.properties.isWhitespace || "<>,;\"()".unicodeScalars.contains(scalar)
    }

    /// Control characters, NUL above all: PostgreSQL's text cannot hold it.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }
}

/// All that is wrong with a form, at most one error for each field.
package struct AccountErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// In the order of the fields.
    package let errors: [AccountError]

    package init(errors: [AccountError]) {
        self.errors = errors
    }

    /// Safe to show.
    package var description: String {
        errors.map { "\($0.field): \($0.description)" }.joined(separator: " ")
    }
}
