import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// The second page of a log-in, for those who have a second factor: it asks for a code.
///
/// Who has shown the password, or was recognised by a provider, is remembered by a cookie of its own, which opens nothing else and ends after ten minutes.
struct CodePage: Page {
    let frame: PageFrame
    let accounts: AccountStore
    let audit: AuditLog
    let signIn: SignIn

    struct CodeForm: CSRFForm {
        let csrf_token: String?
        let code: String?
        let next: String?
    }

    static let path = "/login/code"

    func addRoutes(to router: Router<GatewayContext>) {
        router.get(RouterPath(Self.path)) { request, context in
            let next = request.query["next"].map(LocalPath.safe) ?? ""
            guard try await pending(request, context) != nil else {
                return Response.redirect(to: context.user == nil ? "/login" : LocalPath.home, type: .normal)
            }
            return codePage(next: next, context)
        }
        router.post(RouterPath(Self.path)) { request, context in
            let form = try await frame.read(CodeForm.self, request)
            let email = try await pending(request, context)?.user.email
            if let answer = frame.overtaken(form, by: email, next: form.next, request, context) { return answer }
            try frame.check(form, request, context)
            return try await logIn(form, request, context)
        }
    }

    /// Whose password was shown, and the token that says so.
    private func pending(
        _ request: Request, _ context: GatewayContext
    ) async throws -> (user: User, token: String)? {
        let name = BrowserCookies.pendingName(secure: context.browser.usesSecureCookies)
        guard let token = request.cookies[name]?.value, let user = try await accounts.user(pendingToken: token)
        else { return nil }
        return (user, token)
    }

    private func logIn(
        _ form: CodeForm, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        guard let (user, token) = try await pending(request, context) else { return tooLate(form, context) }
        do {
            let proof = try await signIn.confirmCode(form.code ?? "", of: user, context)
            let isByProvider = try await accounts.isByProvider(pendingToken: token)
            // Who uses one has mostly lost the app, and should see to it.
            let next = proof == .recoveryCode ? "\(AccountTabs.security)?done=recovery" : LocalPath.safe(form.next)
            var response = try await signIn.start(
                user, on: .code(pendingToken: token), next: next, request, context)
            context.logger.info("Logged in", metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
            await audit.record(.loggedIn, by: user.id, detail: isByProvider ? "openid" : "", context)
            response.setCookie(BrowserCookies.endOfPending(secure: context.browser.usesSecureCookies))
            return response
        } catch is SignIn.Overtaken {
            return tooLate(form, context)
        } catch let errors as AccountErrors {
            context.logger.notice("Code refused", metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
            return codePage(
                next: form.next ?? "", problem: errors.errors.message("code"), context, status: .unprocessableContent)
        } catch let failure as RequestFailure where failure.status == .tooManyRequests {
            var response = codePage(
                next: form.next ?? "", problem: LoginPage.words(failure), context, status: failure.status)
            if let seconds = failure.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
            return response
        }
    }

    private func tooLate(_ form: CodeForm, _ context: GatewayContext) -> Response {
        let model = LoginModel(
            site: frame.site("Log in", .elsewhere, context, script: "enter.js"),
            ways: signIn.ways, next: form.next.map(LocalPath.safe) ?? "",
            problem: "The log-in was begun too long ago. Log in again.")
        return frame.page(.login, model, context, status: .unprocessableContent)
    }

    private func codePage(
        next: String, problem: String? = nil, _ context: GatewayContext, status: HTTPResponse.Status = .ok
    ) -> Response {
        let model = CodeModel(
            site: frame.site("Enter the code", .elsewhere, context), next: next.isEmpty ? "" : LocalPath.safe(next),
            problem: problem)
        return frame.page(.code, model, context, status: status)
    }
}

/// The page that asks for a code.
struct CodeModel: Sendable {
    let site: Site
    /// The local path to go on to.
    let next: String
    let problem: String?
}
