package import Analyses
package import Foundation
import Postgres

/// A person as administrators see them.
package struct PersonFigures: Sendable, Equatable {
    package let id: UUID
    package let name: String
    package let email: String
    package let isAdmin: Bool
    package let isDisabled: Bool
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
    package let actor: String?
    package let subject: String?
    package let address: String
    package let detail: String
}

extension OperationsStore {
    static let peopleLimit = 50
    package static let auditLimit = 100

    /// A page of accounts, newest first, whose name or address holds a text.
    package func people(matching text: String, before cursor: ListCursor?) async throws -> (
        people: [PersonFigures], next: ListCursor?
    ) {
        var statement: Statement = """
            SELECT u.id, u.name, u.email, u.is_admin, u.disabled_at IS NOT NULL, u.created_at,
                (SELECT max(s.seen_at) FROM sessions s WHERE s.user_id = u.id), u.finished_count, u.failed_count,
                (SELECT coalesce(sum(a.photo_bytes), 0)::bigint FROM analyses a WHERE a.user_id = u.id)
            FROM users u WHERE true
            """
        if !text.isEmpty {
            statement.append(
                " AND (strpos(lower(u.name), lower(\(text))) > 0 OR strpos(lower(u.email), lower(\(text))) > 0)")
        }
        if let cursor { statement.append(" AND (u.created_at, u.id) < (\(cursor.time), \(cursor.id))") }
        statement.append(" ORDER BY u.created_at DESC, u.id DESC LIMIT \(Self.peopleLimit + 1)")
        let rows = try await database.query(statement)
        let people = try rows.prefix(Self.peopleLimit).map { row in
            let (id, name, email, isAdmin, isDisabled, created, seen, finished, failed, bytes) = try row.decode(
                (UUID, String, String, Bool, Bool, Date, Date?, Int, Int, Int).self)
            return PersonFigures(
                id: id, name: name, email: email, isAdmin: isAdmin, isDisabled: isDisabled, createdAt: created,
                seenAt: seen, finished: finished, failed: failed, photoBytes: bytes)
        }
        let last = rows.count > Self.peopleLimit ? people.last : nil
        return (people, last.map { ListCursor(time: $0.createdAt, id: $0.id) })
    }

    /// A page of the audit log, newest first.
    package func audit(before id: Int?) async throws -> [AuditEntry] {
        try await database.query(
            """
            SELECT l.id, l.at, l.event, a.name, s.name, l.address, l.detail
            FROM audit_log l LEFT JOIN users a ON a.id = l.actor_id LEFT JOIN users s ON s.id = l.subject_id
            WHERE (\(id) IS NULL OR l.id < \(id)) ORDER BY l.id DESC LIMIT \(Self.auditLimit)
            """
        ).map { row in
            let (id, at, event, actor, subject, address, detail) = try row.decode(
                (Int, Date, String, String?, String?, String, String).self)
            return AuditEntry(
                id: id, at: at, event: event, actor: actor, subject: subject, address: address, detail: detail)
        }
    }
}
