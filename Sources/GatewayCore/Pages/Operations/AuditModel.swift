import Foundation
import Operations
import Reports

/// The audit log, for administrators.
struct AuditModel: Sendable {
    struct Entry: Sendable {
        let at: Moment
        let event: String
        let actor: String
        let subject: String?
        let address: String
        let detail: String
    }

    let site: Site
    let entries: [Entry]
    let isEmpty: Bool
    let next: String?

    init(site: Site, entries: [AuditEntry], now: Date = Date()) {
        self.site = site
        self.entries = entries.map {
            Entry(
                at: Moment($0.at, now: now), event: Self.words($0.event), actor: $0.actor ?? "Somebody",
                subject: $0.subject, address: $0.address, detail: $0.detail)
        }
        isEmpty = entries.isEmpty
        next =
            entries.count == OperationsStore.auditLimit ? entries.last.map { "/operations/audit?before=\($0.id)" } : nil
    }

    /// "log_in_failed" → "Log in failed"
    private static func words(_ event: String) -> String {
        let text = event.replacingOccurrences(of: "_", with: " ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}
