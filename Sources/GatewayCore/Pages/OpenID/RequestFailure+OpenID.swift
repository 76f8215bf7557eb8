import Accounts
import HTTPTypes

/// Why somebody does not come in by the provider, each with what to do.
extension RequestFailure {
    private static let again = Step(address: "/login", words: "Back to the log-in")
    private static let security = Step(address: AccountTabs.security, words: "Back to your account")

    static func providerDenied(_ name: String, _ trip: ProviderTrip) -> RequestFailure {
        let isLogIn = trip.purpose == .logIn
        return RequestFailure(
            status: .forbidden, code: "provider_denied", title: "\(name) did not let you in",
            message:
                "You were sent back without its word, because you or \(name) said no. Nothing was changed. Try again, or ask whoever runs \(name) for access.",
            step: isLogIn ? again : security)
    }

    static func tripOver(_ name: String) -> RequestFailure {
        RequestFailure(
            status: .badRequest, code: "log_in_over", title: "This log-in is over",
            message:
                "It was begun more than ten minutes ago, in another browser, or was used already. Nothing was changed. Begin anew.",
            step: again)
    }

    static func providerAway(_ name: String) -> RequestFailure {
        RequestFailure(
            status: .serviceUnavailable, code: "provider_away", title: "\(name) does not answer",
            message: "Nothing was changed. Wait a moment, then try again. If it goes on, tell whoever runs this site.",
            retryAfter: 10, step: again)
    }

    static func providerRefuses(_ name: String) -> RequestFailure {
        RequestFailure(
            status: .badGateway, code: "provider_refuses", title: "\(name) does not know this site",
            message:
                "It refuses what this site asks it, so nobody can log in by it now. Tell whoever runs this site, with the number below.",
            step: again)
    }

    static func providerUntrusted(_ name: String) -> RequestFailure {
        RequestFailure(
            status: .badGateway, code: "provider_untrusted", title: "What \(name) said cannot be trusted",
            message:
                "So it was not used, and nothing was changed. Try again; if it happens once more, tell whoever runs this site, with the number below.",
            step: again)
    }

    static func emailMissing(_ name: String) -> RequestFailure {
        RequestFailure(
            status: .unprocessableContent, code: "email_missing", title: "\(name) gives no e-mail address",
            message:
                "An account here needs one. Add it to your account at \(name), or allow \(name) to pass it on, then try again.",
            step: again)
    }

    static func emailUnverified(_ name: String, _ email: String) -> RequestFailure {
        RequestFailure(
            status: .unprocessableContent, code: "email_unverified",
            title: "\(name) does not know that the address is yours",
            message:
                "It says that \(email) is not confirmed, so no account was made for it. Confirm it at \(name), then try again.",
            step: again)
    }

    static func providerRegistersNobody(_ name: String) -> RequestFailure {
        RequestFailure(
            status: .forbidden, code: "registration_closed", title: "You have no account here",
            message: "\(name) knows you, but it makes no accounts on this site. Ask whoever runs this site for one.",
            step: Step(address: "/", words: "Go to the first page"))
    }

    static func accountExists(_ name: String, _ email: String, takesPasswords: Bool) -> RequestFailure {
        let what =
            takesPasswords
            ? "Log in with its password, and connect it with \(name) under Account, Security. From then on \(name) opens it."
            : "It is not connected with \(name) yet. Ask whoever runs this site to connect it."
        return RequestFailure(
            status: .conflict, code: "account_exists", title: "There is an account with your address",
            message: "\(email) has an account here already, and it is not given away. \(what)",
            step: takesPasswords
                ? Step(address: "/login?next=%2Faccount%2Fsecurity", words: "Log in with the password") : again)
    }

    static func identityTaken(_ name: String) -> RequestFailure {
        RequestFailure(
            status: .conflict, code: "identity_taken", title: "It opens another account already",
            message:
                "Who you are at \(name) is connected with another account of this site. Disconnect it there first, or log in to \(name) as somebody else. Nothing was changed.",
            step: security)
    }

    static func identityThere(_ name: String) -> RequestFailure {
        RequestFailure(
            status: .conflict, code: "identity_there", title: "Your account is connected already",
            message:
                "It is connected with somebody else at \(name). Disconnect that first. Nothing was changed.",
            step: security)
    }

    static func identityOther(_ name: String) -> RequestFailure {
        RequestFailure(
            status: .forbidden, code: "identity_other", title: "That was somebody else",
            message:
                "You showed \(name) another account than the one that opens yours here. Nothing was changed. Try again as yourself.",
            step: security)
    }

    static let accountDisabled = RequestFailure(
        status: .forbidden, code: "account_disabled", title: "This account is disabled",
        message: "Ask whoever runs this site.", step: Step(address: "/", words: "Go to the first page"))

    static let passwordsOff = RequestFailure(
        status: .forbidden, code: "passwords_off", title: "Passwords are switched off here",
        message: "On this site nobody logs in with one.", step: again)
}
