package import Accounts
package import Analyses

/// A link that somebody asks for, checked.
package struct ShareRequest: Sendable, Equatable {
    package let days: Int
    /// Nil for a link without one.
    let password: String?
    package let information: SharedInformation
    package let givesOriginal: Bool

    /// How long a link can be asked to work, in days.
    package static let lifetimes = [1, 7, 30, 90]
    package static let usualDays = 7

    /// What is wrong, by field: `days`, `password`, `information`.
    package struct Problems: Error {
        package let errors: [String: String]
    }

    /// Reads the fields of a form.
    ///
    /// - Parameters:
    ///   - days: "1", "7", "30" or "90"; nil for the usual.
    ///   - password: empty for none.
    ///   - information: a ``SharedInformation``; nil for the title.
    ///   - owner: whose name and address are no passwords.
    /// - Throws: ``Problems``.
    package static func check(
        days: String?, password: String?, information: String?, givesOriginal: Bool, owner: User
    ) throws(Problems) -> ShareRequest {
        var errors: [String: String] = [:]
        let lifetime = days.map { text in lifetimes.first { "\($0)" == text } } ?? usualDays
        if lifetime == nil {
            errors["days"] = "It takes \(lifetimes.map(String.init).joined(separator: ", "))."
        }
        let told = information.map(SharedInformation.init(rawValue:)) ?? .title
        if told == nil {
            errors["information"] = "It takes \(SharedInformation.allCases.map(\.rawValue).joined(separator: ", "))."
        }
        let password = password.flatMap { $0.isEmpty ? nil : $0 }
        if let password,
            let problem = AccountDetails.problem(withPassword: password, name: owner.name, email: owner.email)
        {
            errors["password"] = problem.description
        }
        guard errors.isEmpty, let lifetime, let told else { throw Problems(errors: errors) }
        return ShareRequest(days: lifetime, password: password, information: told, givesOriginal: givesOriginal)
    }
}
