package import Foundation

/// A person with an account.
package struct User: Sendable, Equatable {
    /// The account's id.
    package let id: UUID
    /// The name shown on pages and in reports.
    package let name: String
    /// The address that the person logs in with, as they wrote it.
    package let email: String
    /// Whether the person may use the operations pages.
    package let isAdmin: Bool
    /// Analyses that ended with a result; moved in the transaction that records one.
    package let finishedCount: Int
    /// Analyses that ended without one.
    package let failedCount: Int
    /// When the account was made.
    package let createdAt: Date
    /// The IANA name of the zone in which pages show times, such as `Europe/Berlin`.
    package let timeZone: String
    /// How pages look.
    package var theme = Theme.system
    /// Whether a log-in asks for a code as well.
    package var hasSecondFactor = false
    /// Whether there is a password that opens the account.
    package var hasPassword = true
    /// Of the providers whose word opens it.
    package var issuers: [String] = []
    /// Whether the address is confirmed, or never had to be.
    package var isEmailConfirmed = true
    /// The address that the account gets once it is confirmed.
    package var pendingEmail: String?

    /// The address that a link is to confirm.
    package var unconfirmedEmail: String? { pendingEmail ?? (isEmailConfirmed ? nil : email) }
}
