import Accounts
import Foundation
import Hummingbird
import Logging
import Operations
import Passwords

/// Making an account, where registration is open.
struct RegisterPage: Page {
    let frame: PageFrame
    let accounts: AccountStore
    let audit: AuditLog
    let switches: SiteSwitches
    let signIn: SignIn
    /// Nil where no mail is sent; addresses are taken as they are then.
    let mailer: AccountMailer?
    /// Slows down who makes accounts; a class that shares an address gets in at once.
    let throttle = LoginThrottle(limits: .init(freeForAddress: 30))

    struct RegisterForm: CSRFForm {
        let csrf_token: String?
        let name: String?
        let email: String?
        let password: String?
        let zone: String?
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/register") { _, context in
            if context.user != nil { return Response.redirect(to: LocalPath.home, type: .normal) }
            guard takesForm || provider != nil else { throw RequestFailure.registrationClosed }
            return frame.page(
                .register, RegisterModel(site: registerSite(context), provider: provider, takesForm: takesForm), context
            )
        }
        router.post("/register") { request, context in
            guard takesForm else { throw RequestFailure.registrationClosed }
            let form = try await frame.read(RegisterForm.self, request)
            if let answer = frame.overtaken(form, by: form.email, next: nil, request, context) { return answer }
            try frame.check(form, request, context)
            return try await register(form, request, context)
        }
    }

    private var takesForm: Bool { signIn.ways.takesPasswords && switches.current.registration == .open }

    /// The provider's word may be enough where registration is closed: the operator has said so apart.
    private var provider: ProviderButton? { signIn.ways.providerRegisters ? signIn.ways.button() : nil }

    private func registerSite(_ context: GatewayContext) -> Site {
        frame.site("Create an account", .elsewhere, context, script: "enter.js")
    }

    private func register(
        _ form: RegisterForm, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let name = form.name ?? ""
        let email = form.email ?? ""
        do {
            _ = try AccountDetails.check(name: name, email: email, password: form.password ?? "").get()
            // What the person can correct costs no hash, and so does not count.
            if let seconds = throttle.attempt(from: context.remoteAddress) {
                throw RequestFailure.tooManyRequests(retryAfter: seconds)
            }
            let user = try await accounts.register(
                name: name, email: email, password: form.password ?? "", timeZone: form.zone,
                isConfirmed: mailer == nil)
            context.logger.info("Account created", metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
            await audit.record(.registered, by: user.id, context)
            mailer?.confirm(user.email, of: user.id)
            return try await signIn.start(user, next: LocalPath.home, request, context)
        } catch let errors as AccountErrors {
            let model = RegisterModel(
                site: registerSite(context), name: name, email: email, errors: errors, provider: provider)
            return frame.page(.register, model, context, status: .unprocessableContent)
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
    }
}
