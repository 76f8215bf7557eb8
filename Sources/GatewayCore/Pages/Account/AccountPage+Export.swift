import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Reports
import Sharing
import Webhooks

extension AccountPage {
    func addExport(to router: Router<GatewayContext>) {
        router.getStreamed("/account/export.zip", use: export)
    }

    @Sendable private func export(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.person(request, context)
        guard let lease = exports.enter(user.id) else { throw RequestFailure.exportRuns }
        // Nothing has left yet: what cannot be told of does not.
        try await audit.record(.dataExported, by: user.id, from: context.origin)
        let webhooks = try await webhooks.endpoints(of: user.id).map {
            ExportedWebhook(url: $0.url, events: $0.events.map(\.rawValue), createdAt: $0.createdAt)
        }
        let links = try await own.shares.exported(of: user.id)
        let searches = try await analyses.savedSearches(of: user.id).map {
            ExportedSearch(name: $0.name, query: $0.query)
        }
        let export = AccountExport(
            analyses: analyses, owner: user.id,
            account: try await accounts.document(
                of: user, webhooks: webhooks, links: links, searches: searches,
                secondFactor: try await signIn.factors.status(of: user.id)),
            memberSince: user.createdAt)
        let logger = context.logger
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(lease) {} }
            do {
                try await export.write(to: { try await writer.write(ByteBuffer(bytes: $0)) })
            } catch {
                // The status is out already: what is left is to cut the answer off, which the browser notices.
                logger.warning("An export was not finished", metadata: ["error": "\(String(reflecting: error))"])
                throw error
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/zip", .contentDisposition: "attachment; filename=\"mien-account.zip\"",
                .cacheControl: "no-store",
            ], body: body)
    }
}
