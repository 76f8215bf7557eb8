package import Foundation
import Postgres

/// Somebody on their way to a provider and back.
package struct ProviderTrip: Sendable, Equatable {
    /// What for.
    package enum Purpose: Sendable, Equatable {
        /// To log in, or to get an account.
        case logIn
        /// To connect the identity with an account.
        case connect(UUID)
        /// To show once more that it is them, before a dangerous act.
        case confirm(UUID)

        fileprivate var word: String {
            switch self {
            case .logIn: "log_in"
            case .connect: "connect"
            case .confirm: "confirm"
            }
        }

        fileprivate var userID: UUID? {
            switch self {
            case .logIn: nil
            case .connect(let id), .confirm(let id): id
            }
        }

        fileprivate init(_ word: String, _ userID: UUID?) {
            switch (word, userID) {
            case ("connect", let id?): self = .connect(id)
            case ("confirm", let id?): self = .confirm(id)
            default: self = .logIn
            }
        }
    }

    package let purpose: Purpose
    /// The page of this site that is gone on to.
    package let next: String
    package let begunAt: Date

    package init(purpose: Purpose, next: String, begunAt: Date) {
        self.purpose = purpose
        self.next = next
        self.begunAt = begunAt
    }
}

extension AccountStore {
    /// How long somebody may take at the provider, in seconds.
    package static let tripLifetime = 600

    /// Remembers that a browser is sent to the provider.
    /// - Parameter browser: what its cookie holds.
    /// - Returns: What comes back in the address (OAuth's `state`).
    package func beginTrip(_ purpose: ProviderTrip.Purpose, browser: RandomToken, next: String) async throws -> String {
        let state = RandomToken.make()
        try await database.execute(
            """
            INSERT INTO provider_trips (state_hash, browser_hash, purpose, user_id, next)
            VALUES (\(state.hash), \(browser.hash), \(purpose.word), \(purpose.userID), \(Self.text(next, limit: 500)))
            """)
        return state.text
    }

    /// Ends a trip, which works once; nil for one that is unknown, too old or another browser's.
    package func endTrip(state: String, browser: String) async throws -> ProviderTrip? {
        guard let state = RandomToken(untrusted: state), let browser = RandomToken(untrusted: browser) else {
            return nil
        }
        return try await database.first(
            """
            DELETE FROM provider_trips WHERE state_hash = \(state.hash) AND browser_hash = \(browser.hash)
                AND begun_at > now() - make_interval(secs => \(Double(Self.tripLifetime)))
            RETURNING purpose, user_id, next, begun_at
            """
        ).map { row in
            let (purpose, userID, next, begun) = try row.decode((String, UUID?, String, Date).self)
            return ProviderTrip(purpose: .init(purpose, userID), next: next, begunAt: begun)
        }
    }

    /// Deletes those that have taken too long.
    @discardableResult
    func sweepTrips() async throws -> Int {
        try await database.execute(
            "DELETE FROM provider_trips WHERE begun_at <= now() - make_interval(secs => \(Double(Self.tripLifetime)))")
    }
}
