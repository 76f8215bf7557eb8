import Accounts

/// What the account's pages have in common: which of them it is, and what has been done or is wrong, said on top.
struct AccountTabs: Sendable {
    enum Tab: Sendable { case profile, security, programs, data }

    /// What is wrong with a field, and where that is.
    struct Problem: Sendable {
        /// Its id in the page.
        let field: String
        let text: String
    }

    static let profile = "/account"
    static let security = "/account/security"
    static let programs = "/account/programs"
    static let data = "/account/data"

    let atProfile: Bool
    let atSecurity: Bool
    let atPrograms: Bool
    let atData: Bool
    /// What has been done just now.
    let notice: String?
    let hasProblems: Bool
    let problems: [Problem]
    /// What is to be confirmed.
    var waiting: WaitingAddress?

    init(_ tab: Tab, notice: String? = nil, problems: [Problem] = []) {
        atProfile = tab == .profile
        atSecurity = tab == .security
        atPrograms = tab == .programs
        atData = tab == .data
        self.notice = notice
        hasProblems = !problems.isEmpty
        self.problems = problems
    }

    /// The address of the page that tells of what was done.
    ///
    /// - Parameter word: as addresses have it in `done`; those from before the account had tabs name the first page.
    static func address(of word: String) -> String? {
        switch word {
        case "profile", "email-asked", "email-sent", "email-recent", "email-kept": profile
        case "password", "session", "sessions", "factor-off", "recovery", "disconnected": security
        case "token", "webhook": programs
        default: nil
        }
    }

    /// What was done, in words.
    static func notice(_ word: String?) -> String? {
        switch word {
        case "profile": "Your details are saved."
        case "email-asked": "Your details are saved. The new address counts once it is confirmed."
        case "email-sent": "The link is on its way. It works once, for a day; those from before work no more."
        case "email-recent":
            "The link was sent less than five minutes ago. Look into your mail, also among what was taken for spam."
        case "email-kept": "Your address stays as it is."
        case "password":
            "Your password is changed. All other sessions are ended, and your API tokens work on."
        case "password-tokens": "Your password is changed. All other sessions and all API tokens are ended."
        case "disconnected":
            "Your account is disconnected. Log-ins need its password. Sessions that the provider opened are ended."
        case "session": "The session is ended."
        case "sessions": "All other sessions are ended."
        case "token": "The API token is ended."
        case "webhook": "The webhook is deleted."
        case "factor-off": "The second factor is switched off. Log-ins ask for no code."
        case "recovery":
            "You logged in with a recovery code, which works no more. If your phone is lost, switch the second factor off and set it up with another."
        default: nil
        }
    }
}

extension [AccountError] {
    /// For the top of a page.
    /// - Parameter ids: of the fields, where they are not their names.
    func problems(_ ids: [String: String] = [:]) -> [AccountTabs.Problem] {
        map { AccountTabs.Problem(field: ids[$0.field] ?? $0.field, text: $0.description) }
    }
}
