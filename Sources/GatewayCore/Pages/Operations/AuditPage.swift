import Accounts
import Foundation
import Hummingbird
import Operations

/// The audit log, for administrators.
struct AuditPage: Page {
    let frame: PageFrame
    let operations: OperationsStore

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/operations/audit") { request, context in
            _ = try frame.administrator(context)
            let before = request.query["before"].flatMap { Int($0) }
            let entries = try await operations.audit(before: before)
            return frame.page(
                .audit, AuditModel(site: frame.site("Audit log", .operations, context), entries: entries), context)
        }
    }
}
