import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// Deleting the own account.
struct LeavePage: Page {
    let frame: PageFrame
    let accounts: AccountStore
    let analyses: AnalysisStore
    let audit: AuditLog
    let signIn: SignIn

    struct LeaveForm: AskingForm {
        let csrf_token: String?
        let confirmation: String?
        let current: String?
        let code: String?
    }

    static let path = "/account/delete"

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/account/delete") { request, context in
            let user = try frame.person(request, context)
            return try await leavePage(user, context)
        }
        router.post("/account/delete") { request, context in
            let user = try frame.person(request, context)
            return try await leave(user, frame.form(LeaveForm.self, request, context), context)
        }
    }

    private func leave(_ user: User, _ form: LeaveForm, _ context: GatewayContext) async throws -> Response {
        var errors: [AccountError] = []
        let typed = form.confirmation?.trimmingCharacters(in: .whitespaces) ?? ""
        if typed.lowercased() != user.email.lowercased() { errors.append(.notConfirmed) }
        do {
            try await signIn.askAgain(form, of: user, always: true, missing: .currentPasswordWrong, context)
        } catch let wrong as AccountErrors {
            errors += wrong.errors
        }
        guard errors.isEmpty else {
            return try await leavePage(user, context, errors: errors, status: .unprocessableContent)
        }
        try await accounts.leave(user.id)
        await audit.record(.accountDeleted, by: nil, context)
        context.logger.notice(
            "Account closed by its owner; it is being deleted",
            metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
        return left(context)
    }

    private func left(_ context: GatewayContext) -> Response {
        var visitor = context
        visitor.identity = nil
        let model = MessageModel(
            site: frame.site("Your account is closed", .elsewhere, visitor), title: "Your account is closed",
            message:
                "Nobody can open it any more, nor what you shared. Your photos, results and details are being deleted "
                + "from this site, which takes some minutes if there are very many. Backups that its operator keeps may still "
                + "hold them until they are replaced.",
            link: "/", linkText: "Go to the first page")
        var response = frame.page(.message, model, visitor)
        let secure = context.browser.usesSecureCookies
        response.setCookie(BrowserCookies.endOfSession(secure: secure))
        response.setCookie(BrowserCookies.endOfKnown(secure: secure))
        response.setCookie(BrowserCookies.theme(.system, secure: secure))
        response.headers[HTTPField.Name("Clear-Site-Data")!] = "\"cache\""
        return response
    }

    private func leavePage(
        _ user: User, _ context: GatewayContext, errors: [AccountError] = [], status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let count = try await analyses.count(owner: user.id)
        let site = frame.site("Delete your account", .account, context, script: "enter.js")
        return frame.page(
            .leave,
            LeaveModel(
                site: site, user: user, analyses: count,
                asked: try await signIn.asked(of: user, always: true, context), errors: errors), context, status: status
        )
    }
}
