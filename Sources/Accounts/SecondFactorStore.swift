package import Foundation
package import Postgres

/// Second factors: one-time codes from an app, and recovery codes for when it is lost.
package struct SecondFactorStore: Sendable {
    let database: ConnectionPool
    let seal: SecondFactorSeal

    /// Minutes in which a factor that was begun has to be confirmed.
    static let minutesToConfirm = 60
    /// Wrong codes in a row that cost nothing.
    static let freeFailures: Int = 4
    /// The first refusal, in seconds; each further wrong code doubles it.
    static let firstRefusal = 30
    /// The longest. Only who knows the password gets here, and recovery codes still work.
    static let longestRefusal = 3_600

    /// - Parameter secret: the gateway's.
    package init(database: ConnectionPool, secret: String) {
        self.database = database
        seal = SecondFactorSeal(secret: secret)
    }

    /// What a code that was entered is.
    package enum Verdict: Sendable, Equatable {
        case right
        /// Wrong, of another time, or used already.
        case wrong
        /// Nobody looks at codes for so many seconds, after too many wrong ones.
        case refused(seconds: Int)
        /// The gateway's secret is another than when the factor was made.
        case unreadable
        /// The account has no second factor (any more).
        case none
    }

    /// Checks a code, which then works no more.
    ///
    /// Of those that come at once one is looked at after the other, so that a flood is refused like a trickle, and of two
    /// with the same code one is too late.
    package func check(_ text: String, of userID: UUID, now: Date = Date()) async throws -> Verdict {
        try await database.withTransaction { connection in
            // By the clock, not by the transaction's beginning: it may have waited for the row since.
            let row = try await connection.first(
                """
                SELECT secret, last_step, failures,
                    ceil(extract(epoch FROM greatest(refused_until - clock_timestamp(), interval '0')))::bigint
                FROM second_factors WHERE user_id = \(userID) AND confirmed_at IS NOT NULL FOR UPDATE
                """)
            guard let row else { return .none }
            let (sealed, last, failures, seconds) = try row.decode(([UInt8], Int64, Int, Int?).self)
            if let seconds, seconds > 0 { return .refused(seconds: seconds) }
            guard let secret = seal.open(sealed, of: userID) else { return .unreadable }
            if let code = TOTP.typed(text), let step = TOTP.step(of: code, secret: secret, after: last, now: now) {
                try await connection.execute(
                    """
                    UPDATE second_factors SET last_step = \(step), failures = 0, refused_until = NULL
                    WHERE user_id = \(userID)
                    """)
                return .right
            }
            try await connection.execute(
                """
                UPDATE second_factors SET failures = failures + 1,
                    refused_until = clock_timestamp() + make_interval(secs => \(Self.refusal(after: failures + 1)))
                WHERE user_id = \(userID)
                """)
            return .wrong
        }
    }

    /// Seconds for which codes are refused after so many wrong ones.
    static func refusal(after failures: Int) -> Double {
        let excess = failures - freeFailures - 1
        return excess < 0 ? 0 : min(Double(longestRefusal), Double(firstRefusal) * pow(2, Double(min(excess, 30))))
    }

    /// Takes a recovery code, which then works no more; false for one that the account does not have.
    package func use(_ code: RecoveryCode, of userID: UUID) async throws -> Bool {
        try await database.execute(
            """
            DELETE FROM recovery_codes c USING second_factors f
            WHERE c.user_id = \(userID) AND c.code_hash = \(code.hash)
              AND f.user_id = c.user_id AND f.confirmed_at IS NOT NULL
            """) == 1
    }

    /// How a person's second factor stands; nil where there is none.
    package func status(of userID: UUID) async throws -> SecondFactorStatus? {
        try await database.first(
            """
            SELECT confirmed_at, (SELECT count(*) FROM recovery_codes c WHERE c.user_id = f.user_id)
            FROM second_factors f WHERE user_id = \(userID) AND confirmed_at IS NOT NULL
            """
        ).map { row in
            let (since, codes) = try row.decode((Date, Int).self)
            return SecondFactorStatus(since: since, recoveryCodes: codes)
        }
    }
}

/// A second factor that is on.
package struct SecondFactorStatus: Sendable, Equatable {
    package let since: Date
    /// How many are left.
    package let recoveryCodes: Int

    package init(since: Date, recoveryCodes: Int) {
        self.since = since
        self.recoveryCodes = recoveryCodes
    }
}

extension AccountStore {
    /// Switches a person's second factor off, which ends its recovery codes too.
    /// - Returns: false when it was not on.
    package func switchSecondFactorOff(of userID: UUID) async throws -> Bool {
        try await database.execute(
            """
            WITH pending AS (DELETE FROM pending_log_ins WHERE user_id = \(userID))
            DELETE FROM second_factors WHERE user_id = \(userID) AND confirmed_at IS NOT NULL
            """) == 1
    }
}
