package import Foundation
import Postgres

extension OperationsStore {
    /// How many are retried by one click; the next click takes the next ones.
    static let retryLimit = 500

    /// Failures that nobody has dismissed, by their reason, most frequent first.
    package func failureGroups() async throws -> [FailureGroup] {
        try await database.query(
            """
            SELECT error_code, (array_agg(coalesce(error_message, '') ORDER BY finished_at DESC))[1], count(*),
                max(finished_at)
            FROM analyses
            WHERE status = 'failed' AND dismissed_at IS NULL AND error_code IS NOT NULL AND binned_at IS NULL
            GROUP BY error_code ORDER BY count(*) DESC, error_code LIMIT 50
            """
        ).map { row in
            let (code, message, count, newest) = try row.decode((String, String, Int, Date).self)
            return FailureGroup(code: code, message: message, count: count, newest: newest)
        }
    }

    /// The newest failures that nobody has dismissed. Whose they are, and what is on them, is not the operator's concern.
    ///
    /// - Parameter codes: reasons that are left out.
    package func newestFailures(limit: Int, without codes: [String] = []) async throws -> [FailureEntry] {
        try await database.query(
            """
            SELECT id, error_code, attempts::bigint, finished_at FROM analyses
            WHERE status = 'failed' AND dismissed_at IS NULL AND error_code <> ALL(\(codes)) AND binned_at IS NULL
            ORDER BY finished_at DESC LIMIT \(limit)
            """
        ).map { row in
            let (id, code, attempts, at) = try row.decode((UUID, String, Int, Date).self)
            return FailureEntry(id: id, code: code, attempts: attempts, at: at)
        }
    }

    /// The failures of a reason, or the one with an id, oldest first, by their owners.
    package func failures(_ choice: FailureChoice) async throws -> [UUID: [UUID]] {
        let rows = try await database.query(
            """
            SELECT user_id, id FROM analyses
            WHERE status = 'failed' AND dismissed_at IS NULL AND binned_at IS NULL AND \(choice.condition)
            ORDER BY finished_at LIMIT \(Self.retryLimit)
            """)
        return try rows.reduce(into: [:]) { owners, row in
            let (owner, id) = try row.decode((UUID, UUID).self)
            owners[owner, default: []].append(id)
        }
    }

    /// How many failures of a reason there are, or whether there is still the one with an id.
    package func countFailures(_ choice: FailureChoice) async throws -> Int {
        try await database.first(
            """
            SELECT count(*) FROM analyses
            WHERE status = 'failed' AND dismissed_at IS NULL AND binned_at IS NULL AND \(choice.condition)
            """)?.decode(Int.self) ?? 0
    }

    /// Takes failures from the operations page; they stay on their owners' pages.
    /// - Returns: how many they were.
    package func dismiss(_ choice: FailureChoice) async throws -> Int {
        try await database.execute(
            """
            UPDATE analyses SET dismissed_at = now()
            WHERE status = 'failed' AND dismissed_at IS NULL AND \(choice.condition)
            """)
    }
}

/// Which failures a button is for.
package enum FailureChoice: Sendable {
    case code(String)
    case one(UUID)

    fileprivate var condition: Statement {
        switch self {
        case .code(let code): "error_code = \(code)"
        case .one(let id): "id = \(id)"
        }
    }
}
