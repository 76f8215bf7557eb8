import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Operations
import Webhooks

/// Webhooks in the account page, and the page of each.
extension WebPages {
    struct WebhookForm: CSRFForm {
        let csrf_token: String?
        let url: String?
        let analysis_finished: String?
        let analysis_failed: String?
        let batch_finished: String?

        /// What is ticked.
        var events: [String] {
            let boxes: [(String?, WebhookEvent)] = [
                (analysis_finished, .analysisFinished), (analysis_failed, .analysisFailed),
                (batch_finished, .batchFinished),
            ]
            return boxes.filter { $0.0 != nil }.map(\.1.rawValue)
        }
    }

    private static let page = "/account/webhooks/{id}"

    func addWebhookRoutes(to router: Router<GatewayContext>) {
        router.post("/account/webhooks") { request, context in
            let user = try person(request, context)
            return try await makeWebhook(for: user, form(WebhookForm.self, request, context), request, context)
        }
        router.get(RouterPath(Self.page)) { request, context in
            let user = try person(request, context)
            return try await webhookPage(
                webhookID(context), user, context, cursor: request.query["before"].flatMap(HistoryCursor.init(text:)),
                notice: request.query["done"].flatMap { Self.webhookNotices[$0] })
        }
        router.post(RouterPath("\(Self.page)/rotate")) { request, context in
            let user = try await person(of: EmptyForm.self, request, context)
            let id = try webhookID(context)
            let (_, secret) = try await services.webhooks.rotate(id, owner: user.id)
            return try await webhookPage(id, user, context, secret: secret.text)
        }
        addWebhookButtons(to: router)
    }

    /// Each does one thing, and leads back.
    private func addWebhookButtons(to router: Router<GatewayContext>) {
        func button(
            _ name: String, _ done: String,
            _ act: @escaping @Sendable (WebhookStore, UUID, UUID, GatewayContext) async throws -> Void
        ) {
            router.post(RouterPath("\(Self.page)/\(name)")) { request, context in
                let user = try await person(of: EmptyForm.self, request, context)
                let id = try webhookID(context)
                try await act(services.webhooks, id, user.id, context)
                return Response.redirect(to: "/account/webhooks/\(id.lower)?done=\(done)", type: .normal)
            }
        }
        button("on", "on") { store, id, owner, _ in _ = try await store.change(id, owner: owner, isOn: true) }
        button("off", "off") { store, id, owner, _ in _ = try await store.change(id, owner: owner, isOn: false) }
        button("test", "sent") { store, id, owner, _ in _ = try await store.sendTest(to: id, owner: owner) }
        button("deliveries/{delivery}/resend", "sent") { store, id, owner, context in
            guard let delivery = context.parameters.get("delivery").flatMap(WebhookDelivery.id(of:)) else {
                throw RequestFailure.notFound
            }
            _ = try await store.sendAgain(delivery, of: id, owner: owner)
        }
        router.post(RouterPath("\(Self.page)/delete")) { request, context in
            let user = try await person(of: EmptyForm.self, request, context)
            let id = try webhookID(context)
            try await services.webhooks.delete(id, owner: user.id)
            try await services.audit.record(.webhookDeleted, by: user.id, detail: id.lower, context)
            return Response.redirect(to: "/account?done=webhook#webhooks", type: .normal)
        }
    }

    private static let webhookNotices = [
        "on": "The webhook is switched on. What waited is sent now.", "off": "The webhook is switched off.",
        "sent": "It is sent. Reload this page in a moment to see the answer.",
    ]

    private func person<Form: CSRFForm>(
        of form: Form.Type, _ request: Request, _ context: GatewayContext
    ) async throws -> User {
        let user = try person(request, context)
        _ = try await self.form(form, request, context)
        return user
    }

    private func webhookID(_ context: GatewayContext) throws -> UUID {
        guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.notFound }
        return id
    }

    /// The answer is the page itself, since the secret can be shown only once.
    private func makeWebhook(
        for user: User, _ form: WebhookForm, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let url = (form.url ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        let checked: (target: WebhookTarget?, events: [WebhookEvent]?)
        do {
            checked = try await services.webhookCheck.check(url: url, events: form.events)
        } catch {
            let fields = WebhookFields(url: url, chosen: Set(form.events), errors: error.errors)
            return try await accountPage(user, context, webhook: fields, status: .unprocessableContent)
        }
        guard let target = checked.target, let events = checked.events else { throw RequestFailure.badForm }
        let (endpoint, secret) = try await services.webhooks.make(
            target, events: events, site: address(request, context), owner: user.id)
        try await services.audit.record(.webhookMade, by: user.id, detail: endpoint.id.lower, context)
        return try await webhookPage(endpoint.id, user, context, secret: secret.text)
    }

    private func webhookPage(
        _ id: UUID, _ user: User, _ context: GatewayContext, cursor: HistoryCursor? = nil, secret: String? = nil,
        notice: String? = nil
    ) async throws -> Response {
        let endpoint = try await services.webhooks.endpoint(id, owner: user.id)
        let deliveries = try await services.webhooks.deliveries(of: id, owner: user.id, before: cursor, limit: 20)
        let model = WebhookModel(
            site: site("Webhook", .account, context, script: "enter.js"), endpoint: endpoint,
            deliveries: deliveries.items, next: deliveries.next, isFirst: cursor == nil, secret: secret, notice: notice)
        return page(.webhook, model, context)
    }

    /// The site's address: as the operator set it, or as this request has it.
    func address(_ request: Request, _ context: GatewayContext) -> String {
        let site = services.configuration.publicAddress
        return site.isEmpty ? context.address(asked: request) : site
    }
}
