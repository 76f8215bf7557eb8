// Passwords: keeps what people choose out of the reach of whoever reads the database, and refuses what everybody chooses.

import Blocking
import Foundation
import Synchronization

/// Hashes and verifies passwords with argon2id, at most two at a time and never on the cooperative pool.
///
/// Each hash takes 19 MiB and tens of milliseconds, so both the number that run and the number that wait are bounded: past
/// the bound the answer is ``PasswordError/busy``, and the site stays responsive under a flood of log-ins.
public final class PasswordHasher: Sendable {
    private struct Load {
        var waiting = 0
        var turn = 0
    }

    private let parameters: Argon2.Parameters
    private let lanes: [HashingLane]
    private let limit: Int
    private let load = Mutex(Load())

    /// Makes a hasher.
    /// - Parameters:
    ///   - parameters: Cost; the default is OWASP's 19 MiB, two passes, one lane.
    ///   - concurrency: How many hashes may run at once.
    ///   - waiting: How many may run or wait before further ones are refused.
    public init(parameters: Argon2.Parameters = .recommended, concurrency: Int = 2, waiting: Int = 64) {
        self.parameters = parameters
        self.lanes = (0..<max(1, concurrency)).map { HashingLane(number: $0) }
        self.limit = max(1, waiting)
    }

    /// Hashes a new password with a fresh salt.
    /// - Returns: The encoded hash with its parameters, beginning with `$argon2id$`.
    /// - Throws: ``PasswordError``.
    public func hash(_ password: String) async throws -> String {
        let parameters = self.parameters
        return try await withLane { try await $0.hash(Self.bytes(of: password), parameters) }
    }

    /// Tells whether a password matches an encoded hash, in a time that does not depend on where they differ.
    /// - Throws: ``PasswordError`` when the hash cannot be read or too many others wait.
    public func verify(_ password: String, against encoded: String) async throws -> Bool {
        try await withLane { try await $0.verify(Self.bytes(of: password), encoded) }
    }

    /// Tells whether a hash was made with other parameters than today's, and should be made anew at the next log-in.
    public func needsRehash(_ encoded: String) -> Bool {
        !encoded.hasPrefix(parameters.prefix)
    }

    /// A hash with today's parameters that no password matches: verifying against it costs what verifying a real one costs.
    public var nobodysHash: String {
        "\(parameters.prefix)bm9ib2R5cyBwYXNzd29yZA$\(String(repeating: "A", count: 43))"
    }

    private func withLane<R: Sendable>(_ body: (HashingLane) async throws -> R) async throws -> R {
        let turn: Int? = load.withLock { load in
            guard load.waiting < limit else { return nil }
            load.waiting += 1
            load.turn = (load.turn + 1) % lanes.count
            return load.turn
        }
        guard let turn else { throw PasswordError.busy }
        defer { load.withLock { $0.waiting -= 1 } }
        return try await body(lanes[turn])
    }

    /// The same letters typed on different keyboards may arrive composed or decomposed: NFKC makes them one (NIST SP 800-63B).
    private static func bytes(of password: String) -> [UInt8] {
        Array(password.precomposedStringWithCompatibilityMapping.utf8)
    }
}

/// One thread that hashes: argon2 blocks, so it must not run on the cooperative pool.
private actor HashingLane {
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
