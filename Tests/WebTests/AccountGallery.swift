import Foundation
import Webhooks

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// The account's pages, and those behind one-time links.
enum AccountGallery {
    static let months: [MonthlyCount] = (0..<12).map { index in
        MonthlyCount(
            year: index == 0 ? 2025 : 2026, month: (index + 11) % 12 + 1, finished: [0, 3, 14, 88, 41, 7][index % 6],
            failed: [0, 1, 0, 6][index % 4])
    }

    static func session(_ agent: String, _ age: Double, isCurrent: Bool = false) -> BrowserSession {
        BrowserSession(
            id: UUID(uuidString: "5B3E7C1A-9D2F-4E80-8A61-0C4D5E6F7A8B")!, userAgent: agent, address: "203.0.113.7",
            createdAt: Fixtures.now.addingTimeInterval(-age * 10), seenAt: Fixtures.now.addingTimeInterval(-age),
            isCurrent: isCurrent)
    }

    static let sessions = [
        session("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", 20, isCurrent: true),
        session(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", 90_000),
    ]

    static func token(
        _ label: String, prefix: String = "mien_Ab3d", isOld: Bool = false, expiresIn seconds: Double? = nil,
        isUsed: Bool = true, networks: [String] = []
    ) -> APIToken {
        APIToken(
            id: UUID(uuidString: "5B3E7C1A-9D2F-4E80-8A61-0C4D5E6F7A8C")!, label: label, prefix: prefix,
            scopes: isOld ? TokenScope.ofOldTokens : [.readAnalyses, .writeAnalyses], isOld: isOld,
            createdAt: Fixtures.now.addingTimeInterval(-90_000),
            usedAt: isUsed ? Fixtures.now.addingTimeInterval(-3_600) : nil,
            expiresAt: seconds.map { Fixtures.now.addingTimeInterval($0) }, networks: networks)
    }

    static let tokens = [
        token("Camera at the door", expiresIn: 86_400 * 30, networks: ["192.0.2.0/24"]),
        token("", prefix: "", isOld: true, isUsed: false), token("Script", expiresIn: -60),
    ]

    static func pages() throws -> [Gallery.Picture] {
        try accountPages() + linkPages() + webhookPages()
    }

    private static let fresh = AskedAgain(password: false, code: false)
    private static let all = AskedAgain(password: true, code: true)

    private static func accountPages() throws -> [Gallery.Picture] {
        var site = try Fixtures.site("Account", place: .account, script: "enter.js")
        let profile = AccountModel(
            site: site, user: Fixtures.user, asked: AskedAgain(password: true, code: false),
            notice: AccountTabs.notice("profile"))
        site.theme = "dark"
        var (waiting, leaving) = (profile, profile)
        var (unconfirmed, changing) = (Fixtures.user, Fixtures.user)
        unconfirmed.isEmailConfirmed = false
        changing.pendingEmail = "lovelace@example.org"
        waiting.tabs.waiting = WaitingAddress(unconfirmed)
        leaving.tabs.waiting = WaitingAddress(changing)
        let wrong = AccountModel(
            site: site, change: ProfileChange(name: "", email: "nowhere", timeZone: "Mars/Olympus", theme: nil),
            asked: all,
            errors: [
                .nameMissing, .emailInvalid, .timeZoneUnknown, .themeUnknown, .currentPasswordMissing, .codeMissing,
            ])
        let data = DataModel(
            site: site, user: Fixtures.user, months: months, retentionDays: 30, now: Fixtures.now)
        let leave = LeaveModel(
            site: site, user: Fixtures.user, analyses: 1234, asked: AskedAgain(password: true, code: false))
        let refused = LeaveModel(
            site: site, user: Fixtures.user, analyses: 1, asked: all,
            errors: [.notConfirmed, .currentPasswordWrong, .codeWrong])
        return try [
            Gallery.Picture(name: "account", page: .account, model: profile),
            Gallery.Picture(name: "account-waiting", page: .account, model: waiting),
            Gallery.Picture(name: "account-changing", page: .account, model: leaving),
            Gallery.Picture(name: "account-wrong", page: .account, model: wrong),
            Gallery.Picture(name: "data", page: .data, model: data),
            Gallery.Picture(name: "leave", page: .leave, model: leave),
            Gallery.Picture(name: "leave-wrong", page: .leave, model: refused),
        ] + securityPages() + programPages()
    }

    private static func securityPages() throws -> [Gallery.Picture] {
        let site = try Fixtures.site("Security", place: .account, script: "enter.js")
        let visitor = try Fixtures.site("Enter the code", user: nil)
        let status = SecondFactorStatus(since: Fixtures.now.addingTimeInterval(-86_400 * 3), recoveryCodes: 9)
        let errors = [AccountError.currentPasswordWrong, .codeWrong]
        func security(
            _ name: String, _ factor: FactorModel, _ asked: AskedAgain, password errors: [AccountError] = [],
            connection: ConnectionModel? = nil, fields: PasswordFields? = nil
        ) -> Gallery.Picture {
            let model = SecurityModel(
                site: site, sessions: sessions, factor: factor,
                password: fields ?? PasswordFields(asked, errors: errors), connection: connection,
                notice: errors.isEmpty ? AccountTabs.notice("password") : nil,
                problems: errors.problems(PasswordFields.ids), now: Fixtures.now)
            return Gallery.Picture(name: name, page: .security, model: model)
        }
        let again = AskedAgain(password: false, code: false, provider: "Keyring")
        let identity = ConnectedIdentity(
            identity: ProviderIdentity(issuer: "https://login.example.org", subject: "ada"),
            connectedAt: Fixtures.now.addingTimeInterval(-86_400), usedAt: Fixtures.now)
        let codes = (0..<RecoveryCode.count).map { _ in "abcd-efgh-ijkl-mnop" }
        return [
            security("security", FactorModel(nil, asked: fresh, isRequired: true), all),
            security(
                "security-begin", FactorModel(nil, asked: all, refused: .begin, errors: errors), all,
                password: errors + [.passwordCommon]),
            security(
                "security-on", FactorModel(status, asked: fresh, isRequired: true, now: Fixtures.now),
                AskedAgain(password: true, code: false)),
            security(
                "security-off", FactorModel(status, asked: all, refused: .off, errors: errors, now: Fixtures.now), all),
            security(
                "security-codes",
                FactorModel(
                    SecondFactorStatus(since: Fixtures.now, recoveryCodes: 0), asked: all, refused: .codes,
                    errors: errors, now: Fixtures.now), all),
            security(
                "security-connect", FactorModel(nil, asked: fresh), all,
                connection: ConnectionModel(
                    name: "Keyring", nil, asked: all, mayDisconnect: true, refused: .connect, errors: errors)),
            security(
                "security-connected", FactorModel(nil, asked: fresh), all,
                connection: ConnectionModel(
                    name: "Keyring", identity, asked: all, mayDisconnect: true, refused: .disconnect, errors: errors)),
            security(
                "security-provider",
                FactorModel(nil, asked: again, refused: .begin, errors: [.confirmAtProvider("Keyring")]), again,
                connection: ConnectionModel(name: "Keyring", identity, asked: again, mayDisconnect: false),
                fields: PasswordFields(again, isChange: false, provider: "Keyring")),
            security(
                "security-no-passwords", FactorModel(nil, asked: fresh), all,
                connection: ConnectionModel(name: "Keyring", identity, asked: again, mayDisconnect: false),
                fields: PasswordFields(fresh, provider: "Keyring", isTaken: false)),
            Gallery.Picture(
                name: "lead-on", page: .leadOn,
                model: LeadOnModel(site: site, name: "Keyring", address: "https://login.example.org/authorize?a=b&c=d")),
            Gallery.Picture(
                name: "second-factor", page: .secondFactor,
                model: SecondFactorModel(
                    site: site, key: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
                    address:
                        "otpauth://totp/Mien:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Mien",
                    problem: "This is not the code of now.")),
            Gallery.Picture(
                name: "recovery-codes", page: .recoveryCodes,
                model: RecoveryCodesModel(
                    site: site, notice: "The second factor is on.", codes: codes, email: "ada@example.org",
                    place: "mien.example.org")),
            Gallery.Picture(name: "code", page: .code, model: CodeModel(site: visitor, next: "", problem: nil)),
            Gallery.Picture(
                name: "code-wrong", page: .code,
                model: CodeModel(site: visitor, next: "/analyses", problem: "This code is wrong.")),
        ]
    }

    private static func programPages() throws -> [Gallery.Picture] {
        let site = try Fixtures.site("Programs", place: .account, script: "enter.js")
        let wrongToken = ["label", "scopes", "days", "networks"].map {
            AccountError(code: .tokenField, field: $0, description: "Wrong.")
        }
        let programs = ProgramsModel(
            site: site, tokens: tokens, webhooks: webhooks, lastSent: [webhooks[0].id: deliveries[0]],
            token: TokenFields(isAdmin: false, asked: fresh),
            made: MadeToken(label: "Script", text: "mien_0123456789", site: "https://mien.example.org"),
            now: Fixtures.now)
        let bad = ProgramsModel(
            site: site, tokens: [], webhooks: [],
            token: TokenFields(
                isAdmin: true, asked: all, chosen: [], days: "7", networks: "nowhere", errors: wrongToken),
            webhook: WebhookFields(
                url: "http://127.0.0.1/", chosen: [], errors: ["url": "It takes https.", "events": "Choose one."]),
            problems: wrongToken.problems(TokenFields.ids), now: Fixtures.now)
        let full = ProgramsModel(
            site: site, tokens: [], webhooks: (0..<10).map { _ in webhook() },
            token: TokenFields(isAdmin: false, asked: fresh), now: Fixtures.now)
        return [
            Gallery.Picture(name: "programs", page: .programs, model: programs),
            Gallery.Picture(name: "programs-wrong", page: .programs, model: bad),
            Gallery.Picture(name: "programs-full", page: .programs, model: full),
        ]
    }

    static func webhook(
        _ reason: WebhookEndpoint.Reason? = nil, failing: Bool = false, rotated: Bool = false
    ) -> WebhookEndpoint {
        WebhookEndpoint(
            id: UUID(), url: "https://example.org/hook", events: WebhookEvent.allCases,
            createdAt: Fixtures.now.addingTimeInterval(-90_000),
            previousUntil: rotated ? Fixtures.now.addingTimeInterval(80_000) : nil,
            disabled: reason.map { .init(at: Fixtures.now.addingTimeInterval(-600), reason: $0) },
            failingSince: failing ? Fixtures.now.addingTimeInterval(-7_200) : nil)
    }

    static let webhooks = [
        webhook(), webhook(failing: true), webhook(.owner), webhook(.gone), webhook(.failing, failing: true),
    ]

    static func delivery(
        attempts: Int, next: Double?, delivered: Bool = false, status: Int? = nil, answer: String = "",
        error: String = ""
    ) -> WebhookDelivery {
        WebhookDelivery(
            id: UUID(), event: "analysis.finished",
            body: #"{"type": "analysis.finished", "data": {"dominant": "happy"}}"#,
            createdAt: Fixtures.now.addingTimeInterval(-3_600), attempts: attempts,
            nextAt: next.map { Fixtures.now.addingTimeInterval($0) }, deliveredAt: delivered ? Fixtures.now : nil,
            triedAt: attempts > 0 ? Fixtures.now.addingTimeInterval(-60) : nil, status: status, answer: answer,
            error: error)
    }

    static let deliveries = [
        delivery(attempts: 1, next: nil, delivered: true, status: 204),
        delivery(attempts: 2, next: 300, status: 500, answer: "<h1>Oh no</h1>"),
        delivery(attempts: 10, next: nil, error: "There was no answer in time."), delivery(attempts: 0, next: -1),
    ]

    private static func webhookPages() throws -> [Gallery.Picture] {
        let site = try Fixtures.site("Webhook", place: .account, script: "enter.js")
        let cursor = ListCursor(time: Fixtures.now, id: UUID())
        return [
            Gallery.Picture(
                name: "webhook", page: .webhook,
                model: WebhookModel(
                    site: site, endpoint: webhook(rotated: true), deliveries: deliveries, next: cursor,
                    notice: "It is sent.", now: Fixtures.now)),
            Gallery.Picture(
                name: "webhook-new", page: .webhook,
                model: WebhookModel(
                    site: site, endpoint: webhook(), deliveries: [], next: nil,
                    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", now: Fixtures.now)),
            Gallery.Picture(
                name: "webhook-off", page: .webhook,
                model: WebhookModel(
                    site: site, endpoint: webhook(.failing), deliveries: deliveries, next: nil, now: Fixtures.now)),
        ]
    }

    private static func linkPages() throws -> [Gallery.Picture] {
        let visitor = try Fixtures.site("Choose a new password", user: nil, script: "enter.js")
        let wrong = AccountErrors(errors: [.nameMissing, .emailTaken, .passwordCommon])
        let form = RegisterModel(site: visitor, name: "", email: "ada@example.org", errors: wrong)
        return [
            Gallery.Picture(
                name: "reset", page: .reset,
                model: ResetModel(site: visitor, token: "t0k3n", email: "ada@example.org", passwordError: nil)),
            Gallery.Picture(
                name: "reset-wrong", page: .reset,
                model: ResetModel(
                    site: visitor, token: "t0k3n", email: "ada@example.org", passwordError: "Use at least 8 characters."
                )
            ),
            Gallery.Picture(
                name: "confirm", page: .confirm,
                model: ConfirmModel(
                    site: visitor, token: "t0k3n", AddressConfirmation(user: Fixtures.user, email: "ada@example.org"))),
            Gallery.Picture(
                name: "confirm-change", page: .confirm,
                model: ConfirmModel(
                    site: visitor, token: "t0k3n", AddressConfirmation(user: Fixtures.user, email: "king@example.org"))),
            Gallery.Picture(
                name: "forgot", page: .forgot, model: ForgotModel(site: visitor, email: "", emailError: nil)),
            Gallery.Picture(
                name: "forgot-wrong", page: .forgot,
                model: ForgotModel(site: visitor, email: "ada", emailError: "Enter an e-mail address.")),
            Gallery.Picture(
                name: "setup", page: .setup,
                model: SetupModel(site: visitor, token: "t0k3n", form: RegisterModel(site: visitor))),
            Gallery.Picture(
                name: "setup-wrong", page: .setup, model: SetupModel(site: visitor, token: "t0k3n", form: form)),
            Gallery.Picture(
                name: "message", page: .message,
                model: MessageModel(
                    site: visitor, title: "Your account is closed", message: "It is being deleted.", link: "/",
                    linkText: "Go to the first page")),
            Gallery.Picture(
                name: "message-secret", page: .message,
                model: MessageModel(
                    site: visitor, title: "A link for Ada", message: "Give it to nobody else.",
                    link: "/operations/users", linkText: "Back to the users",
                    secret: "https://mien.example.org/reset?token=3nCq0kXw1yX2b8m7W9sLr4tUvZaQeRfTgYhUjIkOlPz")),
        ]
    }
}
