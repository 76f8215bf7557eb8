import Accounts
import Foundation
import Operations
import Reports

/// The audit log, for administrators.
struct AuditModel: Sendable {
    struct Person: Sendable {
        let name: String
        let email: String

        init(_ account: AuditEntry.Account) {
            (name, email) = (account.name, account.email)
        }
    }
    struct Entry: Sendable {
        let at: Moment
        let event: String
        let actor: Person?
        let subject: Person?
        let address: String
        let detail: String
    }
    struct Event: Sendable {
        let value: String
        let words: String
        let isChosen: Bool
    }

    let site: Site
    let events: [Event]
    let search: String
    let csv: String
    let entries: [Entry]
    let isEmpty: Bool
    let next: String?

    init(site: Site, filter: AuditFilter = AuditFilter(), entries: [AuditEntry], now: Date = Date()) {
        self.site = site
        events = AuditLog.Event.allCases.map {
            Event(value: $0.rawValue, words: Self.words($0.rawValue), isChosen: $0.rawValue == filter.event)
        }.sorted { $0.words < $1.words }
        search = filter.text
        csv = Self.address("/operations/audit.csv", filter, before: nil)
        self.entries = entries.map {
            Entry(
                at: Moment($0.at, now: now), event: Self.words($0.event), actor: $0.actor.map(Person.init),
                subject: $0.subject.map(Person.init), address: $0.address, detail: $0.detail)
        }
        isEmpty = entries.isEmpty
        next =
            entries.count == OperationsStore.auditLimit
            ? entries.last.map { Self.address("/operations/audit", filter, before: $0.id) } : nil
    }

    private static func address(_ path: String, _ filter: AuditFilter, before id: Int?) -> String {
        let fields = [("event", filter.event ?? ""), ("q", filter.text), ("before", id.map(String.init) ?? "")]
            .filter { !$0.1.isEmpty }.map { "\($0.0)=\($0.1.addingPercentEncoding())" }
        return fields.isEmpty ? path : "\(path)?\(fields.joined(separator: "&"))"
    }

    /// "log_in_failed" → "Log in failed"
    static func words(_ event: String) -> String {
        switch event {
        case "administrator_made": return "Made an administrator"
        case "administrator_unmade": return "Made an ordinary user"
        case "denied": return "Not allowed"
        case "analysis_binned": return "Analysis put into the bin"
        case "analysis_restored": return "Analysis taken out of the bin"
        case "email_kept": return "E-mail change called off"
        case "email_changed", "email_confirmed", "email_change_asked":
            let text = event.replacingOccurrences(of: "_", with: " ").replacingOccurrences(of: "email", with: "E-mail")
            return text
        default:
            let text = event.replacingOccurrences(of: "_", with: " ")
            return text.prefix(1).uppercased() + text.dropFirst()
        }
    }
}
