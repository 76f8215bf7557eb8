import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import ServiceSupport
import Webhooks

/// Where programs are called when something has ended.
extension APIRoutes {
    private var webhooks: WebhookStore { services.webhooks }

    func addWebhooks(to api: RouterGroup<GatewayContext>) {
        api.post("/webhooks") { try await makeWebhook(asked($0, $1)) }
        api.get("/webhooks") { try await listWebhooks(asked($0, $1)) }
        api.get("/webhooks/{id}") { request, context in
            let asked = try asked(request, context)
            return try APIAnswer.json(
                WebhookDocument(try await webhooks.endpoint(asked.id, owner: asked.user.id)))
        }
        api.patch("/webhooks/{id}") { try await changeWebhook(asked($0, $1)) }
        api.delete("/webhooks/{id}") { try await deleteWebhook(asked($0, $1)) }
        api.post("/webhooks/{id}/rotate") { request, context in
            let asked = try asked(request, context)
            let (endpoint, secret) = try await webhooks.rotate(asked.id, owner: asked.user.id)
            return try APIAnswer.json(WebhookDocument(endpoint, secret: secret))
        }
        api.post("/webhooks/{id}/test") { request, context in
            let asked = try asked(request, context)
            let delivery = try await webhooks.sendTest(to: asked.id, owner: asked.user.id)
            return try APIAnswer.json(DeliveryDocument(delivery), status: .accepted)
        }
        api.get("/webhooks/{id}/deliveries") { try await listDeliveries(asked($0, $1)) }
        api.post("/webhooks/{id}/deliveries/{delivery}/resend") { try await sendAgain(asked($0, $1)) }
    }

    /// An endpoint.
    struct WebhookDocument: Encodable {
        let id: String
        let url: String
        let events: [String]
        let enabled: Bool
        @Present var disabled_at: Date?
        /// `owner`, `gone` or `failing`.
        @Present var disabled_reason: String?
        @Present var failing_since: Date?
        /// Until when messages are signed with the secret before as well.
        @Present var previous_secret_until: Date?
        let created_at: Date
        /// Left out but in the answers that made it.
        let secret: String?

        init(_ endpoint: WebhookEndpoint, secret: WebhookSecret? = nil) {
            id = endpoint.id.lower
            url = endpoint.url
            events = endpoint.events.map(\.rawValue)
            enabled = endpoint.disabled == nil
            _disabled_at = Present(wrappedValue: endpoint.disabled?.at)
            _disabled_reason = Present(wrappedValue: endpoint.disabled?.reason.rawValue)
            _failing_since = Present(wrappedValue: endpoint.failingSince)
            _previous_secret_until = Present(wrappedValue: endpoint.previousUntil)
            created_at = endpoint.createdAt
            self.secret = secret?.text
        }
    }

    struct WebhookList: Encodable {
        let webhooks: [WebhookDocument]
    }

    /// A message and what became of it.
    struct DeliveryDocument: Encodable {
        struct Answer: Encodable {
            let status: Int
            /// How it begins.
            let body: String
        }

        let id: String
        let event: String
        let state: String
        let created_at: Date
        let attempts: Int
        @Present var last_attempt_at: Date?
        @Present var next_attempt_at: Date?
        @Present var delivered_at: Date?
        /// What is sent, byte by byte.
        let request: String
        /// Of the last attempt; `null` when there was none.
        @Present var answer: Answer?
        @Present var error: String?

        init(_ delivery: WebhookDelivery) {
            id = delivery.messageID
            event = delivery.event
            state = delivery.state.rawValue
            created_at = delivery.createdAt
            attempts = delivery.attempts
            _last_attempt_at = Present(wrappedValue: delivery.triedAt)
            _next_attempt_at = Present(wrappedValue: delivery.nextAt)
            _delivered_at = Present(wrappedValue: delivery.deliveredAt)
            request = delivery.body
            _answer = Present(wrappedValue: delivery.status.map { Answer(status: $0, body: delivery.answer) })
            _error = Present(wrappedValue: delivery.error.isEmpty ? nil : delivery.error)
        }
    }

    struct DeliveryList: Encodable {
        let deliveries: [DeliveryDocument]
        @Present var next: String?
    }

    private func makeWebhook(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        var fields = try await asked.json()
        let (url, events) = (fields.text("url"), fields.texts("events"))
        fields.end()
        for (name, isMissing) in [("url", url == nil), ("events", events == nil)]
        where isMissing && fields.problems[name] == nil {
            fields.refuse(name, "It is missing.")
        }
        let checked = try await checkWebhook(fields, url: url, events: events)
        guard let target = checked.target, let chosen = checked.events else {
            throw RequestFailure.badFields(fields.problems)
        }
        let (endpoint, secret) = try await webhooks.make(
            target, events: chosen, site: services.configuration.address(asked.request, asked.context), owner: user.id)
        await services.audit.record(.webhookMade, by: user.id, detail: endpoint.id.lower, asked.context)
        return try APIAnswer.json(
            WebhookDocument(endpoint, secret: secret), status: .created,
            headers: [.location: "\(Self.prefix)/webhooks/\(endpoint.id.lower)"])
    }

    private func checkWebhook(
        _ fields: JSONFields, url: String?, events: [String]?
    ) async throws -> (target: WebhookTarget?, events: [WebhookEvent]?) {
        do {
            let checked = try await services.webhookCheck.check(url: url, events: events)
            guard fields.problems.isEmpty else { throw RequestFailure.badFields(fields.problems) }
            return checked
        } catch let problems as WebhookCheck.Problems {
            throw RequestFailure.badFields(fields.problems.merging(problems.errors) { ours, _ in ours })
        }
    }

    private func listWebhooks(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        try asked.checkQuery([])
        return try APIAnswer.json(
            WebhookList(webhooks: try await webhooks.endpoints(of: user.id).map { WebhookDocument($0) }))
    }

    /// JSON Merge Patch (RFC 7396) of what has to be there: what is not sent stays.
    private func changeWebhook(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let id = try asked.id
        var fields = try await asked.json()
        for name in ["url", "events", "enabled"] where fields.isNull(name) { fields.refuse(name, "It cannot be null.") }
        let (url, events, isOn) = (fields.text("url"), fields.texts("events"), fields.flag("enabled"))
        fields.end()
        _ = try await webhooks.endpoint(id, owner: user.id)
        let (target, chosen) = try await checkWebhook(fields, url: url, events: events)
        let endpoint = try await webhooks.change(id, owner: user.id, to: target, events: chosen, isOn: isOn)
        return try APIAnswer.json(WebhookDocument(endpoint))
    }

    private func deleteWebhook(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let id = try asked.id
        try await webhooks.delete(id, owner: user.id)
        await services.audit.record(.webhookDeleted, by: user.id, detail: id.lower, asked.context)
        return Response(status: .noContent)
    }

    private func listDeliveries(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        try asked.checkQuery(["limit", "cursor"])
        let page = try await webhooks.deliveries(
            of: asked.id, owner: user.id, before: asked.cursor, limit: asked.limit)
        return try APIAnswer.json(
            DeliveryList(deliveries: page.items.map(DeliveryDocument.init), next: page.next?.text))
    }

    private func sendAgain(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        guard let delivery = asked.context.parameters.get("delivery").flatMap(WebhookDelivery.id(of:)) else {
            throw RequestFailure.notFound
        }
        let again = try await webhooks.sendAgain(delivery, of: asked.id, owner: user.id)
        return try APIAnswer.json(DeliveryDocument(again), status: .accepted)
    }
}

extension RequestFailure {
    /// Why nothing was done to an endpoint.
    static func webhook(_ refusal: WebhookStore.Refusal) -> RequestFailure {
        switch refusal {
        case .unknown: .notFound
        case .tooMany:
            RequestFailure(
                status: .conflict, code: "too_many_webhooks", title: "There are enough webhooks",
                message: "An account has at most \(WebhookEndpoint.limit). Delete one that you do not need.")
        case .off:
            RequestFailure(
                status: .conflict, code: "webhook_off", title: "The webhook is switched off",
                message: "Switch it on, then send again.")
        }
    }
}
