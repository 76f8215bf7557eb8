import Accounts
import Foundation

/// What an administrator does to somebody's account.
enum PersonAct: String, Sendable {
    case disable, enable, promote, demote, reset, leave, delete, unlock

    /// What was done; nil for a link, which is shown.
    var notice: String? {
        switch self {
        case .disable: "The account is disabled; its sessions are ended."
        case .enable: "The account is enabled again."
        case .leave: "All sessions and API tokens of the account are ended."
        case .unlock: "The second factor of the account is switched off. The log-in alone opens it now."
        case .delete: "The account is closed. It is being deleted with all its photos and results."
        case .promote: "The person is an administrator now."
        case .demote: "The person is no administrator any more."
        case .reset: nil
        }
    }

    /// What is said where the administrator is asked for the password again.
    struct Question: Sendable {
        let title: String
        let words: String
        let button: String
    }

    /// Nil for what can be done without: it opens no account to anybody, and can be undone. The rest must not be done by
    /// whoever finds an administrator's browser open.
    func question(about name: String) -> Question? {
        switch self {
        case .reset:
            Question(
                title: "A link for \(name)",
                words: "Whoever opens the link sets a new password for the account, once, within a day.",
                button: "Make the link")
        case .promote:
            Question(
                title: "Make \(name) an administrator",
                words: "They see the operations pages, and may do all that you may, to your account too.",
                button: "Make administrator")
        case .unlock:
            Question(
                title: "Switch off the second factor of \(name)",
                words: "Be sure that it is them who ask: from then on the log-in alone opens the account.",
                button: "Switch it off")
        case .delete:
            Question(
                title: "Delete the account of \(name)",
                words: "The account is closed at once, and deleted with all its photos and all its results, for good.",
                button: "Delete for good")
        case .disable, .enable, .demote, .leave: nil
        }
    }
}

/// The page that asks an administrator for the password again, before something is done to an account.
struct PersonActModel: Sendable {
    let site: Site
    let title: String
    let words: String
    let email: String
    /// Where the form is sent to.
    let address: String
    let button: String
    let isDangerous: Bool
    let asks: AskAgainModel

    init(
        site: Site, _ act: PersonAct, _ question: PersonAct.Question, about person: User, asked: AskedAgain,
        errors: [AccountError]
    ) {
        self.site = site
        (title, words, button) = (question.title, question.words, question.button)
        email = person.email
        address = "/operations/users/\(person.id.uuidString.lowercased())/\(act.rawValue)"
        isDangerous = act == .delete
        asks = AskAgainModel("again", asked, errors: errors)
    }
}
