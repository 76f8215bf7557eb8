import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// Who may do what: every route of the site, asked by a visitor, by somebody else, by the owner, and by an administrator.
@Suite struct AuthorisationTests {
    private enum Role: Int, CaseIterable {
        case visitor, stranger, owner, administrator
    }

    /// Method and path; then the status for each role, in the order of `Role`. Forms carry the right token and nothing
    /// else, so 400 and 422 say that the route was reached.
    private static let rules: [String: [Int]] = [
        "GET /": [200, 303, 303, 303],
        "GET /login": [200, 303, 303, 303],
        "POST /login": [422, 422, 422, 422],
        "POST /logout": [303, 303, 303, 303],
        "GET /register": [200, 303, 303, 303],
        "POST /register": [422, 422, 422, 422],
        "GET /reset": [410, 410, 410, 410],
        "POST /reset": [410, 410, 410, 410],
        "GET /confirm": [410, 410, 410, 410],
        "POST /confirm": [410, 410, 410, 410],
        "GET /forgot": [404, 404, 404, 404],
        "POST /forgot": [404, 404, 404, 404],
        "GET /setup": [410, 410, 410, 410],
        "POST /setup": [410, 410, 410, 410],
        "GET /model": [404, 404, 404, 404],
        "GET /model/{name}/{version}": [404, 404, 404, 404],
        "GET /favicon.ico": [200, 200, 200, 200],
        "GET /apple-touch-icon.png": [200, 200, 200, 200],
        "GET /manifest.webmanifest": [200, 200, 200, 200],
        "GET /static/{name}": [404, 404, 404, 404],
        "GET /home": [303, 200, 200, 200],
        "GET /trends": [303, 200, 200, 200],
        "GET /trends.csv": [303, 200, 200, 200],
        "GET /account": [303, 200, 200, 200],
        "GET /account/security": [303, 200, 200, 200],
        "GET /account/programs": [303, 200, 200, 200],
        "GET /account/data": [303, 200, 200, 200],
        "GET /account/second-factor": [303, 303, 303, 303],
        "POST /account/second-factor/begin": [303, 303, 303, 303],
        "POST /account/second-factor/codes": [303, 303, 303, 303],
        "POST /account/second-factor/confirm": [303, 422, 422, 422],
        "POST /account/second-factor/off": [303, 303, 303, 303],
        "GET /login/openid": [404, 404, 404, 404],
        "GET /login/openid/confirm": [404, 404, 404, 404],
        "GET /login/openid/callback": [404, 404, 404, 404],
        "POST /account/openid/connect": [303, 404, 404, 404],
        "POST /account/openid/disconnect": [303, 404, 404, 404],
        "GET /login/code": [303, 303, 303, 303],
        "POST /login/code": [422, 422, 422, 422],
        "POST /account/profile": [303, 303, 303, 303],
        "POST /account/email/send": [303, 404, 404, 404],
        "POST /account/email/keep": [303, 303, 303, 303],
        "POST /account/password": [303, 422, 422, 422],
        "POST /account/sessions/{id}/end": [303, 404, 404, 404],
        "POST /account/sessions/end-others": [303, 303, 303, 303],
        "GET /account/export.zip": [303, 200, 200, 200],
        "GET /account/delete": [303, 200, 200, 200],
        "POST /account/delete": [303, 422, 422, 422],
        "GET /analyses": [303, 200, 200, 200],
        "GET /analyses/new": [303, 200, 200, 200],
        "POST /analyses": [303, 400, 400, 400],
        "GET /analyses/{id}": [303, 404, 200, 404],
        "GET /analyses/{id}.json": [404, 404, 200, 404],
        "GET /analyses/{id}/annotated.jpg": [404, 404, 200, 404],
        "GET /analyses/{id}/faces/{number}/why.png": [404, 404, 200, 404],
        "GET /analyses/{id}/full.jpg": [404, 404, 202, 404],
        "GET /analyses/{id}/clean.jpg": [404, 404, 200, 404],
        "GET /analyses/{id}/photo": [404, 404, 200, 404],
        "GET /analyses/{id}/thumbnail.jpg": [404, 404, 200, 404],
        "POST /analyses/{id}/delete": [303, 404, 303, 404],
        "GET /analyses/{id}.pdf": [404, 404, 200, 404],
        "GET /analyses.csv": [303, 200, 200, 200],
        "POST /analyses/selected": [303, 400, 400, 400],
        "POST /analyses/searches": [303, 422, 422, 422],
        "POST /analyses/searches/forget": [303, 404, 404, 404],
        "POST /analyses/{id}/information": [303, 404, 303, 404],
        "POST /analyses/{id}/retry": [303, 404, 303, 404],
        "POST /analyses/{id}/faces": [303, 404, 422, 404],
        "POST /analyses/{id}/faces/{number}/correction": [303, 404, 422, 404],
        "POST /analyses/{id}/cancel": [303, 404, 303, 404],
        "GET /analyses/{id}/shares": [303, 404, 303, 404],
        "POST /analyses/{id}/shares": [303, 404, 200, 404],
        "GET /batches/{id}/shares": [303, 404, 303, 404],
        "POST /batches/{id}/shares": [303, 404, 200, 404],
        "GET /shares": [303, 200, 200, 200],
        "POST /shares/{id}/end": [303, 404, 303, 404],
        "GET /s/{token}": [200, 200, 200, 200],
        "POST /s/{token}": [303, 303, 303, 303],
        "GET /s/{token}.json": [200, 200, 200, 200],
        "GET /s/{token}/all.json": [200, 200, 200, 200],
        "GET /s/{token}/{id}": [303, 303, 303, 303],
        "GET /s/{token}/{id}.json": [200, 200, 200, 200],
        "GET /s/{token}/{id}.pdf": [200, 200, 200, 200],
        "GET /s/{token}/{id}/annotated.jpg": [200, 200, 200, 200],
        "GET /s/{token}/{id}/clean.jpg": [200, 200, 200, 200],
        "GET /s/{token}/{id}/thumbnail.jpg": [200, 200, 200, 200],
        "GET /s/{token}/{id}/faces/{number}/why.png": [200, 200, 200, 200],
        // The owner has not offered it.
        "GET /s/{token}/{id}/photo": [404, 404, 404, 404],
        "GET /batches/{id}": [303, 404, 200, 404],
        "GET /batches/{id}.zip": [404, 404, 200, 404],
        "GET /batches/{id}.csv": [404, 404, 200, 404],
        "POST /batches/{id}/retry": [303, 404, 303, 404],
        "POST /batches/{id}/cancel": [303, 404, 303, 404],
        "POST /batches/{id}/delete": [303, 404, 303, 404],
        "GET /history/bin": [303, 200, 200, 200],
        "GET /history/bin/{id}/thumbnail.jpg": [404, 404, 404, 404],
        "POST /history/bin/restore": [303, 303, 303, 303],
        "POST /history/bin/delete": [303, 303, 303, 303],
        "POST /history/bin/empty": [303, 303, 303, 303],
        "GET /schemas/analysis-1.json": [200, 200, 200, 200],
        "POST /account/tokens": [303, 422, 422, 422],
        "POST /account/tokens/{id}/end": [303, 404, 404, 404],
        "POST /account/webhooks": [303, 422, 422, 422],
        "GET /account/webhooks/{id}": [303, 404, 200, 404],
        "POST /account/webhooks/{id}/rotate": [303, 404, 200, 404],
        "POST /account/webhooks/{id}/on": [303, 404, 303, 404],
        "POST /account/webhooks/{id}/off": [303, 404, 303, 404],
        "POST /account/webhooks/{id}/test": [303, 404, 303, 404],
        "POST /account/webhooks/{id}/delete": [303, 404, 303, 404],
        "POST /account/webhooks/{id}/deliveries/{delivery}/resend": [303, 404, 303, 404],
        "GET /api": [200, 200, 200, 200],
        "GET /api/v1/openapi.json": [200, 200, 200, 200],
        "POST /api/v1/analyses": [401, 403, 403, 403],
        "GET /api/v1/analyses": [401, 200, 200, 200],
        "GET /api/v1/analyses/{id}": [401, 404, 200, 404],
        "PATCH /api/v1/analyses/{id}": [401, 403, 403, 403],
        "DELETE /api/v1/analyses/{id}": [401, 403, 403, 403],
        "POST /api/v1/analyses/{id}/cancel": [401, 403, 403, 403],
        "POST /api/v1/analyses/{id}/retry": [401, 403, 403, 403],
        "POST /api/v1/analyses/{id}/restore": [401, 403, 403, 403],
        "POST /api/v1/analyses/{id}/faces": [401, 403, 403, 403],
        "PUT /api/v1/analyses/{id}/faces/{number}/correction": [401, 403, 403, 403],
        "DELETE /api/v1/analyses/{id}/faces/{number}/correction": [401, 403, 403, 403],
        "GET /api/v1/analyses/{id}/photo": [401, 404, 200, 404],
        "GET /api/v1/analyses/{id}/report": [401, 404, 200, 404],
        "GET /api/v1/analyses/{id}/annotated": [401, 404, 200, 404],
        "GET /api/v1/analyses/{id}/faces/{number}/why": [401, 404, 200, 404],
        "GET /api/v1/analyses/{id}/full": [401, 404, 202, 404],
        "GET /api/v1/analyses/{id}/clean": [401, 404, 200, 404],
        "GET /api/v1/analyses/{id}/thumbnail": [401, 404, 200, 404],
        "POST /api/v1/batches": [401, 403, 403, 403],
        "GET /api/v1/batches": [401, 200, 200, 200],
        "GET /api/v1/batches/{id}": [401, 404, 200, 404],
        "DELETE /api/v1/batches/{id}": [401, 403, 403, 403],
        "POST /api/v1/batches/{id}/cancel": [401, 403, 403, 403],
        "POST /api/v1/batches/{id}/restore": [401, 403, 403, 403],
        "POST /api/v1/analyses/{id}/shares": [401, 403, 403, 403],
        "GET /api/v1/analyses/{id}/shares": [401, 404, 200, 404],
        "POST /api/v1/batches/{id}/shares": [401, 403, 403, 403],
        "GET /api/v1/batches/{id}/shares": [401, 404, 200, 404],
        "GET /api/v1/shares": [401, 200, 200, 200],
        "GET /api/v1/trends": [401, 200, 200, 200],
        "DELETE /api/v1/shares/{id}": [401, 403, 403, 403],
        "POST /api/v1/webhooks": [401, 403, 403, 403],
        "GET /api/v1/webhooks": [401, 200, 200, 200],
        "GET /api/v1/webhooks/{id}": [401, 404, 200, 404],
        "PATCH /api/v1/webhooks/{id}": [401, 403, 403, 403],
        "DELETE /api/v1/webhooks/{id}": [401, 403, 403, 403],
        "POST /api/v1/webhooks/{id}/rotate": [401, 403, 403, 403],
        "POST /api/v1/webhooks/{id}/test": [401, 403, 403, 403],
        "GET /api/v1/webhooks/{id}/deliveries": [401, 404, 200, 404],
        "POST /api/v1/webhooks/{id}/deliveries/{delivery}/resend": [401, 403, 403, 403],
        "GET /api/v1/me": [401, 200, 200, 200],
        "GET /api/v1/model": [401, 404, 404, 404],
        "GET /api/v1/tokens": [401, 200, 200, 200],
        "DELETE /api/v1/tokens/{id}": [401, 403, 403, 403],
        "GET /api/v1/users": [401, 404, 404, 200],
        "GET /api/v1/operations": [401, 404, 404, 200],
        "GET /operations": [404, 404, 404, 200],
        "POST /operations/registration": [404, 404, 404, 400],
        "POST /operations/intake": [404, 404, 404, 400],
        "POST /operations/failures": [404, 404, 404, 400],
        "GET /operations/jobs": [404, 404, 404, 200],
        "GET /operations/audit": [404, 404, 404, 200],
        "GET /operations/audit.csv": [404, 404, 404, 200],
        "GET /operations/users": [404, 404, 404, 200],
        "POST /operations/users": [404, 404, 404, 422],
        "POST /operations/users/{id}/{act}": [404, 404, 404, 404],
    ]

    @Test func everyRouteAnswersEverybodyAsItShould() async throws {
        try await Site.run { site in
            let router = try Site.router(of: site)
            let routes = router.routes.filter { $0.method != .head }.map { "\($0.method.rawValue) \($0.path)" }
                .filter { $0 != "GET /fails" }
            #expect(Set(routes).subtracting(Self.rules.keys).sorted() == [], "routes without a rule")
            #expect(Set(Self.rules.keys).subtracting(routes).sorted() == [], "rules without a route")
            let people = try await People(site)
            for (route, statuses) in Self.rules.sorted(by: { $0.key < $1.key }) {
                for role in Role.allCases {
                    let answer = try await people.ask(route, role.rawValue)
                    #expect(answer.status.code == statuses[role.rawValue], "\(route) asked by the \(role)")
                    if [404, 410].contains(answer.status.code) {
                        #expect(!answer.text.contains("On the roof") && !answer.text.contains("owner@example.org"))
                    }
                }
            }
        }
    }

    /// The people of the matrix.
    private struct People {
        let site: Site
        let users: [User?]

        init(_ site: Site) async throws {
            self.site = site
            users = [
                nil, try await site.accounts.makeUser("stranger@example.org"),
                try await site.accounts.makeUser("owner@example.org"),
                try await site.accounts.register(
                    name: "Grace", email: "grace@example.org", password: "kumquat marmalade", isAdmin: true),
            ]
        }

        /// Asks once, with a session, and an analysis, a webhook and a shared link of the owner's that are new each time,
        /// under one id.
        func ask(_ route: String, _ role: Int) async throws -> TestResponse {
            let owner = users[2]!
            let id = try await insertAnalysis(site.pool, owner: owner.id)
            if route.contains("{number}") { try await addFace(to: id) }
            try await site.pool.execute("DELETE FROM webhook_endpoints")
            try await site.pool.execute(
                """
                INSERT INTO webhook_endpoints (id, user_id, url, events, secret)
                VALUES (\(id), \(owner.id), 'https://owner@example.org/', '{analysis.finished}', 'whsec_')
                """)
            try await site.pool.execute(
                "INSERT INTO webhook_deliveries (id, endpoint_id, event, body) VALUES (\(id), \(id), 'test.ping', '{}')"
            )
            let token = RandomToken.make()
            try await site.pool.execute("DELETE FROM shares")
            try await site.pool.execute(
                """
                INSERT INTO shares (id, user_id, analysis_id, token_hash, prefix, information, gives_original, expires_at)
                VALUES (\(id), \(owner.id), \(id), \(token.hash), '', 'title', false, now() + interval '1 day')
                """)
            let browser = users[role] == nil ? Browser(site) : try await AccountsTests.browser(site, users[role]!)
            let parts = route.split(separator: " ")
            let path = parts[1].replacingOccurrences(of: "{id}", with: id.uuidString.lowercased())
                .replacingOccurrences(of: "{token}", with: token.text)
                .replacingOccurrences(of: "{delivery}", with: "msg_\(id.uuidString.lowercased())")
                .replacingOccurrences(of: "{number}", with: "1").replacingOccurrences(of: "{act}", with: "disable")
                .replacingOccurrences(of: "{", with: "")
                .replacingOccurrences(of: "}", with: "")
            if parts[0] == "GET" { return try await browser.get(path) }
            // Without the token of a page: what a browser's session changes by the API has to come from one.
            if path.hasPrefix("/api/") {
                let method = try #require(HTTPRequest.Method(String(parts[0])))
                return try await browser.send(path, method, "{}", [.contentType: "application/json"])
            }
            return try await browser.submit(path, from: role == 0 ? "/login" : "/account")
        }

        /// One that the network has told of.
        private func addFace(to id: UUID) async throws {
            let map = FaceResult.Activation(
                columns: 1, cells: Data([9]), low: 0, high: 1, area: .init(x: 0, y: 0, side: 8, angle: 0))
            let face = FaceResult(
                number: 1, box: .init(x: 0, y: 0, width: 8, height: 8), landmarks: [], emotion: "happy", confidence: 1,
                probabilities: ["happy": 1], notSure: false, notes: [], activation: map)
            let findings = try JSONEncoder().encode(Findings(faces: [face], facesCut: false, faceCrop: false))
            try await site.pool.execute(
                "UPDATE analyses SET faces = \(String(decoding: findings, as: UTF8.self))::text::jsonb WHERE id = \(id)"
            )
        }
    }
}
