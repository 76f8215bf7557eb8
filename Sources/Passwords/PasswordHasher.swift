// Passwords: keeps what people choose out of the reach of whoever reads the database, and refuses what everybody chooses.

import Blocking
import Foundation

/// Hashes and verifies passwords with argon2id, at most two at a time and never on the cooperative pool.
///
/// Each hash takes 19 MiB and tens of milliseconds, so both the number that run and the number that wait are bounded: past
/// the bound the answer is ``PasswordError/busy``, and the site stays responsive under a flood. Each ``Purpose`` has a
/// queue and a bound of its own, and the queues take turns: a flood of one delays the others by at most one hash a
/// turn.
public final class PasswordHasher: Sendable {
    /// For whom a password is hashed; one's flood is not another's.
    public enum Purpose: Sendable, Hashable, CaseIterable {
        /// Somebody who wants an account, and can do so from anywhere.
        case registration
        /// Somebody who says that an account is theirs.
        case logIn
        /// Somebody who is known: signed in, or in a browser that has been in the account before.
        case known
        /// Somebody who was given a link, and says its password.
        case shared
    }

    private let parameters: Argon2.Parameters
    private let turns: HashingTurns

    /// Makes a hasher.
    /// - Parameters:
    ///   - parameters: Cost; the default is OWASP's 19 MiB, two passes, one lane.
    ///   - concurrency: How many hashes may run at once.
    ///   - waiting: How many of one purpose may run or wait before further ones are refused.
    public init(parameters: Argon2.Parameters = .recommended, concurrency: Int = 2, waiting: Int = 64) {
        self.parameters = parameters
        turns = HashingTurns(lanes: (0..<max(1, concurrency)).map { HashingLane(number: $0) }, limit: max(1, waiting))
    }

    /// Hashes a new password with a fresh salt.
    /// - Returns: The encoded hash with its parameters, beginning with `$argon2id$`.
    /// - Throws: ``PasswordError``; `CancellationError` when the task was cancelled while it waited.
    public func hash(_ password: String, for purpose: Purpose = .known) async throws -> String {
        let parameters = self.parameters
        return try await turns.withLane(purpose) { try await $0.hash(Self.bytes(of: password), parameters) }
    }

    /// Tells whether a password matches an encoded hash, in a time that does not depend on where they differ.
    /// - Throws: ``PasswordError`` when the hash cannot be read or too many others wait.
    public func verify(
        _ password: String, against encoded: String, for purpose: Purpose = .known
    ) async throws -> Bool {
        try await turns.withLane(purpose) { try await $0.verify(Self.bytes(of: password), encoded) }
    }

    /// Tells whether a hash was made with other parameters than today's, and should be made anew at the next log-in.
    public func needsRehash(_ encoded: String) -> Bool {
        !encoded.hasPrefix(parameters.prefix)
    }

    /// A hash with today's parameters that no password matches: verifying against it costs what verifying a real one costs.
    public var nobodysHash: String {
        "\(parameters.prefix)bm9ib2R5cyBwYXNzd29yZA$\(String(repeating: "A", count: 43))"
    }

    /// How many of a purpose run or wait.
    func count(_ purpose: Purpose) -> Int { turns.count(purpose) }

    /// The same letters typed on different keyboards may arrive composed or decomposed: NFKC makes them one (NIST SP 800-63B).
    private static func bytes(of password: String) -> [UInt8] {
        Array(password.precomposedStringWithCompatibilityMapping.utf8)
    }
}

/// One thread that hashes: argon2 blocks, so it must not run on the cooperative pool.
actor HashingLane {
    nonisolated let executor: BlockingExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(number: Int) {
        executor = BlockingExecutor(label: "passwords-\(number)")
    }

    func hash(_ password: [UInt8], _ parameters: Argon2.Parameters) throws -> String {
        try Argon2.hash(password, salt: Argon2.salt(), parameters)
    }

    func verify(_ password: [UInt8], _ encoded: String) throws -> Bool {
        try Argon2.verify(password, against: encoded)
    }
}
