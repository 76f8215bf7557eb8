import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// What each token may do, for every operation of the API.
@Suite struct TokenScopeTests {
    /// Method and path, and the scope that it needs; nil where any token will do.
    private static let operations: [(method: HTTPRequest.Method, path: String, scope: TokenScope?)] = [
        (.post, "/analyses", .writeAnalyses), (.get, "/analyses", .readAnalyses),
        (.get, "/analyses/{id}", .readAnalyses), (.patch, "/analyses/{id}", .writeAnalyses),
        (.delete, "/analyses/{id}", .writeAnalyses), (.post, "/analyses/{id}/cancel", .writeAnalyses),
        (.post, "/analyses/{id}/restore", .writeAnalyses), (.delete, "/batches/{id}", .writeAnalyses),
        (.post, "/batches/{id}/restore", .writeAnalyses),
        (.post, "/analyses/{id}/retry", .writeAnalyses), (.get, "/analyses/{id}/photo", .readAnalyses),
        (.get, "/analyses/{id}/clean", .readAnalyses), (.get, "/analyses/{id}/annotated", .readAnalyses),
        (.get, "/analyses/{id}/thumbnail", .readAnalyses), (.get, "/analyses/{id}/report", .readAnalyses),
        (.get, "/analyses/{id}/faces/{number}/why", .readAnalyses), (.get, "/analyses/{id}/full", .readAnalyses),
        (.put, "/analyses/{id}/faces/{number}/correction", .writeAnalyses),
        (.delete, "/analyses/{id}/faces/{number}/correction", .writeAnalyses),
        (.post, "/analyses/{id}/faces", .writeAnalyses),
        (.post, "/batches", .writeAnalyses), (.get, "/batches", .readAnalyses),
        (.post, "/analyses/{id}/shares", .writeAnalyses), (.get, "/analyses/{id}/shares", .readAnalyses),
        (.post, "/batches/{id}/shares", .writeAnalyses), (.get, "/batches/{id}/shares", .readAnalyses),
        (.get, "/shares", .readAnalyses), (.delete, "/shares/{id}", .writeAnalyses),
        (.get, "/batches/{id}", .readAnalyses), (.post, "/batches/{id}/cancel", .writeAnalyses),
        (.get, "/trends", .readAnalyses), (.get, "/me", nil), (.get, "/model", nil), (.get, "/tokens", .account),
        (.delete, "/tokens/{id}", .account),
        (.post, "/webhooks", .webhooks), (.get, "/webhooks", .webhooks), (.get, "/webhooks/{id}", .webhooks),
        (.patch, "/webhooks/{id}", .webhooks), (.delete, "/webhooks/{id}", .webhooks),
        (.post, "/webhooks/{id}/rotate", .webhooks), (.post, "/webhooks/{id}/test", .webhooks),
        (.get, "/webhooks/{id}/deliveries", .webhooks),
        (.post, "/webhooks/{id}/deliveries/{delivery}/resend", .webhooks),
        (.get, "/users", .readOperations), (.get, "/operations", .readOperations),
    ]

    /// Those that need `analyses:read` as well: whoever has a link reads what it shows.
    private static let showing: Set<String> = ["/analyses/{id}/shares", "/batches/{id}/shares"]

    private static func scopes(of operation: (method: HTTPRequest.Method, path: String, scope: TokenScope?)) -> [String]
    {
        let isShown = operation.method == .post && showing.contains(operation.path)
        return ([operation.scope].compactMap(\.self) + (isShown ? [.readAnalyses] : [])).map(\.rawValue).sorted()
    }

    @Test func everyOperationAsksForItsScopeAlone() async throws {
        try await Site.run { site in
            for scope in TokenScope.allCases {
                let program = try await Program(site, scopes: [scope], isAdmin: true)
                for operation in Self.operations {
                    let path = operation.path.replacingOccurrences(of: "{id}", with: UUID().lower)
                    let answer = try await program.send(operation.method, path)
                    let needed = Self.scopes(of: operation)
                    let isAllowed = needed.isEmpty || needed == [scope.rawValue]
                    #expect((answer.status != .forbidden) == isAllowed, "\(operation) with \(scope.rawValue)")
                    guard !isAllowed else { continue }
                    #expect(try answer.object()["code"] as? String == "scope_missing")
                    #expect(
                        answer.headers[.wwwAuthenticate]
                            == "Bearer realm=\"Mien\", error=\"insufficient_scope\", scope=\"\(needed.joined(separator: " "))\""
                    )
                }
            }
        }
    }

    @Test func theDocumentNamesTheScopeOfEachOperation() throws {
        let file = Site.web.appendingPathComponent("Static/openapi.json")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        var described: Set<String> = []
        for (path, methods) in paths {
            for (method, operation) in methods where method != "parameters" {
                let scope = (operation as? [String: Any])?["x-scope"] as? String
                described.insert("\(method.uppercased()) \(path) \(scope ?? "any")")
            }
        }
        described.remove("GET /openapi.json any")
        let known = Self.operations.map { operation in
            let needed = Self.scopes(of: operation).joined(separator: " ")
            return "\(operation.method.rawValue) \(operation.path) \(needed.isEmpty ? "any" : needed)"
        }
        #expect(described == Set(known))
    }

    @Test func whoHasNoGoodTokenIsTold() async throws {
        try await Site.run { site in
            let expired = try await Program(site, days: 30)
            try await site.database.execute("UPDATE api_tokens SET expires_at = now() - interval '1 second'")
            let late = try await expired.send(.get, "/analyses")
            #expect(late.status == .unauthorized)
            #expect(try late.object()["code"] as? String == "token_expired")
            #expect(late.headers[.wwwAuthenticate] == "Bearer realm=\"Mien\"")

            let elsewhere = try await Program(site, networks: ["192.0.2.0/24", "2001:db8::/32"])
            #expect(try await elsewhere.send(.get, "/analyses").object()["code"] as? String == "token_elsewhere")

            let visitor = try await site.client.executeRequest(
                uri: "/api/v1/analyses", method: .get, headers: [:], body: nil)
            #expect(visitor.status == .unauthorized)
            #expect(visitor.headers[.contentType] == "application/problem+json")
        }
    }

    @Test(arguments: [
        ("192.0.2.7", ["192.0.2.0/24"], true), ("192.0.3.7", ["192.0.2.0/24"], false),
        ("::ffff:192.0.2.7", ["192.0.2.0/24"], true), ("2001:db8::5", ["2001:db8::/32"], true),
        ("2001:db9::5", ["192.0.2.0/24", "2001:db8::/32"], false), ("192.0.2.7", ["192.0.2.7"], true),
        ("unknown", ["0.0.0.0/0"], false), ("unknown", [], true),
        // As logs of a server that listens to both print an address of IPv4.
        ("192.0.2.7", ["::ffff:192.0.2.0/120"], true), ("::ffff:192.0.2.7", ["::FFFF:192.0.2.7"], true),
        ("192.0.2.7", ["::ffff:c000:207/128"], true), ("192.0.3.7", ["::ffff:192.0.2.0/120"], false),
        ("192.0.2.7", ["::ffff:0.0.0.0/96"], true), ("192.0.2.7", ["::/0"], false),
    ])
    func aTokenWorksFromItsAddresses(_ address: String, _ networks: [String], _ works: Bool) async throws {
        try await Site.run { site in
            let asked = try TokenRequest.check(
                label: "tests", scopes: ["analyses:read"], days: "", networks: networks.joined(separator: ", "))
            let program = try await Program(site, networks: asked.networks)
            do {
                _ = try await site.accounts.holder(ofToken: program.token, from: address)
                #expect(works)
            } catch let refusal as TokenRefusal {
                #expect(!works && refusal == .wrongAddress)
            }
        }
    }

    /// They were made before such ranges were translated.
    @Test(arguments: [
        ("192.0.2.7", "::ffff:192.0.2.0/120", true), ("::ffff:192.0.2.7", "::ffff:192.0.2.7", true),
        ("192.0.2.7", "::ffff:0.0.0.0/96", true), ("192.0.3.7", "::ffff:192.0.2.0/120", false),
        ("2001:db8::5", "::ffff:0.0.0.0/96", false), ("192.0.2.7", "::/0", false),
        ("unknown", "::ffff:0.0.0.0/96", false),
    ])
    func aRangeThatIsKeptAsASocketShowsItWorks(_ address: String, _ kept: String, _ works: Bool) async throws {
        try await Site.run { site in
            let program = try await Program(site, networks: [kept])
            do {
                _ = try await site.accounts.holder(ofToken: program.token, from: address)
                #expect(works)
            } catch let refusal as TokenRefusal {
                #expect(!works && refusal == .wrongAddress)
            }
        }
    }

    @Test func aTokenOfBeforeMayDoAllButSwitch() async throws {
        try await Site.run { site in
            let program = try await Program(site, isAdmin: true)
            try await site.database.execute("UPDATE api_tokens SET scopes = NULL, prefix = ''")
            #expect(try await program.send(.get, "/users").status == .ok)
            #expect(try await program.send(.get, "/analyses").status == .ok)
            let row = try await site.accounts.tokens(of: program.user.id)
            #expect(row.first?.isOld == true)
            let policy = TokenPolicy(.post, path: "/operations/intake")
            #expect(throws: RequestFailure.self) { try policy.check(TokenScope.ofOldTokens) }
        }
    }

    /// Whatever page or file shows results.
    @Test(arguments: ["/home", "/home/", "//home", "/analyses", "/analyses.csv", "/analyses/new", "/batches/1.zip"])
    func resultsNeedTheirScope(_ path: String) {
        #expect(TokenPolicy(.get, path: path) == .scope(.readAnalyses))
        #expect(TokenPolicy(.head, path: path) == .scope(.readAnalyses))
    }

    /// What makes tokens, passwords, accounts or administrators needs the person.
    @Test(arguments: [
        "/account/tokens", "/account/password", "/account/profile", "/account/delete", "/operations/users/1/promote",
        "/operations/users", "//operations//users", "/operations/anything", "/account/second-factor/begin",
        "/account/webhooks", "/account/email/send", "/account/email/keep", "/confirm", "/login", "/register", "/reset",
    ])
    func noTokenMayDoWhatNeedsThePerson(_ path: String) {
        #expect(TokenPolicy(.post, path: path) == .person)
    }

    /// While a second factor is set up, its page holds the secret: a program that polls it would have it for good.
    @Test(arguments: ["/account/second-factor", "//account/second-factor/", "/account/something-new"])
    func noTokenSeesWhatOpensTheAccount(_ path: String) {
        for method in [HTTPRequest.Method.get, .head, .post] {
            #expect(TokenPolicy(method, path: path) == .person, "\(method)")
        }
    }

    /// A token that only sends gets no photo or result by asking for a link, a table or an archive.
    @Test func whatShowsPhotosAndResultsNeedsBothScopes() async throws {
        try await Site.run { site in
            let program = try await Program(site, scopes: [.writeAnalyses])
            let id = try await site.analysis(of: program.user.id, about: AnalysisInformation(title: "On the roof"))
            let both = try await site.accounts.makeToken(for: program.user.id, .named("both")).text
            func post(_ path: String, _ body: String, _ type: String, token: String) async throws -> TestResponse {
                try await site.client.executeRequest(
                    uri: path, method: .post, headers: [.authorization: "Bearer \(token)", .contentType: type],
                    body: ByteBuffer(string: body))
            }
            let form = "application/x-www-form-urlencoded"
            let requests: [(String, String, String)] =
                ["csv", "zip", "cancel"].map {
                    ("/analyses/selected", "all=yes&filter=&action=\($0)", form)
                } + [
                    (
                        "/api/v1/analyses/\(id.lower)/shares", #"{"original": true, "information": "all"}"#,
                        "application/json"
                    ),
                    ("/analyses/\(id.lower)/shares", "days=7&information=all", form),
                ]
            for (path, body, type) in requests {
                let refused = try await post(path, body, type, token: program.token)
                #expect(refused.status == .forbidden, "\(path) \(body)")
                #expect(try refused.object()["code"] as? String == "scope_missing", "\(path) \(body)")
                #expect(
                    refused.headers[.wwwAuthenticate]?.hasSuffix("scope=\"analyses:read analyses:write\"") == true)
                let answer = try await post(path, body, type, token: both)
                #expect(answer.status.code < 300, "\(path) \(body)")
            }
            #expect(try await site.database.first("SELECT count(*) FROM shares")?.decode(Int.self) == 2)
        }
    }

    @Test func onlyAnAdministratorsTokenIsMadeWithTheirScopes() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let boss = try await Program(site, scopes: [.readOperations, .writeOperations], isAdmin: true)
            await #expect(throws: TokenScopeRefusal(scopes: [.readOperations, .writeOperations])) {
                try await site.accounts.makeToken(
                    for: ada.user.id, .named("a", scopes: [.writeOperations, .readOperations, .account]))
            }
            #expect(try await site.accounts.tokens(of: ada.user.id).count == 1)
            // What their page does not show, and a form of their own may send.
            let person = try await site.person()
            let page = try await person.post("/account/tokens", [("label", "a"), ("read_operations", "yes")])
            #expect(page.status == .unprocessableContent)
            #expect(page.text.contains("may have admin:read"))
            let refusal = RequestFailure.tokenScopes(TokenScopeRefusal(scopes: [.readOperations]))
            #expect(refusal.status == .unprocessableContent && refusal.errors.keys.sorted() == ["scopes"])
            #expect(refusal.message == "Only an administrator's token may have admin:read.")
            // One from when they were an administrator opens nothing any more.
            #expect(try await boss.send(.get, "/users").status == .ok)
            try await site.database.execute("UPDATE users SET is_admin = false WHERE id = \(boss.user.id)")
            #expect(try await boss.send(.get, "/users").status == .notFound)
        }
    }

    @Test(arguments: [
        ("", ["analyses:read"], "", "", "label"), ("a", [], "", "", "scopes"), ("a", ["all"], "", "", "scopes"),
        ("a", ["account"], "7", "", "days"), ("a", ["account"], "-30", "", "days"),
        ("a", ["account"], "30", "here", "networks"), ("a", ["account"], "30", "192.0.2.0/33", "networks"),
        ("a", ["account"], "30", "192.0.2.0/+8", "networks"), ("a", ["account"], "30", "192.0.2/24", "networks"),
    ])
    func aTokenThatCannotBeIsRefusedByField(
        _ label: String, _ scopes: [String], _ days: String, _ networks: String, _ field: String
    ) {
        let error = #expect(throws: AccountErrors.self) {
            try TokenRequest.check(label: label, scopes: scopes, days: days, networks: networks)
        }
        #expect(error?.errors.map(\.field) == [field])
    }
}
