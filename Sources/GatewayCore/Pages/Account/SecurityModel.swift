import Accounts
import Foundation
import Reports

/// The account's page about what keeps others out of it.
struct SecurityModel: Sendable {
    let site: Site
    var tabs: AccountTabs
    let password: PasswordFields
    let factor: FactorModel
    /// Nil where there is no provider.
    let connection: ConnectionModel?
    let sessions: [SessionRow]
    let hasOthers: Bool

    init(
        site: Site, sessions: [BrowserSession], factor: FactorModel, password: PasswordFields,
        connection: ConnectionModel? = nil, notice: String? = nil, problems: [AccountTabs.Problem] = [],
        now: Date = Date()
    ) {
        self.site = site
        tabs = AccountTabs(.security, notice: notice, problems: problems)
        self.password = password
        self.factor = factor
        self.connection = connection
        self.sessions = sessions.map { SessionRow($0, now: now) }
        hasOthers = sessions.contains { !$0.isCurrent }
    }
}

/// The second factor as its owner sees it.
struct FactorModel: Sendable {
    /// The forms before which something is asked for again.
    enum Form: String, Sendable { case begin, codes, off }

    /// A question that was answered wrongly is open still.
    struct Question: Sendable {
        let isOpen: Bool
        let asks: AskAgainModel

        init(_ form: Form, _ asked: AskedAgain, refused: Form?, errors: [AccountError]) {
            isOpen = form == refused
            asks = AskAgainModel(form.rawValue, asked, errors: isOpen ? errors : [])
        }
    }

    let isOn: Bool
    /// Whether the operator wants this person to have one.
    let isRequired: Bool
    let since: Moment?
    /// "You have 9 recovery codes left."
    let codes: String
    let begin: Question
    let renewal: Question
    let off: Question

    init(
        _ status: SecondFactorStatus?, asked: AskedAgain, isRequired: Bool = false, refused: Form? = nil,
        errors: [AccountError] = [], now: Date = Date()
    ) {
        isOn = status != nil
        self.isRequired = isRequired
        since = status.map { Moment($0.since, now: now) }
        let left = status?.recoveryCodes ?? 0
        codes =
            left == 0
            ? "You have no recovery code left. Make new ones: without them, a lost phone locks you out."
            : "You have \(Words.count(left, "recovery code")) left, for when your phone is lost."
        begin = Question(.begin, asked, refused: refused, errors: errors)
        renewal = Question(.codes, asked, refused: refused, errors: errors)
        off = Question(.off, asked, refused: refused, errors: errors)
    }
}
