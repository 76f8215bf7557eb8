import Accounts
import Hummingbird
import Logging
import Operations
import Passwords

extension WebPages {
    struct RegisterForm: CSRFForm {
        let csrf_token: String?
        let name: String?
        let email: String?
        let password: String?
        let zone: String?
    }

    func addVisitorRoutes(to router: Router<GatewayContext>) {
        router.get("/") { _, context in
            if context.user != nil { return Response.redirect(to: LocalPath.home, type: .normal) }
            return page(.landing, LandingModel(site: site("Emotion in photos", .elsewhere, context)), context)
        }
        router.get("/register") { _, context in
            if context.user != nil { return Response.redirect(to: LocalPath.home, type: .normal) }
            try requireOpenRegistration()
            return page(.register, RegisterModel(site: registerSite(context)), context)
        }
        router.post("/register") { request, context in
            try requireOpenRegistration()
            return try await register(form(RegisterForm.self, request, context), request, context)
        }
    }

    private func requireOpenRegistration() throws {
        guard services.switches.current.registration == .open else { throw RequestFailure.registrationClosed }
    }

    private func registerSite(_ context: GatewayContext) -> Site {
        site("Create an account", .elsewhere, context, script: "enter.js")
    }

    private func register(
        _ form: RegisterForm, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let name = form.name ?? ""
        let email = form.email ?? ""
        do {
            _ = try AccountDetails.check(name: name, email: email, password: form.password ?? "").get()
            // What the person can correct costs no hash, and so does not count.
            if let seconds = registrationThrottle.attempt(from: context.remoteAddress) {
                throw RequestFailure.tooManyRequests(retryAfter: seconds)
            }
            let user = try await accounts.register(
                name: name, email: email, password: form.password ?? "", timeZone: form.zone)
            context.logger.info("Account created", metadata: ["user.id": "\(user.id)"])
            try await services.audit.record(.registered, by: user.id, context)
            return try await logIn(user, next: LocalPath.home, request, context)
        } catch let errors as AccountErrors {
            let model = RegisterModel(
                site: registerSite(context), name: name, email: email, errors: errors)
            return page(.register, model, context, status: .unprocessableContent)
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
    }

    /// Starts a new session, so that a token which was known before the log-in opens nothing after it.
    func logIn(_ user: User, next: String, _ request: Request, _ context: GatewayContext) async throws -> Response {
        if case .session(let former)? = context.identity?.proof { try await accounts.endSession(former) }
        let token = try await accounts.startSession(
            of: user.id, userAgent: request.headers[.userAgent] ?? "", address: context.remoteAddress)
        var response = Response.redirect(to: LocalPath.safe(next), type: .normal)
        let secure = context.browser.usesSecureCookies
        response.setCookie(BrowserCookies.session(token, secure: secure))
        response.setCookie(BrowserCookies.known(knownBrowser.cookie(for: user.email), secure: secure))
        return response
    }
}
