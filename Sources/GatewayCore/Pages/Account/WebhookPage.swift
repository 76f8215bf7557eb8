import Accounts
import Analyses
import Foundation
import Hummingbird
import Webhooks

/// The page of a webhook.
struct WebhookPage: Page {
    let frame: PageFrame
    let webhooks: WebhookStore
    let audit: AuditLog

    private static let address = "/account/webhooks/{id}"

    func addRoutes(to router: Router<GatewayContext>) {
        router.get(RouterPath(Self.address)) { request, context in
            let user = try frame.person(request, context)
            return try await show(
                webhookID(context), user, context, cursor: request.query["before"].flatMap(ListCursor.init(text:)),
                notice: request.query["done"].flatMap { Self.notices[$0] })
        }
        router.post(RouterPath("\(Self.address)/rotate")) { request, context in
            let user = try await person(of: EmptyForm.self, request, context)
            let id = try webhookID(context)
            let (_, secret) = try await webhooks.rotate(id, owner: user.id)
            return try await show(id, user, context, secret: secret.text)
        }
        addButtons(to: router)
    }

    /// Each does one thing, and leads back.
    private func addButtons(to router: Router<GatewayContext>) {
        func button(
            _ name: String, _ done: String,
            _ act: @escaping @Sendable (WebhookStore, UUID, UUID, GatewayContext) async throws -> Void
        ) {
            router.post(RouterPath("\(Self.address)/\(name)")) { request, context in
                let user = try await person(of: EmptyForm.self, request, context)
                let id = try webhookID(context)
                try await act(webhooks, id, user.id, context)
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
        router.post(RouterPath("\(Self.address)/delete")) { request, context in
            let user = try await person(of: EmptyForm.self, request, context)
            let id = try webhookID(context)
            try await webhooks.delete(id, owner: user.id)
            await audit.record(.webhookDeleted, by: user.id, detail: id.lower, context)
            return Response.redirect(to: "/account/programs?done=webhook", type: .normal)
        }
    }

    private static let notices = [
        "on": "The webhook is switched on. What waited is sent now.", "off": "The webhook is switched off.",
        "sent": "It is sent. Reload this page in a moment to see the answer.",
    ]

    private func person<Form: CSRFForm>(
        of form: Form.Type, _ request: Request, _ context: GatewayContext
    ) async throws -> User {
        let user = try frame.person(request, context)
        _ = try await frame.form(form, request, context)
        return user
    }

    private func webhookID(_ context: GatewayContext) throws -> UUID {
        guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.notFound }
        return id
    }

    /// The page; with the secret where it was made just now.
    func show(
        _ id: UUID, _ user: User, _ context: GatewayContext, cursor: ListCursor? = nil, secret: String? = nil,
        notice: String? = nil
    ) async throws -> Response {
        let endpoint = try await webhooks.endpoint(id, owner: user.id)
        let deliveries = try await webhooks.deliveries(of: id, owner: user.id, before: cursor, limit: 20)
        let model = WebhookModel(
            site: frame.site("Webhook", .account, context, script: "enter.js"), endpoint: endpoint,
            deliveries: deliveries.items, next: deliveries.next, isFirst: cursor == nil, secret: secret, notice: notice)
        return frame.page(.webhook, model, context)
    }
}
