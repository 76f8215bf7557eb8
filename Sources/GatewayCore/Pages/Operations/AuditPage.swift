import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Reports

/// The audit log, for administrators.
struct AuditPage: Page {
    let frame: PageFrame
    let operations: OperationsStore

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/operations/audit") { request, context in
            _ = try frame.administrator(context)
            let filter = Self.filter(request)
            let entries = try await operations.audit(filter, before: request.query["before"].flatMap { Int($0) })
            let site = frame.site("Audit log", .operations, context)
            return frame.page(.audit, AuditModel(site: site, filter: filter, entries: entries), context)
        }
        router.getStreamed("/operations/audit.csv") { request, context in
            _ = try frame.administrator(context)
            return table(Self.filter(request))
        }
    }

    private static func filter(_ request: Request) -> AuditFilter {
        let query = request.query
        return AuditFilter(
            event: query["event"].flatMap(AuditLog.Event.init(rawValue:))?.rawValue,
            text: AccountStore.text(query["q"] ?? "", limit: 100).trimmingCharacters(in: .whitespaces))
    }

    private static let head = ["at", "event", "actor", "subject", "address", "detail", "request"]

    /// Everything that the filter finds, streamed.
    private func table(_ filter: AuditFilter) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8; header=present", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"mien-audit.csv\"",
            ],
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: "\u{FEFF}" + AnalysisTable.line(Self.head)))
                var last: Int?
                repeat {
                    let entries = try await operations.audit(filter, before: last, limit: 1_000)
                    try await writer.write(ByteBuffer(string: entries.map(Self.line).joined()))
                    last = entries.count == 1_000 ? entries.last?.id : nil
                } while last != nil
                try await writer.finish(nil)
            })
    }

    private static func line(_ entry: AuditEntry) -> String {
        AnalysisTable.line([
            entry.at.formatted(.iso8601), entry.event, entry.actor?.email ?? "", entry.subject?.email ?? "",
            entry.address, entry.detail, entry.requestID,
        ])
    }
}
