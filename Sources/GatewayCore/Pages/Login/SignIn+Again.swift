import Accounts
import Foundation
import Hummingbird
import Logging
import Reports

/// What a form before a dangerous act is sent with.
protocol AskingForm: CSRFForm {
    var current: String? { get }
    var code: String? { get }
}

/// What such a form has to ask for.
struct AskedAgain: Sendable, Equatable {
    let password: Bool
    let code: Bool
    /// With whom the person has to confirm first that it is them; nil where that is not asked.
    var provider: String?
}

/// Whoever finds a browser open must not take the account over: dangerous acts ask for the password, and where there is a
/// second factor for a code, unless both were shown in the last minutes. Those who log in by a provider alone are asked by it in
/// place of the password.
extension SignIn {
    /// - Parameter always: whether the password is asked for in any case; a provider never is within those minutes.
    func asked(of user: User, always: Bool = false, _ context: GatewayContext) async throws -> AskedAgain {
        let (isFresh, isFreshAtProvider) = try await accounts.confirmation(of: context.sessionToken ?? "")
        if let provider = ways.confirming(user) {
            return AskedAgain(
                password: false, code: !isFresh && user.hasSecondFactor,
                provider: isFresh || isFreshAtProvider ? nil : provider)
        }
        return AskedAgain(password: always || !isFresh, code: !isFresh && user.hasSecondFactor)
    }

    /// Goes on when the form shows what is asked for.
    /// - Parameter missing: what to say when there is no password in it.
    /// - Throws: ``AccountErrors`` with the field `current` or `code`.
    func askAgain(
        _ form: some AskingForm, of user: User, always: Bool = false,
        missing: AccountError = .currentPasswordAgain, _ context: GatewayContext
    ) async throws {
        let asked = try await asked(of: user, always: always, context)
        if let provider = asked.provider { throw AccountErrors(errors: [.confirmAtProvider(provider)]) }
        if asked.password {
            guard user.hasPassword else { throw AccountErrors(errors: [.passwordNone]) }
            let password = form.current ?? ""
            guard !password.isEmpty else { throw AccountErrors(errors: [missing]) }
            try await confirm(password, of: user, context)
        }
        if asked.code { _ = try await confirmCode(form.code ?? "", of: user, context) }
        let showsAll = asked.code || (asked.password && !user.hasSecondFactor)
        if showsAll, asked.password || ways.confirming(user) != nil, let token = context.sessionToken {
            // It may have ended while the password was looked at, as when its owner has changed it.
            guard try await accounts.confirmSession(token) else {
                throw LoginRedirect(target: LocalPath.home, isUnsaved: true)
            }
        }
    }

    /// What stands in for a code.
    enum Proof { case code, recoveryCode }

    /// Checks a code of the second factor, or a recovery code; either works once.
    /// - Throws: ``AccountErrors`` with the field `code`.
    func confirmCode(_ text: String, of user: User, _ context: GatewayContext) async throws -> Proof {
        guard !text.allSatisfy(\.isWhitespace) else { throw AccountErrors(errors: [.codeMissing]) }
        var problem = AccountError.codeWrong
        let proof: Proof? = try await attempt(address: context.remoteAddress, account: "code \(user.id)") {
            if let code = RecoveryCode(typed: text) {
                problem = .recoveryCodeWrong
                return try await factors.use(code, of: user.id) ? .recoveryCode : nil
            }
            switch try await factors.check(text, of: user.id) {
            case .right: return .code
            case .refused(let seconds): problem = .codesRefused(for: Words.duration(seconds: seconds))
            case .unreadable:
                context.logger.error(
                    "A second factor cannot be read: MIEN_SECRET is another than when it was set up",
                    metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
                throw AccountErrors(errors: [.codeUnreadable])
            case .wrong, .none: break
            }
            return nil
        }
        guard let proof else {
            await audit.record(.secondFactorFailed, by: user.id, context)
            throw AccountErrors(errors: [problem])
        }
        if proof == .recoveryCode { await audit.record(.recoveryCodeUsed, by: user.id, context) }
        return proof
    }
}

/// The fields of a form before a dangerous act.
struct AskAgainModel: Sendable {
    /// What the fields' ids begin with.
    let id: String
    let asksPassword: Bool
    let asksCode: Bool
    /// Whom to confirm with first, and by which link.
    let confirmation: ProviderButton?
    let label: String
    /// For what it is needed, where the form does other things too.
    let reason: String?
    let currentError: String?
    let codeError: String?
    let providerError: String?

    init(
        _ id: String, _ asked: AskedAgain, label: String = "Your password", reason: String? = nil,
        errors: [AccountError] = []
    ) {
        self.id = id
        asksPassword = asked.password
        asksCode = asked.code
        confirmation = asked.provider.map {
            ProviderButton(
                name: $0, address: "\(OpenIDPage.confirmPath)?next=\(Self.place(id).addingPercentEncoding())")
        }
        self.label = label
        self.reason = reason
        currentError = errors.message("current")
        codeError = errors.message("code")
        providerError = errors.message("provider")
    }

    /// The page that the form stands on.
    private static func place(_ id: String) -> String {
        switch id {
        case "profile": AccountTabs.profile
        case "token": AccountTabs.programs
        case "leave": LeavePage.path
        case "new", "again": "/operations/users"
        default: AccountTabs.security
        }
    }
}
