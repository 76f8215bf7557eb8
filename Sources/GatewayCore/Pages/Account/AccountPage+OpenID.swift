import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Operations

/// Connecting the account with who its person is to the provider, and taking that away again.
extension AccountPage {
    func addOpenID(to router: Router<GatewayContext>) {
        router.post(RouterPath(OpenIDPage.connectPath)) { request, context in
            let (user, answer) = try await asked(.connect, request, context)
            if let answer { return answer }
            let (address, cookie) = try await openID.departure(
                .connect(user.id), next: AccountTabs.security, request, context)
            let name = try openID.way().settings.name
            // A page, and not a redirect: browsers hold those to `form-action` as well.
            let model = LeadOnModel(
                site: site("On to \(name)", context), name: name, address: address)
            var response = frame.page(.leadOn, model, context)
            // HTML Standard, 7.4.6: as the element of the same name. Where a browser does not, the link is there.
            response.headers[HTTPField.Name("Refresh")!] = "0; url=\(address)"
            response.setCookie(cookie)
            return response
        }
        router.post(RouterPath(OpenIDPage.disconnectPath)) { request, context in
            let (user, answer) = try await asked(.disconnect, request, context)
            if let answer { return answer }
            guard signIn.ways.takesPasswords,
                try await accounts.disconnect(user.id, keeping: context.sessionToken)
            else {
                throw RequestFailure.disconnectRefused
            }
            context.logger.notice(
                "An account is disconnected from the provider",
                metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
            await audit.record(.identityDisconnected, by: user.id, context)
            return Response.redirect(to: "\(AccountTabs.security)?done=disconnected", type: .normal)
        }
    }

    /// The person, and the page again where something is to be shown first.
    private func asked(
        _ form: ConnectionModel.Form, _ request: Request, _ context: GatewayContext
    ) async throws -> (user: User, answer: Response?) {
        let user = try frame.person(request, context)
        let sent = try await frame.form(AgainForm.self, request, context)
        _ = try openID.way()
        do {
            try await signIn.askAgain(sent, of: user, context)
            return (user, nil)
        } catch let errors as AccountErrors {
            return (
                user,
                try await security(
                    user, context, connection: (form, errors.errors), status: .unprocessableContent)
            )
        }
    }
}

extension RequestFailure {
    fileprivate static let disconnectRefused = RequestFailure(
        status: .conflict, code: "last_way", title: "Nothing else opens your account",
        message: "Set a password first, so that you still get in. Nothing was changed.",
        step: Step(address: AccountTabs.security, words: "Back to your account"))
}
