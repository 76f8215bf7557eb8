import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Webhooks

extension AccountPage {
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

    func addWebhooks(to router: Router<GatewayContext>) {
        router.post("/account/webhooks") { request, context in
            let user = try frame.person(request, context)
            return try await makeWebhook(for: user, frame.form(WebhookForm.self, request, context), request, context)
        }
    }

    /// The answer is the page itself, since the secret can be shown only once.
    private func makeWebhook(
        for user: User, _ form: WebhookForm, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let url = (form.url ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        let checked: (target: WebhookTarget?, events: [WebhookEvent]?)
        do {
            checked = try await webhookCheck.check(url: url, events: form.events)
        } catch {
            let fields = WebhookFields(url: url, chosen: Set(form.events), errors: error.errors)
            let problems = ["url", "events"].compactMap { field in
                error.errors[field].map { AccountTabs.Problem(field: "webhook-\(field)", text: $0) }
            }
            return try await programs(
                user, context, webhook: fields, problems: problems, status: .unprocessableContent)
        }
        guard let target = checked.target, let events = checked.events else { throw RequestFailure.badForm }
        let (endpoint, secret) = try await webhooks.make(
            target, events: events, site: configuration.address(request, context), owner: user.id)
        await audit.record(.webhookMade, by: user.id, detail: endpoint.id.lower, context)
        return try await webhookPage.show(endpoint.id, user, context, secret: secret.text)
    }
}
