import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Operations
import QRCodes

/// Switching the second factor on and off, and its recovery codes.
extension AccountPage {
    struct AgainForm: AskingForm {
        let csrf_token: String?
        let current: String?
        let code: String?
    }

    private static let path = "/account/second-factor"

    func addSecondFactor(to router: Router<GatewayContext>) {
        router.get(RouterPath(Self.path)) { request, context in
            try await enrolmentPage(frame.person(request, context), context)
        }
        router.post(RouterPath("\(Self.path)/begin")) { request, context in
            try await act(.begin, request, context) { user in
                // One that is on already stays: the page about security says so.
                let hasBegun = try await signIn.factors.begin(for: user.id)
                return Response.redirect(to: hasBegun ? Self.path : AccountTabs.security, type: .normal)
            }
        }
        router.post(RouterPath("\(Self.path)/confirm")) { request, context in
            let user = try frame.person(request, context)
            return try await confirm(user, frame.form(AgainForm.self, request, context), context)
        }
        router.post(RouterPath("\(Self.path)/codes")) { request, context in
            try await act(.codes, request, context) { user in
                guard let codes = try await signIn.factors.makeRecoveryCodes(of: user.id) else {
                    return Response.redirect(to: AccountTabs.security, type: .normal)
                }
                await audit.record(.recoveryCodesMade, by: user.id, context)
                return codesPage(codes, of: user, "These are new. Those that you had work no more.", context)
            }
        }
        router.post(RouterPath("\(Self.path)/off")) { request, context in
            try await act(.off, request, context) { user in
                guard try await accounts.switchSecondFactorOff(of: user.id) else {
                    return Response.redirect(to: AccountTabs.security, type: .normal)
                }
                await audit.record(.secondFactorOff, by: user.id, context)
                return Response.redirect(to: "\(AccountTabs.security)?done=factor-off", type: .normal)
            }
        }
    }

    /// Does something that asks for password and code first, unless both were shown just now.
    private func act(
        _ form: FactorModel.Form, _ request: Request, _ context: GatewayContext,
        _ deed: (User) async throws -> Response
    ) async throws -> Response {
        let user = try frame.person(request, context)
        let sent = try await frame.form(AgainForm.self, request, context)
        do {
            try await signIn.askAgain(sent, of: user, context)
        } catch let errors as AccountErrors {
            return try await security(
                user, context, factor: (form, errors.errors), status: .unprocessableContent)
        }
        return try await deed(user)
    }

    private func confirm(_ user: User, _ form: AgainForm, _ context: GatewayContext) async throws -> Response {
        guard try await signIn.factors.enrolment(of: user.id) != nil else {
            return Response.redirect(to: AccountTabs.security, type: .normal)
        }
        let codes = try await signIn.factors.confirm(
            form.code ?? "", of: user.id, keeping: context.sessionToken ?? "")
        guard let codes else {
            return try await enrolmentPage(
                user, context,
                problem:
                    "This is not the code of now. Wait for the next one; if it does not work either, see that the clocks of your phone and of this site agree.",
                status: .unprocessableContent)
        }
        context.logger.notice(
            "A second factor is switched on", metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
        await audit.record(.secondFactorOn, by: user.id, context)
        return codesPage(
            codes, of: user, "The second factor is on. All your other sessions are ended.", context)
    }

    private func enrolmentPage(
        _ user: User, _ context: GatewayContext, problem: String? = nil, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        guard let enrolment = try await signIn.factors.enrolment(of: user.id) else {
            return Response.redirect(to: AccountTabs.security, type: .normal)
        }
        let address = enrolment.address(email: user.email, host: configuration.publicURL?.host() ?? "")
        let model = SecondFactorModel(
            site: site("Set up the second factor", context), key: enrolment.key, address: address, problem: problem)
        return frame.page(.secondFactor, model, context, status: status)
    }

    private func codesPage(
        _ codes: [RecoveryCode], of user: User, _ notice: String, _ context: GatewayContext
    ) -> Response {
        let model = RecoveryCodesModel(
            site: site("Your recovery codes", context), notice: notice, codes: codes.map(\.text), email: user.email,
            place: configuration.publicURL?.host() ?? "Mien")
        return frame.page(.recoveryCodes, model, context)
    }
}
