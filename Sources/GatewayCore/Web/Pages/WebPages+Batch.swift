import Accounts
import Analyses
import Foundation
import Hummingbird

extension WebPages {
    func addBatchRoutes(to router: Router<GatewayContext>) {
        router.get("/batches/:id") { request, context in
            let user = try person(request, context)
            let batch = try await batch(context, of: user)
            let isOpen = batch.analyses.contains { !$0.status.isTerminal }
            let frame = site("Photos sent together", .history, context, script: "list.js", refresh: isOpen ? 3 : nil)
            let notice = SelectionNotice.asked(by: request)
            return page(.batch, BatchModel(site: frame, batch: batch, notice: notice?.description), context)
        }
        router.post("/batches/:id/retry") { request, context in
            let user = try person(request, context)
            _ = try await form(EmptyForm.self, request, context)
            let batch = try await batch(context, of: user)
            try await retry(batch.analyses.map(\.id), of: user)
            return Response.redirect(to: "/batches/\(batch.id.lower)", type: .normal)
        }
    }

    func batch(_ context: GatewayContext, of user: User) async throws -> Batch {
        guard let id = context.parameters.get("id", as: UUID.self),
            let batch = try await services.analyses.batch(id, owner: user.id)
        else { throw RequestFailure.notFound }
        return batch
    }
}
