import Accounts
import Foundation
import HTTPTypes
import Hummingbird

/// Asking for a link by e-mail; there only where the operator has set an SMTP server.
struct ForgotPage: Page {
    let frame: PageFrame
    /// Nil where there is none, and where nobody logs in by a password.
    let mailer: AccountMailer?
    /// Slows down who has links sent.
    let throttle = LoginThrottle()

    struct ForgotForm: CSRFForm {
        static let isForAnybody = true
        let csrf_token: String?
        let email: String?
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/forgot") { _, context in
            guard mailer != nil else { throw RequestFailure.notFound }
            return frame.page(.forgot, ForgotModel(site: forgotSite(context), email: "", emailError: nil), context)
        }
        router.post("/forgot") { request, context in
            guard let mailer else { throw RequestFailure.notFound }
            return try await forgot(frame.form(ForgotForm.self, request, context), mailer, context)
        }
    }

    private func forgot(_ form: ForgotForm, _ mailer: AccountMailer, _ context: GatewayContext) async throws -> Response
    {
        let email = (form.email ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        if let problem = AccountDetails.problem(withEmail: email) {
            let model = ForgotModel(site: forgotSite(context), email: email, emailError: problem.description)
            return frame.page(.forgot, model, context, status: .unprocessableContent)
        }
        // Every request counts: nobody has a stranger's letterbox filled, or looks addresses up by the hundred.
        if let seconds = throttle.attempt(from: context.remoteAddress) {
            throw RequestFailure.tooManyRequests(retryAfter: seconds)
        }
        mailer.ask(email)
        let model = MessageModel(
            site: frame.site("Look into your mail", .elsewhere, context), title: "Look into your mail",
            message: "If \(email) has an account here, a link for a new password is on its way. It works for a day.",
            link: "/login", linkText: "Log in")
        return frame.page(.message, model, context)
    }

    private func forgotSite(_ context: GatewayContext) -> Site {
        frame.site("Forgotten password", .elsewhere, context)
    }
}
