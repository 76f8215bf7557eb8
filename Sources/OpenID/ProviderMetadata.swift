import Foundation

/// What a provider says of itself (OpenID Connect Discovery 1.0, 3), as far as it is needed.
struct ProviderMetadata: Sendable, Equatable {
    let authorizationEndpoint: String
    let tokenEndpoint: String
    /// Nil where the provider has none.
    let userinfoEndpoint: String?
    let keysAddress: String
    /// How id tokens may be signed; nil where it does not say.
    let algorithms: [String]?
    /// Whether this site shows itself in a header, and not in the form.
    let takesBasic: Bool
    /// Whether what comes back by the browser names the issuer (RFC 9207, 3).
    let namesIssuer: Bool

    /// - Throws: ``OpenIDError`` when the document is no description of this issuer, or names addresses that may not be called.
    init(_ bytes: [UInt8], of client: OpenIDClient) throws(OpenIDError) {
        guard let members = JSONValue.object(bytes) else {
            throw .untrusted(
                "\(client.discoveryAddress) answers no JSON object; is MIEN_OIDC_ISSUER the provider's address?")
        }
        // Discovery 4.3: another issuer's document must not be used.
        guard let issuer = members["issuer"]?.text, issuer == client.issuer else {
            let said = OpenIDError.word(members["issuer"]?.text ?? "")
            throw .untrusted(
                "the provider at \(client.issuer) calls itself \"\(said)\"; set MIEN_OIDC_ISSUER to exactly that")
        }
        func address(_ name: String) throws(OpenIDError) -> String? {
            guard let text = members[name]?.text else { return nil }
            guard OpenIDClient.isAllowed(text, allowsClearText: client.allowsClearText) else {
                throw .untrusted("the provider's \(name) is \"\(OpenIDError.word(text))\", which is no https address")
            }
            return text
        }
        func required(_ name: String) throws(OpenIDError) -> String {
            guard let text = try address(name) else { throw .untrusted("the provider's description has no \(name)") }
            return text
        }
        authorizationEndpoint = try required("authorization_endpoint")
        tokenEndpoint = try required("token_endpoint")
        userinfoEndpoint = try address("userinfo_endpoint")
        keysAddress = try required("jwks_uri")
        algorithms = members["id_token_signing_alg_values_supported"]?.texts
        if let algorithms, !algorithms.contains(where: SignedToken.algorithms.contains) {
            throw .untrusted(
                "the provider signs by \(OpenIDError.word(algorithms.joined(separator: ", "))), of which none is taken here"
            )
        }
        // Where it is left out, client_secret_basic is meant (Discovery, 3).
        let ways = members["token_endpoint_auth_methods_supported"]?.texts ?? ["client_secret_basic"]
        takesBasic = ways.contains("client_secret_basic")
        guard takesBasic || ways.contains("client_secret_post") else {
            throw .untrusted("the provider takes neither client_secret_basic nor client_secret_post")
        }
        // RFC 7636: where it says which challenges it takes, S256 has to be one.
        if let challenges = members["code_challenge_methods_supported"]?.texts, !challenges.contains("S256") {
            throw .untrusted("the provider does not take S256 as a code challenge (RFC 7636)")
        }
        namesIssuer = members["authorization_response_iss_parameter_supported"] == .bool(true)
    }
}
