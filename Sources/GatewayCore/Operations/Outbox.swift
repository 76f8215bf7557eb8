import Foundation
import Postgres

/// Messages that are committed with the change they tell of, and published afterwards by the relay.
enum Outbox {
    /// What a row becomes.
    enum Kind: String, Sendable {
        /// A message to the lane's topic.
        case job
        /// A message to the dead-letter topic.
        case dead
    }

    /// The NOTIFY channel that wakes the relay.
    static let channel = "mien_outbox"

    /// Adds a message in the transaction that `connection` is in.
    static func add(_ id: UUID, kind: Kind, on connection: Connection) async throws {
        try await connection.execute("INSERT INTO outbox (analysis_id, kind) VALUES (\(id), \(kind.rawValue))")
        try await connection.execute("SELECT pg_notify(\(channel), '')")
    }
}
