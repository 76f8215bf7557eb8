import Accounts
import Hummingbird

/// The page behind a one-time link that confirms an address. A form confirms it, and not the link itself: what looks through
/// mail opens links. It works whoever is logged in, or nobody.
struct ConfirmPage: Page {
    let frame: PageFrame
    let accounts: AccountStore
    let audit: AuditLog

    struct ConfirmForm: CSRFForm {
        static let isForAnybody = true
        let csrf_token: String?
        let token: String?
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/confirm") { request, context in
            let token = request.query["token"] ?? ""
            guard let found = try await accounts.confirmation(token: token) else {
                throw RequestFailure.confirmationExpired
            }
            let site = frame.site("Confirm your address", .elsewhere, context)
            return frame.page(.confirm, ConfirmModel(site: site, token: token, found), context)
        }
        router.post("/confirm") { request, context in
            try await confirm(frame.form(ConfirmForm.self, request, context), context)
        }
    }

    private func confirm(_ form: ConfirmForm, _ context: GatewayContext) async throws -> Response {
        switch try await accounts.confirmAddress(token: form.token ?? "") {
        case .expired: throw RequestFailure.confirmationExpired
        case .taken(let confirmation): throw RequestFailure.addressTaken(confirmation.email)
        case .confirmed(let confirmation):
            await audit.record(
                confirmation.isChange ? .emailChanged : .emailConfirmed, by: nil, to: confirmation.user.id, context)
            return page(of: confirmation, context)
        }
    }

    private func page(of confirmation: AddressConfirmation, _ context: GatewayContext) -> Response {
        let message =
            confirmation.isChange
            ? "Your address is \(confirmation.email) from now on: log in with it. Links that were sent to the former one work no more."
            : "Your address \(confirmation.email) is confirmed."
        let isLoggedIn = context.user != nil
        let model = MessageModel(
            site: frame.site("Your address is confirmed", .elsewhere, context), title: "Your address is confirmed",
            message: message, link: isLoggedIn ? "/account" : "/login",
            linkText: isLoggedIn ? "Go to your account" : "Log in")
        return frame.page(.message, model, context)
    }
}

extension RequestFailure {
    static let confirmationExpired = RequestFailure(
        status: .gone, code: "link_expired", title: "This link does not work any more",
        message:
            "It works once, for a day, and until another is sent. If you have used it, your address is confirmed. If not, have another one sent under Account."
    )

    static func addressTaken(_ email: String) -> RequestFailure {
        RequestFailure(
            status: .conflict, code: "email_taken", title: "This address has another account",
            message:
                "Somebody has made an account with \(email) meanwhile. Nothing was changed: your account has the address that it had. Choose another one under Account, or leave it as it is."
        )
    }
}
