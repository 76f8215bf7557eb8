package import Foundation
import Postgres

/// A second factor that an app is to be given, and that counts for nothing yet.
package struct SecondFactorEnrolment: Sendable, Equatable {
    let secret: [UInt8]

    /// The secret for who types it into an app: Base32 in groups of four.
    package var key: String { Base32.grouped(Base32.encode(secret), by: " ") }

    /// The address that apps take, mostly from a QR code (Key Uri Format of Google Authenticator, which all read). Algorithm,
    /// digits and period are left out: they are what apps take when nothing is said, and some read nothing else.
    ///
    /// - Parameters:
    ///   - email: whose it is.
    ///   - host: of the site, so that two sites of one person are told apart; empty when it is not known.
    package func address(email: String, host: String) -> String {
        let issuer = Self.encoded(host.isEmpty ? "Mien" : "Mien \(host)")
        return "otpauth://totp/\(issuer):\(Self.encoded(email))?secret=\(Base32.encode(secret))&issuer=\(issuer)"
    }

    /// A colon parts issuer and account, and so has to be encoded like the rest.
    private static func encoded(_ text: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}

extension SecondFactorStore {
    /// Makes a secret for a second factor, in place of one that was never confirmed.
    /// - Returns: false when the account has a second factor already.
    package func begin(for userID: UUID) async throws -> Bool {
        let sealed = try seal.seal(TOTP.makeSecret(), of: userID)
        return try await database.execute(
            """
            INSERT INTO second_factors AS f (user_id, secret) VALUES (\(userID), \(sealed))
            ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, begun_at = now()
            WHERE f.confirmed_at IS NULL
            """) == 1
    }

    /// The factor that a person has begun and not confirmed yet; nil when there is none, or it was too long ago.
    package func enrolment(of userID: UUID) async throws -> SecondFactorEnrolment? {
        let row = try await database.first(
            """
            SELECT secret FROM second_factors WHERE user_id = \(userID) AND confirmed_at IS NULL
                AND begun_at > now() - make_interval(mins => \(Self.minutesToConfirm)::int)
            """)
        guard let sealed = try row?.decode([UInt8].self), let secret = seal.open(sealed, of: userID) else { return nil }
        return SecondFactorEnrolment(secret: secret)
    }

    /// Switches the factor on, by a code which shows that an app has its secret. All other sessions end, since they were
    /// opened without it.
    ///
    /// - Parameter sessionToken: of the session from which it is asked, and that goes on.
    /// - Returns: The recovery codes, which are shown once; nil for a wrong code, when nothing was begun, or when the session has
    ///   ended meanwhile: an owner who has just put somebody out is not to be shut out by them.
    package func confirm(
        _ text: String, of userID: UUID, keeping sessionToken: String, now: Date = Date()
    ) async throws -> [RecoveryCode]? {
        let kept = RandomToken(untrusted: sessionToken)?.hash ?? []
        return try await database.withTransaction { connection in
            try await AccountStore.lock(userID, on: connection)
            guard try await AccountStore.goesOn(sessionToken, of: userID, on: connection) else { return nil }
            let row = try await connection.first(
                """
                SELECT secret FROM second_factors WHERE user_id = \(userID) AND confirmed_at IS NULL
                    AND begun_at > now() - make_interval(mins => \(Self.minutesToConfirm)::int) FOR UPDATE
                """)
            guard let sealed = try row?.decode([UInt8].self), let secret = seal.open(sealed, of: userID),
                let code = TOTP.typed(text), let step = TOTP.step(of: code, secret: secret, after: 0, now: now)
            else { return nil }
            try await connection.execute(
                """
                WITH ended AS (DELETE FROM sessions WHERE user_id = \(userID) AND token_hash <> \(kept))
                UPDATE second_factors SET confirmed_at = now(), last_step = \(step) WHERE user_id = \(userID)
                """)
            return try await makeRecoveryCodes(of: userID, on: connection)
        }
    }

    /// Makes new recovery codes in place of those that are left.
    /// - Returns: nil when the account has no second factor.
    package func makeRecoveryCodes(of userID: UUID) async throws -> [RecoveryCode]? {
        try await database.withTransaction { connection in
            let row = try await connection.first(
                "SELECT 1 FROM second_factors WHERE user_id = \(userID) AND confirmed_at IS NOT NULL FOR UPDATE")
            return row == nil ? nil : try await makeRecoveryCodes(of: userID, on: connection)
        }
    }

    private func makeRecoveryCodes(of userID: UUID, on connection: Connection) async throws -> [RecoveryCode] {
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.make() }
        try await connection.execute("DELETE FROM recovery_codes WHERE user_id = \(userID)")
        for code in codes {
            try await connection.execute(
                "INSERT INTO recovery_codes (user_id, code_hash) VALUES (\(userID), \(code.hash))")
        }
        return codes
    }
}
