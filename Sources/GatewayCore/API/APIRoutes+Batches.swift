import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Reports
import ServiceSupport

/// Photos that belong together.
extension APIRoutes {
    func addBatches(to api: RouterGroup<GatewayContext>) {
        api.post("/batches") { try await makeBatch(asked($0, $1)) }
        api.get("/batches") { try await listBatches(asked($0, $1)) }
        api.get("/batches/{id}") { try await showBatch(asked($0, $1)) }
        api.delete("/batches/{id}") { try await deleteBatch(asked($0, $1)) }
        api.post("/batches/{id}/cancel") { try await cancelBatch(asked($0, $1)) }
        api.post("/batches/{id}/restore") { try await restoreBatch(asked($0, $1)) }
    }

    /// A batch and how far it is.
    struct BatchDocument: Encodable {
        struct Progress: Encodable {
            let open: Int
            let finished: Int
            let failed: Int
            let cancelled: Int
        }

        let id: String
        let title: String
        let created_at: Date
        let progress: Progress
        /// Its photos in the order in which they came; left out of lists.
        var analyses: [AnalysisDocument]?

        init(_ batch: BatchSummary) {
            id = batch.id.lower
            title = batch.title
            created_at = batch.createdAt
            progress = Progress(
                open: batch.open, finished: batch.finished, failed: batch.failed, cancelled: batch.cancelled)
        }

        init(_ batch: Batch) {
            func count(_ matches: (AnalysisStatus) -> Bool) -> Int { batch.analyses.count { matches($0.status) } }
            id = batch.id.lower
            title = batch.title
            created_at = batch.createdAt
            progress = Progress(
                open: count { !$0.isTerminal }, finished: count { $0 == .finished }, failed: count { $0 == .failed },
                cancelled: count { $0 == .cancelled })
            analyses = batch.analyses.map { AnalysisDocument($0, placeInQueue: nil) }
        }
    }

    struct BatchList: Encodable {
        let batches: [BatchDocument]
        @Present var next: String?
    }

    private func makeBatch(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let key = try asked.idempotencyKey
        var fields = try await asked.json()
        let title = (fields.text("title") ?? "").asField
        fields.end()
        if title.length > 200 { fields.refuse("title", "At most 200 characters are kept here.") }
        guard fields.problems.isEmpty else { throw RequestFailure.badFields(fields.problems) }
        let batch = try await analyses.makeBatch(title: title, owner: user.id, key: key)
        return try APIAnswer.json(
            BatchDocument(batch), status: .created,
            headers: [.location: "\(Self.prefix)/batches/\(batch.id.lower)"])
    }

    private func listBatches(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        try asked.checkQuery(["limit", "cursor"])
        let page = try await analyses.batches(owner: user.id, before: asked.cursor, limit: asked.limit)
        return try APIAnswer.json(BatchList(batches: page.items.map(BatchDocument.init), next: page.next?.text))
    }

    private func showBatch(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        guard let batch = try await analyses.batch(asked.id, owner: user.id) else { throw RequestFailure.notFound }
        return try APIAnswer.json(BatchDocument(batch))
    }

    /// Deletes it with its photos.
    private func deleteBatch(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        try asked.checkQuery(["permanent"])
        var deletion = self.deletion
        if try asked.flag("permanent") {
            deletion = PhotoDeletion(analyses: analyses, audit: services.audit, binDays: 0)
        }
        guard try await deletion.deleteBatch(asked.id, of: user, asked.context) != nil else {
            throw RequestFailure.notFound
        }
        return Response(status: .noContent)
    }

    /// Takes its photos out of the bin, and itself where it was deleted with them; asked twice, it says the same.
    private func restoreBatch(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let id = try asked.id
        let count = try await analyses.restore(.batch(id), owner: user.id)
        if count > 0 {
            await services.audit.record(
                .analysisRestored, by: user.id, detail: "\(count) at once", asked.context)
        }
        return try await showBatch(asked)
    }

    /// Stops what is still open of it; asked twice, it says the same.
    private func cancelBatch(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        try await analyses.cancel(.batch(asked.id), owner: user.id)
        return try await showBatch(asked)
    }
}
