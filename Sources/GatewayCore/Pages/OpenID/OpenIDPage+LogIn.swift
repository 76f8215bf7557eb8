import Accounts
import Foundation
import Hummingbird
import Logging
import OpenID
import Operations

/// What becomes of somebody whom the provider has recognised.
extension OpenIDPage {
    func logIn(
        _ person: RecognisedPerson, _ trip: ProviderTrip, _ way: Way, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let user: User
        if let found = try await accounts.user(identity: person.identity) {
            guard !found.isDisabled else {
                await audit.record(.logInFailed, by: nil, to: found.user.id, detail: "openid disabled", context)
                throw RequestFailure.accountDisabled
            }
            user = try await followProvider(person, found.user, way, context)
        } else {
            user = try await register(person, way, context)
        }
        try await accounts.use(person.identity)
        let shown = ShownIdentity(user: user, identity: person.identity, isFresh: person.isFresh())
        do {
            if user.hasSecondFactor {
                return try await signIn.askForCode(on: .provider(shown), next: trip.next, context)
            }
            let response = try await signIn.start(user, on: .provider(shown), next: trip.next, request, context)
            context.logger.info(
                "Logged in by the provider", metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
            await audit.record(.loggedIn, by: user.id, detail: "openid", context)
            return response
        } catch is SignIn.Overtaken {
            throw RequestFailure.tripOver(way.settings.name)
        }
    }

    private func register(_ person: RecognisedPerson, _ way: Way, _ context: GatewayContext) async throws -> User {
        guard let profile = person.profile else {
            throw await refuse(.emailMissing(way.settings.name), "email_missing", context)
        }
        // An address that may be somebody else's would be taken from them, and their links for new passwords opened the account.
        guard !person.claims.isEmailUnverified else {
            throw await refuse(.emailUnverified(way.settings.name, profile.email), "email_unverified", context)
        }
        guard try await accounts.user(email: profile.email) == nil else {
            return try await owner(of: person, profile, way, context)
        }
        guard way.settings.registers else {
            throw await refuse(.providerRegistersNobody(way.settings.name), "registration_closed", context)
        }
        let isAdmin = way.settings.administrators?.includes(person.claims) == true
        let user: User
        do {
            user = try await accounts.register(profile, by: person.identity, isAdmin: isAdmin)
        } catch is AccountErrors {
            return try await owner(of: person, profile, way, context)
        }
        context.logger.info(
            "Account created by the provider", metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
        await audit.record(.registered, by: user.id, detail: "openid", context)
        if isAdmin { await audit.record(.administratorMade, by: nil, to: user.id, detail: "openid", context) }
        return user
    }

    /// The address has an account. It is the person's own if they were quicker in another tab; whoever can get an address at some
    /// provider does not get the account that has it here.
    private func owner(
        of person: RecognisedPerson, _ profile: ProviderProfile, _ way: Way, _ context: GatewayContext
    ) async throws -> User {
        if let found = try await accounts.user(identity: person.identity), !found.isDisabled { return found.user }
        let taken = RequestFailure.accountExists(
            way.settings.name, profile.email, takesPasswords: signIn.ways.takesPasswords)
        throw await refuse(taken, "account_exists", context)
    }

    private func refuse(
        _ failure: RequestFailure, _ word: String, _ context: GatewayContext
    ) async -> RequestFailure {
        context.logger.notice("Log-in by the provider refused", metadata: ["reason": "\(word)"])
        await audit.record(.logInFailed, by: nil, detail: "openid \(word)", context)
        return failure
    }

    /// Where the operator lets the provider say who is an administrator, it says so at each log-in.
    private func followProvider(
        _ person: RecognisedPerson, _ user: User, _ way: Way, _ context: GatewayContext
    ) async throws -> User {
        guard let rule = way.settings.administrators else { return user }
        let change = try await accounts.setAdmin(
            rule.includes(person.claims), byProviderOf: user.id, issuer: person.issuer,
            takesPasswords: signIn.ways.takesPasswords)
        switch change {
        case .none: return user
        case .made: await audit.record(.administratorMade, by: nil, to: user.id, detail: "openid", context)
        case .unmade: await audit.record(.administratorUnmade, by: nil, to: user.id, detail: "openid", context)
        case .lastOne:
            context.logger.warning(
                "The provider names the last administrator no more; they stay one",
                metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
            return user
        }
        return try await accounts.anyUser(user.id) ?? user
    }

    /// Says who it is that opens the account from now on: a browser may be somebody else at the provider than its person thinks.
    func connected(with person: RecognisedPerson, _ way: Way, _ context: GatewayContext) -> Response {
        let name = way.settings.name
        let claims = person.claims
        let who = [claims.displayName, claims.text("email")].compactMap { $0 }.map { AccountStore.text($0, limit: 100) }
        let title = "Your account is connected"
        let model = MessageModel(
            site: frame.site(title, .account, context), title: title,
            message: """
                From now on \(who.isEmpty ? person.subject : who.joined(separator: ", ")) opens it by \(name), without its password. If \
                that is not you, disconnect it at once.
                """,
            link: AccountTabs.security, linkText: "To your account")
        return frame.page(.message, model, context)
    }
}
