import Foundation
import Postgres

/// Tells every gateway that an analysis has changed, when the transaction commits.
enum AnalysisNotice {
    /// The NOTIFY channel; the payload is the analysis's id.
    static let channel = "mien_analysis"

    static func send(_ id: UUID, on connection: Connection) async throws {
        try await connection.execute("SELECT pg_notify(\(channel), \(id.uuidString.lowercased()))")
    }
}
