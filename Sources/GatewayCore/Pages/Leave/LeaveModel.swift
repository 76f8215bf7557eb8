import Accounts
import Reports

/// The page before an account is deleted.
struct LeaveModel: Sendable {
    let site: Site
    let email: String
    let analyses: String
    let confirmationError: String?
    let asks: AskAgainModel

    init(site: Site, user: User, analyses: Int, asked: AskedAgain, errors: [AccountError] = []) {
        self.site = site
        email = user.email
        self.analyses = Words.count(analyses, "analysis", "analyses")
        confirmationError = errors.message("confirmation")
        asks = AskAgainModel("leave", asked, errors: errors)
    }
}
