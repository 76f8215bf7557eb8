import Foundation
import Postgres

/// By what a list of analyses is sorted: a time, and the id of those that have the same.
struct ListSorting: Sendable {
    /// An expression, as an index has it.
    let key: String
    var isAscending = false
    /// Whether it has no time zone; a cursor tells it as if it were in UTC.
    var isLocal = false
    /// The same of an analysis that was read.
    let time: @Sendable (Analysis) -> Date

    /// Those first that were sent last.
    static let newest = ListSorting(key: "submitted_at") { $0.submittedAt }

    /// What comes behind ORDER BY.
    var order: Statement {
        let direction = isAscending ? "" : " DESC"
        return Statement(unescaped: "\(key)\(direction), id\(direction)")
    }

    /// A condition on what comes after the cursor's row.
    func condition(behind cursor: ListCursor) -> Statement {
        let time: Statement = isLocal ? "(\(cursor.time) AT TIME ZONE 'UTC')" : "\(cursor.time)"
        return "(\(unescaped: key), id) \(unescaped: isAscending ? ">" : "<") (\(time), \(cursor.id))"
    }
}
