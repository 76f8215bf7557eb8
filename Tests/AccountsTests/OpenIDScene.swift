import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import TestSupport

@testable import Accounts
@testable import GatewayCore
@testable import Operations

/// A site whose people come by a provider, a process of its own.
struct OpenIDScene: Sendable {
    let site: Site
    let provider: PrivateProvider

    static let address = "http://mien.test"
    static let callback = address + OpenIDSettings.callbackPath
    static let ada = #"{"email":"ada@example.org","name":"Ada Lovelace","zoneinfo":"Europe/London"}"#
    static let security = "/account/security"

    /// - Parameters:
    ///   - settings: beside the usual ones of a site with a provider.
    ///   - options: of the provider's script.
    static func run(
        _ settings: [String: String] = [:], provider options: [String] = [],
        _ body: @escaping @Sendable (OpenIDScene) async throws -> Void
    ) async throws {
        let provider = try await PrivateProvider.start(redirects: [callback], options)
        do {
            try await Site.run(Self.settings(of: provider).merging(settings) { $1 }) { site in
                try await body(OpenIDScene(site: site, provider: provider))
            }
        } catch {
            await provider.kill()
            throw error
        }
        await provider.kill()
    }

    static func settings(of provider: PrivateProvider) -> [String: String] {
        [
            "MIEN_OIDC_ISSUER": provider.issuer, "MIEN_OIDC_CLIENT_ID": PrivateProvider.clientID,
            "MIEN_OIDC_CLIENT_SECRET": PrivateProvider.clientSecret, "MIEN_OIDC_NAME": "Keyring",
            "MIEN_PUBLIC_URL": address + "/",
        ]
    }

    /// Sends a browser to the provider and back, as somebody.
    /// - Returns: what the site answers in the end.
    @discardableResult
    func travel(
        _ browser: Browser, as subject: String?, from path: String = OpenIDPage.path
    ) async throws -> TestResponse {
        try await arrive(browser, provider.authorize(depart(browser, from: path), as: subject))
    }

    /// The provider's address that the site sends a browser to.
    func depart(_ browser: Browser, from path: String = OpenIDPage.path) async throws -> String {
        let answer = try await browser.get(path)
        guard let location = answer.headers[.location] else { throw Astray(place: "\(answer.status)") }
        return location
    }

    /// Brings a browser back from the provider.
    func arrive(_ browser: Browser, _ location: String) async throws -> TestResponse {
        guard location.hasPrefix(Self.callback + "?") else { throw Astray(place: location) }
        return try await browser.get(String(location.dropFirst(Self.address.count)))
    }

    /// The provider was left for a place that it was not told of.
    struct Astray: Error {
        let place: String
    }

    /// Connects the account of a browser that is logged in.
    @discardableResult
    func connect(_ browser: Browser, as subject: String) async throws -> TestResponse {
        let page = try await browser.submit(OpenIDPage.connectPath, from: Self.security)
        guard let link = page.text.firstMatch(of: /<a class="button" href="([^"]+)" rel="noreferrer">/) else {
            return page
        }
        let address = String(link.1).replacing("&amp;", with: "&")
        return try await arrive(browser, provider.authorize(address, as: subject))
    }

    /// The events of the audit log with their details, oldest first.
    func events() async throws -> [String] {
        try await site.pool.query("SELECT event || ' ' || detail FROM audit_log ORDER BY id").map {
            try $0.decode(String.self).trimmingCharacters(in: .whitespaces)
        }
    }

    func user(_ email: String = "ada@example.org") async throws -> User? {
        try await site.accounts.user(email: email)
    }
}
