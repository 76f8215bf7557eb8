package import Foundation
package import Logging
import ServiceSupport
package import Transfers

/// Somebody as the provider has recognised them.
package struct RecognisedPerson: Sendable, Equatable {
    /// By issuer and subject the same person is recognised again; nothing else of what a provider says stays (Core, 5.7).
    package let issuer: String
    package let subject: String
    /// The id token's claims, and the userinfo's where it was asked.
    package let claims: Claims
    /// When they last showed themselves to the provider, as the id token says (`auth_time`); nil where it does not.
    let authenticatedAt: Date?

    /// For so many seconds that is just now.
    static let freshness: TimeInterval = 60

    /// Whether the provider has asked them just now, and not let in whoever is at the browser.
    package func isFresh(at now: Date = Date()) -> Bool {
        guard let seconds = authenticatedAt.map(now.timeIntervalSince) else { return false }
        return (-IDTokenChecks.leeway...(Self.freshness + IDTokenChecks.leeway)).contains(seconds)
    }
}

/// The provider, asked over the network. What it says of itself, and its keys, are kept for an hour.
package actor OpenIDProvider {
    package nonisolated let client: OpenIDClient
    private let caller: HTTPCaller
    private let logger: Logger
    private let now: @Sendable () -> Date
    private var metadata: Kept<ProviderMetadata>?
    /// When it last did not describe itself again, and what it said before was used.
    private var missedAt: Date?
    /// The question for its description that is under way: everybody waits for its answer.
    private var describing: Task<ProviderMetadata, any Error>?
    private var keys: Kept<[SigningKey]>?
    /// When the keys were last got because a token's was not among them.
    private var soughtAt: Date?
    /// The question for them that is under way: everybody waits for its answer.
    private var seeking: Task<[SigningKey], any Error>?

    private struct Kept<Value: Sendable> {
        let value: Value
        let from: String
        let at: Date
    }

    /// Seconds for which what the provider says of itself counts.
    static let lifetime: TimeInterval = 3_600
    /// Seconds for which what it said before is used without asking, when it did not describe itself again.
    static let patience: TimeInterval = 30
    /// Seconds between two looks at its keys for the sake of one that is not known.
    static let keyInterval: TimeInterval = 30

    /// A provider; nothing is asked yet.
    package init(
        _ client: OpenIDClient, caller: HTTPCaller = HTTPCaller(), logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.client = client
        self.caller = caller
        self.logger = logger
        self.now = now
    }

    /// Where a browser is sent to log in (OpenID Connect Core 1.0, 3.1.2.1).
    ///
    /// - Parameters:
    ///   - state: comes back with the answer.
    ///   - asksAgain: whether the provider has to ask the person again, however lately it did.
    /// - Throws: ``OpenIDError``.
    package func authorizationAddress(
        state: String, secrets: AuthorizationSecrets, asksAgain: Bool
    ) async throws -> String {
        let endpoint = try await description().authorizationEndpoint
        var fields = [
            ("response_type", "code"), ("client_id", client.id), ("redirect_uri", client.redirectURI),
            ("scope", client.scopes.joined(separator: " ")), ("state", state), ("nonce", secrets.nonce),
            ("code_challenge", secrets.challenge), ("code_challenge_method", "S256"),
        ]
        if asksAgain { fields += [("prompt", "login"), ("max_age", "0")] }
        // The endpoint may have a query of its own, which is kept (RFC 6749, 3.1).
        return endpoint + (endpoint.contains("?") ? "&" : "?") + FormFields.encoded(fields)
    }

    /// Checks that an answer which a browser brought names this provider, or need not (RFC 9207, 2.4).
    /// - Throws: ``OpenIDError`` when it is another's: codes of one provider are not shown to another.
    package func checkIssuer(_ issuer: String?) async throws {
        if let issuer {
            guard issuer == client.issuer else { throw OpenIDError.untrusted("the answer is of another issuer (iss)") }
        } else if try await description().namesIssuer {
            throw OpenIDError.untrusted("the answer does not say of which issuer it is (iss)")
        }
    }

    /// Exchanges the code that a browser brought for who the person is.
    ///
    /// - Parameters:
    ///   - authenticatedSince: since when they have to have shown themselves to the provider; nil for whenever.
    ///   - rules: a claim that is wanted besides name and e-mail; where the id token lacks one of them, the userinfo is asked for it.
    /// - Throws: ``OpenIDError``.
    package func person(
        code: String, secrets: AuthorizationSecrets, authenticatedSince: Date? = nil, wanting rules: ClaimRule? = nil
    ) async throws -> RecognisedPerson {
        let description = try await description()
        let tokens = try await exchange(code, secrets, at: description)
        let payload = try await verified(tokens.idToken, description)
        guard let values = JSONValue.object(payload) else {
            throw OpenIDError.untrusted("the id token holds no claims")
        }
        let checks = IDTokenChecks(
            issuer: client.issuer, clientID: client.id, nonce: secrets.nonce, authenticatedSince: authenticatedSince,
            now: now())
        var claims = Claims(values)
        let subject = try checks.subject(of: claims)
        // Before the userinfo, which nobody has signed, adds to them.
        let authenticatedAt = claims.values["auth_time"]?.number.map { Date(timeIntervalSince1970: $0) }
        let isComplete =
            claims.text("email") != nil && claims.displayName != nil && rules?.isNamed(in: claims) != false
        if !isComplete, let endpoint = description.userinfoEndpoint, let token = tokens.accessToken {
            claims = claims.filled(from: try await userinfo(at: endpoint, token: token, subject: subject))
        }
        return RecognisedPerson(
            issuer: client.issuer, subject: subject, claims: claims, authenticatedAt: authenticatedAt)
    }

    /// Asks the provider for its description and its keys, whatever is kept.
    /// - Returns: how many keys it has that verify signatures.
    /// - Throws: ``OpenIDError`` with one line that says what is wrong.
    package func check() async throws -> Int {
        (metadata, missedAt) = (nil, nil)
        return try await freshKeys(at: try await description().keysAddress).count
    }

    // MARK: What the provider says of itself

    private func description() async throws -> ProviderMetadata {
        if let metadata {
            if now().timeIntervalSince(metadata.at) < Self.lifetime { return metadata.value }
            // The next people do not wait for what the last have waited for in vain.
            if let missedAt, now().timeIntervalSince(missedAt) < Self.patience { return metadata.value }
        }
        if let describing { return try await describing.value }
        let task = Task {
            defer { describing = nil }
            return try await freshDescription()
        }
        describing = task
        return try await task.value
    }

    private func freshDescription() async throws -> ProviderMetadata {
        let started = now()
        do {
            let answer = try await ask(HTTPCall(url: client.discoveryAddress, headers: Self.wantsJSON))
            guard answer.status == 200 else { throw Self.failure(answer, at: client.discoveryAddress) }
            let value = try ProviderMetadata(answer.body, of: client)
            metadata = Kept(value: value, from: client.discoveryAddress, at: started)
            missedAt = nil
            return value
        } catch let error as OpenIDError where error.isRetriable {
            // Addresses seldom change: those that are known are tried.
            guard let metadata else { throw error }
            missedAt = now()
            logger.warning(
                "The provider does not describe itself; what it said before is used", metadata: ["error": "\(error)"])
            return metadata.value
        }
    }

    private func freshKeys(at address: String) async throws -> [SigningKey] {
        let started = now()
        let answer = try await ask(HTTPCall(url: address, headers: Self.wantsJSON))
        guard answer.status == 200 else { throw Self.failure(answer, at: address) }
        guard let found = SigningKey.all(in: answer.body) else {
            throw OpenIDError.untrusted("the provider's keys at \(OpenIDError.word(address)) are no JWK set")
        }
        guard !found.isEmpty else { throw OpenIDError.untrusted("the provider has no key that can be used here") }
        keys = Kept(value: found, from: address, at: started)
        return found
    }

    /// The token's content, verified by the key that it names. One that is not known may be new: then the keys are asked for again,
    /// but not more often than every ``keyInterval`` seconds, whatever tokens come.
    private func verified(_ text: String, _ description: ProviderMetadata) async throws -> [UInt8] {
        let token = try SignedToken(text)
        if let algorithms = description.algorithms, !algorithms.contains(token.algorithm) {
            throw OpenIDError.untrusted("the id token is signed otherwise than the provider says (\(token.algorithm))")
        }
        let address = description.keysAddress
        var isSought = false
        if let keys, keys.from == address, now().timeIntervalSince(keys.at) < Self.lifetime {
            if let key = Self.key(of: token, among: keys.value) {
                // One that names no key may be signed by a new one.
                if token.keyID != nil { return try token.payload(verifiedBy: key) }
                if let payload = try? token.payload(verifiedBy: key) { return payload }
            }
            if seeking == nil, let soughtAt, now().timeIntervalSince(soughtAt) < Self.keyInterval {
                throw Self.unknownKey
            }
            isSought = true
        }
        guard let key = Self.key(of: token, among: try await newestKeys(at: address, isSought: isSought)) else {
            throw Self.unknownKey
        }
        return try token.payload(verifiedBy: key)
    }

    /// - Parameter isSought: whether one that is not known is looked for.
    private func newestKeys(at address: String, isSought: Bool) async throws -> [SigningKey] {
        if let seeking { return try await seeking.value }
        let task = Task {
            defer { seeking = nil }
            let found = try await freshKeys(at: address)
            if isSought { soughtAt = now() }
            return found
        }
        seeking = task
        return try await task.value
    }

    private static let unknownKey = OpenIDError.untrusted(
        "the id token is signed by a key that the provider does not show")

    /// The key that a token names; where it names none, the only one that fits (Core, 10.1).
    private static func key(of token: SignedToken, among keys: [SigningKey]) -> SigningKey? {
        let fitting = keys.filter { $0.fits(token.algorithm) }
        if let id = token.keyID { return fitting.first { $0.id == id } }
        return fitting.count == 1 ? fitting[0] : nil
    }

    // MARK: Questions

    private struct Tokens {
        let idToken: String
        let accessToken: String?
    }

    /// OpenID Connect Core 1.0, 3.1.3.
    private func exchange(
        _ code: String, _ secrets: AuthorizationSecrets, at description: ProviderMetadata
    ) async throws -> Tokens {
        var fields = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", client.redirectURI),
            ("code_verifier", secrets.verifier),
        ]
        var headers = Self.wantsJSON + ["Content-Type: application/x-www-form-urlencoded"]
        if description.takesBasic {
            // Both are encoded first (RFC 6749, 2.3.1).
            let pair = "\(FormFields.encoded(client.id)):\(FormFields.encoded(client.secret))"
            headers.append("Authorization: Basic \(Data(pair.utf8).base64EncodedString())")
        } else {
            fields += [("client_id", client.id), ("client_secret", client.secret)]
        }
        let body = Array(FormFields.encoded(fields).utf8)
        let answer = try await ask(HTTPCall(url: description.tokenEndpoint, headers: headers, body: body))
        let members = JSONValue.object(answer.body) ?? [:]
        guard answer.status == 200 else {
            if answer.status < 500, let code = members["error"]?.text {
                let code = OpenIDError.word(code)
                throw OpenIDError(
                    .refused(code),
                    "the provider gives no tokens: \(code) \(OpenIDError.word(members["error_description"]?.text ?? ""))"
                )
            }
            throw Self.failure(answer, at: description.tokenEndpoint)
        }
        guard let idToken = members["id_token"]?.text else {
            throw OpenIDError.untrusted("the provider gave no id token; is \"openid\" among MIEN_OIDC_SCOPES?")
        }
        return Tokens(idToken: idToken, accessToken: members["access_token"]?.text)
    }

    /// OpenID Connect Core 1.0, 5.3.
    private func userinfo(at endpoint: String, token: String, subject: String) async throws -> Claims {
        // What cannot stand in a header is no token (RFC 6750, 2.1).
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw OpenIDError.untrusted("the provider's access token cannot be used")
        }
        let answer = try await ask(
            HTTPCall(url: endpoint, headers: Self.wantsJSON + ["Authorization: Bearer \(token)"]))
        guard answer.status == 200 else { throw Self.failure(answer, at: endpoint) }
        guard let members = JSONValue.object(answer.body) else {
            throw OpenIDError.untrusted("the provider's userinfo is no JSON object")
        }
        // 5.3.2: of somebody else it must not be used.
        guard members["sub"] == .text(subject) else {
            throw OpenIDError.untrusted("the provider's userinfo is about somebody else (sub)")
        }
        return Claims(members)
    }

    private static let wantsJSON = ["Accept: application/json"]

    private func ask(_ call: HTTPCall) async throws -> HTTPAnswer {
        var call = call
        call.allowsClearText = OpenIDClient.isAllowed(call.url, allowsClearText: client.allowsClearText)
        call.authorities = client.authorities?.path
        do {
            let answer = try await caller.call(call)
            guard !answer.isCut else {
                throw OpenIDError.untrusted(
                    "what \(OpenIDError.word(call.url)) answers is longer than \(call.limit) bytes")
            }
            return answer
        } catch let error as TransferError {
            // libcurl's words name host and port, and no part of what was sent.
            throw OpenIDError(.away, "\(OpenIDError.word(call.url)) cannot be asked: \(OpenIDError.word(error.detail))")
        } catch is HTTPCaller.Busy {
            throw OpenIDError(.busy, "too many requests wait for the provider")
        }
    }

    private static func failure(_ answer: HTTPAnswer, at address: String) -> OpenIDError {
        let text = "\(OpenIDError.word(address)) answers \(answer.status)"
        return answer.status >= 500 || answer.status == 429 ? OpenIDError(.away, text) : .untrusted(text)
    }
}
