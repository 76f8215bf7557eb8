import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Passwords
import Reports

/// Logging in and out.
struct LoginPage: Page {
    let frame: PageFrame
    let accounts: AccountStore
    let audit: AuditLog
    let signIn: SignIn

    struct LoginForm: CSRFForm {
        let csrf_token: String?
        let email: String?
        let password: String?
        let next: String?
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/login") { request, context in
            let next = request.query["next"].map(LocalPath.safe)
            if context.user != nil { return Response.redirect(to: next ?? LocalPath.home, type: .normal) }
            let model = LoginModel(
                site: loginSite(context), ways: signIn.ways, next: next ?? "",
                isUnsaved: request.query[LoginRedirect.unsaved] != nil)
            return loginPage(model, context)
        }
        router.post("/login") { request, context in
            guard signIn.ways.takesPasswords else { throw RequestFailure.passwordsOff }
            let form = try await frame.read(LoginForm.self, request)
            if let answer = frame.overtaken(form, by: form.email, next: form.next, request, context) { return answer }
            try frame.check(form, request, context)
            return try await logIn(form, request, context)
        }
        router.post("/logout") { request, context in
            // Logged out in another tab, or ended elsewhere: no session is left, and so nothing for which a token would be needed.
            if context.user == nil, CSRF.comesFromThisSite(request) { return loggedOut(context) }
            _ = try await frame.form(EmptyForm.self, request, context)
            if let token = context.sessionToken { try await accounts.endSession(token) }
            if let user = context.user { await audit.record(.loggedOut, by: user.id, context) }
            return loggedOut(context)
        }
    }

    /// What a browser kept of private pages goes with the session, wherever that was ended.
    private func loggedOut(_ context: GatewayContext) -> Response {
        var response = Response.redirect(to: "/", type: .normal)
        response.setCookie(BrowserCookies.endOfSession(secure: context.browser.usesSecureCookies))
        response.headers[HTTPField.Name("Clear-Site-Data")!] = "\"cache\""
        return response
    }

    private func logIn(
        _ form: LoginForm, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let email = form.email ?? ""
        let (address, account, isKnown) = counted(email, request, context)
        do {
            let shown = try await signIn.attempt(address: address, account: account) {
                try await accounts.authenticate(
                    email: email, password: form.password ?? "", for: isKnown ? .known : .logIn)
            }
            guard let shown else {
                await audit.recordFailedLogIn(email: email, context)
                return refuse(form, "E-mail address or password is wrong.", context)
            }
            let user = shown.user
            if user.hasSecondFactor {
                return try await signIn.askForCode(on: .password(shown), next: form.next ?? "", context)
            }
            let response = try await signIn.start(
                user, on: .password(shown), next: LocalPath.safe(form.next), request, context)
            context.logger.info("Logged in", metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
            await audit.record(.loggedIn, by: user.id, context)
            return response
        } catch is SignIn.Overtaken {
            return refuse(form, "The account has changed just now. Log in again.", context)
        } catch let failure as RequestFailure where failure.status == .tooManyRequests {
            return refuse(form, Self.words(failure), status: failure, context)
        } catch is AccountDisabled {
            await audit.recordFailedLogIn(email: email, context)
            return refuse(form, "This account is disabled. Ask whoever runs this site.", context)
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
    }

    /// What an attempt is counted under: a browser that has been in this account before stands for itself.
    private func counted(
        _ email: String, _ request: Request, _ context: GatewayContext
    ) -> (address: String, account: String, isKnown: Bool) {
        let cookie = request.cookies[BrowserCookies.knownName(secure: context.browser.usesSecureCookies)]?.value
        guard let cookie, signIn.knownBrowser.recognises(cookie, for: email) else {
            return (context.remoteAddress, email, false)
        }
        return ("known \(cookie)", "known \(cookie)", true)
    }

    /// The form again, with what was wrong. One answer for an unknown address and a wrong password: the page tells nobody
    /// who has an account.
    private func refuse(
        _ form: LoginForm, _ problem: String, status failure: RequestFailure? = nil, _ context: GatewayContext
    ) -> Response {
        context.logger.notice("Log-in refused", metadata: ["client.address": "\(context.remoteAddress)"])
        let next = form.next ?? ""
        let model = LoginModel(
            site: loginSite(context), ways: signIn.ways, email: form.email ?? "",
            next: next.isEmpty ? "" : LocalPath.safe(next),
            problem: problem)
        var response = loginPage(model, context, status: failure?.status ?? .unprocessableContent)
        if let seconds = failure?.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
        return response
    }

    /// Too many attempts, said in the form itself.
    static func words(_ failure: RequestFailure) -> String {
        "\(failure.title). Wait \(Words.duration(seconds: failure.retryAfter ?? 1)), then try again."
    }

    private func loginSite(_ context: GatewayContext) -> Site {
        frame.site("Log in", .elsewhere, context, script: "enter.js")
    }

    private func loginPage(
        _ model: LoginModel, _ context: GatewayContext, status: HTTPResponse.Status = .ok
    ) -> Response {
        frame.page(.login, model, context, status: status)
    }
}
