import Accounts
import HTTPTypes
import Hummingbird
import Operations

/// Leads whoever has to have a second factor, and has none yet, to the page where it is set up, from all others. Only
/// browsers: API tokens are made by people who came past it. Of those who come by a provider, the provider asks what it finds right.
struct SecondFactorMiddleware: RouterMiddleware {
    typealias Context = GatewayContext

    let rule: GatewayConfiguration.SecondFactorRule

    /// What is open all the same: what protects the account, logging out, and leaving with one's data.
    private static let open = [
        AccountTabs.security, AccountTabs.data, "/account/second-factor", "/account/password", "/account/sessions",
        "/account/export.zip", "/account/delete", "/account/email", "/confirm", OpenIDPage.path, "/logout",
        StaticFiles.folder, "/favicon.ico",
    ].map(PathParts.init)

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        let path = request.path
        guard context.sessionToken != nil, let user = context.user, rule.includes(user), !user.hasSecondFactor,
            context.identity?.isByProvider != true, !Self.open.contains(where: path.isWithin)
        else { return try await next(request, context) }
        guard request.method == .get, !context.wantsJSON(request) else { throw RequestFailure.secondFactorNeeded }
        return Response.redirect(to: AccountTabs.security, type: .normal)
    }
}
