package import Analyses
package import Foundation
import Postgres
import ServiceSupport

/// A person as administrators see them.
package struct PersonFigures: Sendable, Equatable {
    package let id: UUID
    package let name: String
    package let email: String
    package let isAdmin: Bool
    package let isDisabled: Bool
    /// Whether it is being deleted; it is disabled as well then.
    package let isLeaving: Bool
    package let hasSecondFactor: Bool
    package let createdAt: Date
    package let seenAt: Date?
    package let finished: Int
    package let failed: Int
    package let photoBytes: Int
}

/// An entry of the audit log, with the names that its accounts have today.
package struct AuditEntry: Sendable, Equatable {
    package let id: Int
    package let at: Date
    package let event: String
    package let actor: Account?
    package let subject: Account?
    package let address: String
    package let detail: String
    package let requestID: String

    /// Two may have one name: the address tells them apart.
    package struct Account: Sendable, Equatable {
        package let name: String
        package let email: String

        package init(name: String, email: String) {
            self.name = name
            self.email = email
        }

        init?(_ name: String?, _ email: String?) {
            guard let name, let email else { return nil }
            self.init(name: name, email: email)
        }
    }

    package init(
        id: Int, at: Date, event: String, actor: Account?, subject: Account?, address: String, detail: String,
        requestID: String
    ) {
        self.id = id
        self.at = at
        self.event = event
        self.actor = actor
        self.subject = subject
        self.address = address
        self.detail = detail
        self.requestID = requestID
    }
}

/// Which entries of the audit log are looked for.
package struct AuditFilter: Sendable, Equatable {
    /// An event's word.
    package var event: String?
    /// A part of a name or an e-mail address, or a whole network address or request's id.
    package var text: String

    package init(event: String? = nil, text: String = "") {
        self.event = event
        self.text = text
    }

    /// Conditions on the log `l` with its accounts `a` and `s`, each with an AND before it.
    fileprivate var conditions: Statement {
        var all = Statement(unescaped: "")
        if let event { all.append(" AND l.event = \(event)") }
        if !text.isEmpty {
            all.append(" AND (l.address = \(text) OR l.request_id = \(text)")
            for account in ["a", "s"] {
                for column in ["name", "email"] {
                    all.append(" OR \(Statement.holds("\(account).\(column)", text))")
                }
            }
            all.append(")")
        }
        return all
    }
}

extension Statement {
    /// Whether a column holds a text, in whichever form of Unicode either was typed: addresses are kept as they were. Databases of other
    /// encodings have one form alone.
    fileprivate static func holds(_ column: String, _ text: String) -> Statement {
        """
        strpos(
            lower(
                CASE WHEN getdatabaseencoding() = 'UTF8' THEN normalize(\(unescaped: column))
                ELSE \(unescaped: column) END),
            lower(\(text.composed))) > 0
        """
    }
}

extension OperationsStore {
    static let peopleLimit = 50
    package static let auditLimit = 100

    /// A page of accounts, newest first, whose name or address holds a text. The bytes are of what is in the bin too.
    package func people(matching text: String, before cursor: ListCursor?) async throws -> (
        people: [PersonFigures], next: ListCursor?
    ) {
        var statement: Statement = """
            SELECT u.id, u.name, u.email, u.is_admin, u.disabled_at IS NOT NULL, u.leaving_at IS NOT NULL,
                EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL),
                u.created_at,
                (SELECT max(s.seen_at) FROM sessions s WHERE s.user_id = u.id), u.finished_count, u.failed_count,
                (SELECT coalesce(sum(a.photo_bytes), 0)::bigint FROM analyses a WHERE a.user_id = u.id)
            FROM users u WHERE true
            """
        if !text.isEmpty {
            statement.append(" AND (\(Statement.holds("u.name", text)) OR \(Statement.holds("u.email", text)))")
        }
        if let cursor { statement.append(" AND (u.created_at, u.id) < (\(cursor.time), \(cursor.id))") }
        statement.append(" ORDER BY u.created_at DESC, u.id DESC LIMIT \(Self.peopleLimit + 1)")
        let rows = try await database.query(statement)
        let people = try rows.prefix(Self.peopleLimit).map { row in
            let (id, name, email, isAdmin, isDisabled, isLeaving, hasFactor, created, seen, finished, failed, bytes) =
                try row.decode(
                    (UUID, String, String, Bool, Bool, Bool, Bool, Date, Date?, Int, Int, Int).self)
            return PersonFigures(
                id: id, name: name, email: email, isAdmin: isAdmin, isDisabled: isDisabled,
                isLeaving: isLeaving, hasSecondFactor: hasFactor, createdAt: created, seenAt: seen, finished: finished,
                failed: failed,
                photoBytes: bytes)
        }
        let last = rows.count > Self.peopleLimit ? people.last : nil
        return (people, last.map { ListCursor(time: $0.createdAt, id: $0.id) })
    }

    /// A page of the audit log, newest first.
    package func audit(
        _ filter: AuditFilter = AuditFilter(), before id: Int? = nil, limit: Int = auditLimit
    ) async throws -> [AuditEntry] {
        var statement: Statement = """
            SELECT l.id, l.at, l.event, a.name, a.email, s.name, s.email, l.address, l.detail, l.request_id
            FROM audit_log l LEFT JOIN users a ON a.id = l.actor_id LEFT JOIN users s ON s.id = l.subject_id
            WHERE true
            """
        if let id { statement.append(" AND l.id < \(id)") }
        statement.append(filter.conditions)
        statement.append(" ORDER BY l.id DESC LIMIT \(limit)")
        return try await database.query(statement).map { row in
            let (id, at, event, actor, actorEmail, subject, subjectEmail, address, detail, request) = try row.decode(
                (Int, Date, String, String?, String?, String?, String?, String, String, String).self)
            return AuditEntry(
                id: id, at: at, event: event, actor: .init(actor, actorEmail), subject: .init(subject, subjectEmail),
                address: address, detail: detail, requestID: request)
        }
    }
}
