import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Reports

/// What is saved to disk: PDF, CSV and ZIP, and the schema of the JSON.
struct ReportRoutes: Sendable {
    let configuration: GatewayConfiguration
    let analyses: AnalysisStore
    let changes: AnalysisChanges
    let printer: ReportPrinter
    /// The published schema of `/analyses/{id}.json`.
    let schema: ByteBuffer

    /// Most analyses in one ZIP of the history's selection, and in one CSV page that is read at once.
    static let maxSelected = 500
    private static let pageSize = 500

    func add(to router: some RouterMethods<GatewayContext>) {
        router.get("/analyses/{id}.pdf", use: pdf)
        router.getStreamed("/analyses.csv", use: csv)
        router.getStreamed("/batches/{id}.zip", use: batchBundle)
        router.getStreamed("/batches/{id}.csv", use: batchTable)
        router.get("/schemas/analysis-1.json") { _, _ in
            Response(
                status: .ok,
                headers: [
                    .contentType: "application/schema+json; charset=utf-8", .cacheControl: "public, max-age=86400",
                ], body: ResponseBody(byteBuffer: schema))
        }
    }

    @Sendable private func pdf(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let user = context.user, let id = context.parameters.get("id", as: UUID.self),
            let analysis = try await analyses.find(id, owner: user.id)
        else { throw RequestFailure.notFound }
        return try await Self.pdf(of: analysis, analyses, printer)
    }

    /// The report of an analysis.
    static func pdf(of analysis: Analysis, _ analyses: AnalysisStore, _ printer: ReportPrinter) async throws -> Response
    {
        guard analysis.status == .finished,
            let photo = try await analyses.preview(analysis.id, owner: analysis.userID, kind: .clean)
        else { throw RequestFailure.notFinished }
        let bytes = try await printer.pdf(of: analysis, photo: photo)
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/pdf", .cacheControl: "private, no-cache",
                .contentDisposition: "inline; filename=\"\(AnalysisWords.fileStem(analysis)).pdf\"",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// Everything that the history's filter finds, streamed.
    @Sendable private func csv(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let user = context.user else { throw LoginRedirect(request) }
        let filter = try HistoryFilter(in: PersonalTime.current) { request.query[$0] }
        let site = configuration.address(request, context)
        return Self.table { writer in
            var cursor: ListCursor?
            repeat {
                let page = try await analyses.history(
                    owner: user.id, filter: filter, before: cursor, limit: Self.pageSize, toTheEnd: true)
                try await writer(page.items.map { AnalysisTable.lines($0, site: site) }.joined())
                cursor = page.next
            } while cursor != nil
        }
    }

    static func table(
        _ write: @escaping @Sendable (_ writer: (String) async throws -> Void) async throws -> Void
    ) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8; header=present",
                .contentDisposition: "attachment; filename=\"mien-analyses.csv\"",
            ],
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: AnalysisTable.head))
                try await write { text in try await writer.write(ByteBuffer(string: text)) }
                try await writer.finish(nil)
            })
    }

    @Sendable private func batchBundle(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let batch = try await batch(context)
        return AnalysisBundle(
            analyses: batch.analyses, store: analyses, changes: changes, printer: printer,
            site: configuration.address(request, context)
        ).response(named: "mien-batch-\(batch.id.lower.prefix(8))")
    }

    @Sendable private func batchTable(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let batch = try await batch(context)
        let site = configuration.address(request, context)
        return Self.table { writer in
            try await writer(batch.analyses.map { AnalysisTable.lines($0, site: site) }.joined())
        }
    }

    private func batch(_ context: GatewayContext) async throws -> Batch {
        guard let user = context.user, let id = context.parameters.get("id", as: UUID.self),
            let batch = try await analyses.batch(id, owner: user.id)
        else { throw RequestFailure.notFound }
        return batch
    }
}

extension AnalysisBundle {
    /// A download under that name.
    func response(named name: String) -> Response {
        // The body is written when the request's own work is over, and the person's time zone with it.
        let zone = PersonalTime.current
        return Response(
            status: .ok,
            headers: [.contentType: "application/zip", .contentDisposition: "attachment; filename=\"\(name).zip\""],
            body: ResponseBody { writer in
                try await write(to: { try await writer.write(ByteBuffer(bytes: $0)) }, zone: zone)
                try await writer.finish(nil)
            })
    }
}
