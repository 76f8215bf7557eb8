/// What a form of the account page has done, said in the form's own section: a long page shows nothing else of it.
struct AccountDone: Sendable {
    let details: String?
    let password: String?
    let sessions: String?
    let tokens: String?
    let webhooks: String?

    /// - Parameter word: as the page's address has it.
    init(_ word: String? = nil) {
        details = word == "profile" ? "Your details are saved." : nil
        password =
            word == "password"
            ? "Your password is changed. All other sessions and, unless you kept them, all API tokens are ended." : nil
        sessions =
            switch word {
            case "session": "The session is ended."
            case "sessions": "All other sessions are ended."
            default: nil
            }
        tokens = word == "token" ? "The API token is ended." : nil
        webhooks = word == "webhook" ? "The webhook is deleted." : nil
    }
}
