package import Foundation
import Postgres

/// What administrators do to others' accounts.
extension AccountStore {
    /// What makes or unmakes an administrator, or somebody who can log in.
    package enum AdministratorAct: Sendable, CaseIterable {
        case promote, demote, enable, disable
        /// Close the account for good; see ``leave(_:)``.
        case close
    }

    /// Does it, if whoever asks is an administrator still: of two who demote or disable each other at once, the second finds that
    /// they are none any more. Nobody acts on their own account, so that one is always left.
    ///
    /// - Returns: false when they are none, and nothing was changed.
    /// - Throws: ``AccountLeaving`` when an account that is being deleted would be enabled.
    package func perform(
        _ act: AdministratorAct, on userID: UUID, by administratorID: UUID
    ) async throws -> Bool {
        try await database.withTransaction { connection in
            try await Self.holdAdministrators(and: userID, on: connection)
            let asking = try await connection.first(
                "SELECT 1 FROM users WHERE id = \(administratorID) AND is_admin AND disabled_at IS NULL")
            guard asking != nil, administratorID != userID else { return false }
            switch act {
            case .promote: try await Self.setAdmin(true, of: userID, on: connection)
            case .demote: try await Self.setAdmin(false, of: userID, on: connection)
            case .enable: try await Self.setDisabled(false, of: userID, on: connection)
            case .disable: try await Self.setDisabled(true, of: userID, on: connection)
            case .close: try await Self.leave(userID, on: connection)
            }
            return true
        }
    }

    /// Holds the rows of all administrators, and of somebody else, in one order: what two do at once to each other is done one after
    /// the other.
    static func holdAdministrators(and userID: UUID, on connection: Connection) async throws {
        try await connection.execute("SELECT id FROM users WHERE is_admin OR id = \(userID) ORDER BY id FOR UPDATE")
    }
}
