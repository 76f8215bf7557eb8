import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import ServiceSupport

/// The account, its tokens, the model, and what administrators see.
extension APIRoutes {
    func addSite(to api: RouterGroup<GatewayContext>) {
        api.get("/me") { try await me(asked($0, $1)) }
        api.get("/tokens") { try await tokens(asked($0, $1)) }
        api.delete("/tokens/{id}") { try await endToken(asked($0, $1)) }
        api.get("/trends") { try await trends(asked($0, $1)) }
        api.get("/model") { try await model(asked($0, $1)) }
        api.get("/users") { try await users(asked($0, $1)) }
        api.get("/operations") { try await operations(asked($0, $1)) }
        api.get("/openapi.json") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "public, max-age=300"],
                body: ResponseBody(byteBuffer: description))
        }
    }

    private struct Me: Encodable {
        struct Analyses: Encodable {
            let finished: Int
            let failed: Int
            let kept: Int
        }

        let id: String
        let name: String
        let email: String
        let email_confirmed: Bool
        let is_administrator: Bool
        let member_since: Date
        let analyses: Analyses
        /// What the token may do; `null` for a browser's session, which may do all.
        @Present var scopes: [String]?
    }

    private func me(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        var scopes: [String]?
        if case .apiToken(let grant)? = asked.context.identity?.proof { scopes = grant.scopes.map(\.rawValue).sorted() }
        return try APIAnswer.json(
            Me(
                id: user.id.lower, name: user.name, email: user.email, email_confirmed: user.isEmailConfirmed,
                is_administrator: user.isAdmin, member_since: user.createdAt,
                analyses: .init(
                    finished: user.finishedCount, failed: user.failedCount,
                    kept: try await analyses.count(owner: user.id)),
                scopes: scopes))
    }

    private struct TokenList: Encodable {
        struct Token: Encodable {
            let id: String
            let label: String
            /// How its text begins.
            let prefix: String
            let scopes: [String]
            let created_at: Date
            @Present var last_used_at: Date?
            @Present var expires_at: Date?
            /// From where it may be used; empty for everywhere.
            let networks: [String]
        }

        let tokens: [Token]
    }

    private func tokens(_ asked: APIRequest) async throws -> Response {
        let tokens = try await accounts.tokens(of: asked.user.id).map {
            TokenList.Token(
                id: $0.id.lower, label: $0.label, prefix: $0.prefix, scopes: $0.scopes.map(\.rawValue).sorted(),
                created_at: $0.createdAt, last_used_at: $0.usedAt, expires_at: $0.expiresAt, networks: $0.networks)
        }
        return try APIAnswer.json(TokenList(tokens: tokens))
    }

    private func endToken(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let id = try asked.id
        guard try await accounts.revokeToken(id, of: user.id) else { throw RequestFailure.notFound }
        await services.audit.record(.tokenEnded, by: user.id, detail: id.lower, asked.context)
        return Response(status: .noContent)
    }

    private struct Model: Encodable {
        let name: String
        let version: String
        /// In the order of the probabilities.
        let classes: [String]
        /// Below this probability an answer is “not sure”.
        let not_sure_below: Double
        /// Of the test named in `set`, 0…1.
        let accuracy: Double
        let set: String
        let licence: String
        let limits: [String]
    }

    private func model(_ asked: APIRequest) async throws -> Response {
        _ = try asked.user
        guard let card = try await services.operations.shownModel(of: services.cards)?.card else {
            throw RequestFailure.noModel
        }
        return try APIAnswer.json(
            Model(
                name: card.name, version: card.version, classes: card.classes, not_sure_below: card.threshold.not_sure,
                accuracy: card.figures.accuracy,
                set: card.metrics.public_test == nil ? "validation" : "public test", licence: card.licence,
                limits: card.limits))
    }

    private struct UserList: Encodable {
        struct Person: Encodable {
            let id: String
            let name: String
            let email: String
            let is_administrator: Bool
            let is_disabled: Bool
            let is_leaving: Bool
            let member_since: Date
            @Present var last_seen_at: Date?
            let finished: Int
            let failed: Int
            let photo_bytes: Int
        }

        let users: [Person]
        @Present var next: String?
    }

    private func users(_ asked: APIRequest) async throws -> Response {
        _ = try asked.administrator
        try asked.checkQuery(["q", "cursor"])
        let page = try await services.operations.people(
            matching: (asked.request.query["q"] ?? "").asField, before: asked.cursor)
        let people = page.people.map {
            UserList.Person(
                id: $0.id.lower, name: $0.name, email: $0.email, is_administrator: $0.isAdmin,
                is_disabled: $0.isDisabled, is_leaving: $0.isLeaving, member_since: $0.createdAt,
                last_seen_at: $0.seenAt, finished: $0.finished,
                failed: $0.failed, photo_bytes: $0.photoBytes)
        }
        return try APIAnswer.json(UserList(users: people, next: page.next?.text))
    }

    private struct Operations: Encodable {
        struct Lane: Encodable {
            let lane: AnalysisLane
            let queued: Int
            let processing: Int
            /// Seconds; `null` when nothing waits.
            @Present var oldest_wait: Double?
        }
        struct Worker: Encodable {
            let name: String
            let release: String
            let model: String
            let state: String
            let heard_at: Date
            let photos: Int
            let failures: Int
        }

        let registration: String
        @Present var intake_paused_at: Date?
        let lanes: [Lane]
        let workers: [Worker]
    }

    private func operations(_ asked: APIRequest) async throws -> Response {
        _ = try asked.administrator
        let switches = services.switches.current
        let lanes = try await services.operations.lanes().map {
            Operations.Lane(lane: $0.lane, queued: $0.queued, processing: $0.processing, oldest_wait: $0.oldest)
        }
        let workers = try await services.operations.workers().map {
            Operations.Worker(
                name: $0.name, release: $0.release, model: $0.model, state: $0.state, heard_at: $0.heardAt,
                photos: $0.photos, failures: $0.failures)
        }
        return try APIAnswer.json(
            Operations(
                registration: switches.registration.rawValue, intake_paused_at: switches.intakePausedAt, lanes: lanes,
                workers: workers))
    }
}
