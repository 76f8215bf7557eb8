import Foundation

/// What an id token has to say to be for this site, this browser and this moment (OpenID Connect Core 1.0, 3.1.3.7).
struct IDTokenChecks: Sendable {
    let issuer: String
    let clientID: String
    let nonce: String
    /// Since when the person has to have shown themselves to the provider (`max_age`); nil for whenever.
    let authenticatedSince: Date?
    let now: Date

    /// How far two clocks may be apart, in seconds.
    static let leeway: TimeInterval = 60
    /// Of `sub` (Core, 2).
    static let longestSubject = 255

    /// - Returns: whom the token is about.
    /// - Throws: ``OpenIDError`` with the first thing that is wrong.
    func subject(of claims: Claims) throws(OpenIDError) -> String {
        guard claims.values["iss"] == .text(issuer) else { throw .untrusted("the id token is of another issuer") }
        try checkAudience(claims)
        try checkTimes(claims)
        guard claims.values["nonce"] == .text(nonce) else {
            throw .untrusted("the id token was made for another log-in (nonce)")
        }
        guard case .text(let subject)? = claims.values["sub"], (1...Self.longestSubject).contains(subject.utf8.count),
            subject.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw .untrusted("the id token does not say whom it is about (sub)") }
        return subject
    }

    private func checkAudience(_ claims: Claims) throws(OpenIDError) {
        let audience: [JSONValue] =
            switch claims.values["aud"] {
            case .list(let list)?: list
            case .text(let text)?: [.text(text)]
            default: []
            }
        guard audience.contains(.text(clientID)) else { throw .untrusted("the id token is for somebody else (aud)") }
        let party = claims.values["azp"]
        // One for several has to say that this one asked for it.
        guard party == .text(clientID) || (party == nil && audience.count == 1) else {
            throw .untrusted("the id token was given to somebody else (azp)")
        }
    }

    private func checkTimes(_ claims: Claims) throws(OpenIDError) {
        let seconds = now.timeIntervalSince1970
        guard let end = claims.values["exp"]?.number, end + Self.leeway > seconds else {
            throw .untrusted("the id token has expired; do the clocks of site and provider agree?")
        }
        guard let beginning = claims.values["iat"]?.number, beginning - Self.leeway <= seconds else {
            throw .untrusted("the id token is of the future; do the clocks of site and provider agree?")
        }
        if let from = claims.values["nbf"]?.number, from - Self.leeway > seconds {
            throw .untrusted("the id token does not count yet; do the clocks of site and provider agree?")
        }
        guard let authenticatedSince else { return }
        guard let time = claims.values["auth_time"]?.number, time - Self.leeway <= seconds,
            time + Self.leeway >= authenticatedSince.timeIntervalSince1970
        else { throw .untrusted("the provider has not asked the person again (auth_time)") }
    }
}
