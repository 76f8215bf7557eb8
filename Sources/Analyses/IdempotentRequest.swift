import Crypto
package import Foundation
package import Postgres

/// Why a request with a key that was used already gets no answer.
package enum IdempotencyRefusal: Error, Sendable, Equatable {
    /// Something else was sent under the key.
    case otherRequest
    /// The first one is still being taken in.
    case inWork
}

/// A request that a program may send again without its being done twice (draft-ietf-httpapi-idempotency-key-header-07).
///
/// The answer is kept in the transaction that does what was asked, so it is there exactly when that was done: whatever
/// dies in between, the next try does it or finds it done.
package struct IdempotentRequest: Sendable {
    let owner: UUID
    let key: String
    /// SHA-256 of what was asked.
    let digest: [UInt8]

    /// How long an answer is kept, in hours.
    package static let lifetime = 24
    package static let maxKeyLength = 255

    /// - Parameter parts: what makes a request another one, in a fixed order.
    package init(owner: UUID, key: String, parts: [[UInt8]]) {
        self.owner = owner
        self.key = key
        var hash = SHA256()
        for part in parts {
            // With its length before it, no part can pass for the end of the one before.
            hash.update(data: withUnsafeBytes(of: UInt64(part.count).bigEndian) { Array($0) })
            hash.update(data: part)
        }
        digest = Array(hash.finalize())
    }

    /// What a request made.
    struct Answer: Equatable {
        /// Of each photo that was taken.
        let analyses: [UUID]
        /// Those of them that were there before.
        var earlier: Set<UUID> = []
        let batch: UUID?
    }

    /// What the key's first request made; nil when this is the first.
    ///
    /// - Throws: ``IdempotencyRefusal``.
    func begin(_ connection: Connection) async throws -> Answer? {
        // Held until the transaction's end: a process that dies gives it back.
        let lock = try await connection.first(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(\("idempotency \(owner) \(key)"), 0))")
        guard try lock?.decode(Bool.self) == true else { throw IdempotencyRefusal.inWork }
        let row = try await connection.first(
            "SELECT request, answer FROM idempotent_answers WHERE \(Self.isKept(key, of: owner))")
        guard let (request, answer) = try row?.decode(([UInt8], String).self) else { return nil }
        guard request == digest else { throw IdempotencyRefusal.otherRequest }
        return Answer(answer)
    }

    fileprivate static func isKept(_ key: String, of owner: UUID) -> Statement {
        """
        user_id = \(owner) AND key = \(key) AND answered_at > now() - make_interval(hours => \(lifetime)::int)
        """
    }

    /// Keeps what the request made.
    func end(_ connection: Connection, with answer: Answer) async throws {
        try await connection.execute(
            """
            INSERT INTO idempotent_answers (user_id, key, request, answer)
            VALUES (\(owner), \(key), \(digest), \(answer.text))
            ON CONFLICT (user_id, key) DO UPDATE
            SET request = excluded.request, answer = excluded.answer, answered_at = now()
            """)
    }

    /// Forgets answers whose time is over.
    @discardableResult
    package static func sweep(_ database: any PostgresSession) async throws -> Int {
        try await database.execute(
            "DELETE FROM idempotent_answers WHERE answered_at < now() - make_interval(hours => \(lifetime)::int)")
    }
}

extension AnalysisStore {
    /// Whether a request of a person's was answered under a key, the same as is sent now or another.
    package func hasAnswered(_ key: String, of owner: UUID) async throws -> Bool {
        try await database.first("SELECT 1 FROM idempotent_answers WHERE \(IdempotentRequest.isKept(key, of: owner))")
            != nil
    }
}

extension IdempotentRequest.Answer {
    private static let batchMark = "batch:"
    private static let earlierMark = "earlier:"

    /// As the database keeps it: the batch, when there is one, and the analyses.
    var text: String {
        ((batch.map { [Self.batchMark + $0.lower] } ?? [])
            + analyses.map { (earlier.contains($0) ? Self.earlierMark : "") + $0.lower }).joined(separator: " ")
    }

    init(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        func id(_ word: String, behind mark: String) -> UUID? {
            word.hasPrefix(mark) ? UUID(uuidString: String(word.dropFirst(mark.count))) : nil
        }
        earlier = Set(words.compactMap { id($0, behind: Self.earlierMark) })
        analyses = words.compactMap { UUID(uuidString: $0) ?? id($0, behind: Self.earlierMark) }
        batch = words.lazy.compactMap { id($0, behind: Self.batchMark) }.first
    }
}
