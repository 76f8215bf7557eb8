public import Foundation

/// A person with an account.
public struct User: Sendable, Equatable {
    /// The account's id.
    public let id: UUID
    /// The name shown on pages and in reports.
    public let name: String
    /// The address that the person logs in with, as they wrote it.
    public let email: String
    /// Whether the person may use the operations pages.
    public let isAdmin: Bool
    /// Analyses that ended with a result; moved in the transaction that records one.
    public let finishedCount: Int
    /// Analyses that ended without one.
    public let failedCount: Int
    /// When the account was made.
    public let createdAt: Date
    /// The IANA name of the zone in which pages show times, such as `Europe/Berlin`.
    public let timeZone: String
}
