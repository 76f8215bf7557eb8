import Accounts
import Analyses
package import Foundation
package import Passwords
package import Postgres

/// Makes, finds, counts and ends links. To everybody but their owner they are known by what opens them alone.
package struct ShareStore: Sendable {
    package let database: ConnectionPool
    let hasher: PasswordHasher

    /// - Parameter hasher: the site's one, which bounds how many hashes run at once.
    package init(database: ConnectionPool, hasher: PasswordHasher) {
        self.database = database
        self.hasher = hasher
    }

    /// Why something is not done.
    package enum Refusal: Error, Sendable, Equatable {
        /// The person has no such analysis, batch or link.
        case unknown
        /// The person has ``Share/limit`` links that show something.
        case tooMany
        /// The analysis failed or was cancelled: there is nothing to see.
        case noResult
    }

    /// Makes a link; what opens it is returned here and shown nowhere else.
    ///
    /// - Throws: ``Refusal``, and `PasswordError` while too many passwords are hashed.
    package func make(
        _ request: ShareRequest, of subject: Share.Subject, owner: UUID
    ) async throws -> (share: Share, token: String) {
        let hash: String? =
            if let password = request.password { try await hasher.hash(password) } else { nil }
        let token = RandomToken.make()
        return try await database.withTransaction { connection in
            // What is shown before the person, as whoever records results or deletes takes them.
            try await check(subject, owner, on: connection)
            // Of two who make the last one, the second waits here and then counts the first one's.
            try await connection.execute("SELECT 1 FROM users WHERE id = \(owner) FOR NO KEY UPDATE")
            let row = try await connection.first(
                """
                INSERT INTO shares AS s (id, user_id, analysis_id, batch_id, token_hash, prefix, password_hash,
                    information, gives_original, expires_at)
                SELECT \(UUID.timeOrdered()), \(owner), \(subject.analysis), \(subject.batch), \(token.hash),
                    \(String(token.text.prefix(6))), \(hash), \(request.information.rawValue),
                    \(request.givesOriginal), now() + make_interval(days => \(request.days)::int)
                WHERE (SELECT count(*) FROM shares o WHERE o.user_id = \(owner) AND \(Self.showsSomething(of: "o")))
                    < \(Share.limit)
                RETURNING \(unescaped: Share.columns)
                """)
            guard let row else { throw Refusal.tooMany }
            return (try Share(row: row), token.text)
        }
    }

    /// Sees that there is something to show, and locks it: as the new row's foreign key would, but before anything else.
    private func check(_ subject: Share.Subject, _ owner: UUID, on connection: Connection) async throws {
        let shown: Statement =
            switch subject {
            case .analysis(let id): "SELECT status FROM analyses WHERE id = \(id)"
            case .batch(let id): "SELECT 'batch' FROM batches WHERE id = \(id)"
            }
        let row = try await connection.first("\(shown) AND user_id = \(owner) AND binned_at IS NULL FOR KEY SHARE")
        guard let state = try row?.decode(String.self) else { throw Refusal.unknown }
        let nothing: [AnalysisStatus] = [.failed, .cancelled]
        guard !nothing.map(\.rawValue).contains(state) else { throw Refusal.noResult }
    }

    /// The link that a token opens, a former one too; nil where there is none.
    ///
    /// - Parameter member: the analysis that is asked for by it.
    package func find(_ token: String, member: UUID? = nil) async throws -> OpenedShare? {
        guard let token = RandomToken(untrusted: token) else { return nil }
        let row = try await database.first(
            """
            SELECT \(unescaped: Share.columns), s.password_hash,
                NOT (\(Self.isOpen(of: "s"))) OR u.disabled_at IS NOT NULL AS is_over,
                EXISTS (SELECT 1 FROM analyses a
                        WHERE a.id = \(member) AND a.user_id = s.user_id AND a.status <> 'cancelled' AND a.binned_at IS NULL
                          AND (a.id = s.analysis_id OR a.batch_id = s.batch_id)) AS holds
            FROM shares s JOIN users u ON u.id = s.user_id WHERE s.token_hash = \(token.hash)
            """)
        guard let row else { return nil }
        return OpenedShare(
            share: try Share(row: row), isOver: try row["is_over", as: Bool.self],
            holdsMember: try row["holds", as: Bool.self], passwordHash: try row["password_hash", as: String?.self])
    }

    /// Whether it is the link's password.
    /// - Throws: `PasswordError` while too many passwords are hashed.
    package func isPassword(_ password: String, of opened: OpenedShare) async throws -> Bool {
        guard let hash = opened.passwordHash else { return true }
        return try await hasher.verify(String(password.prefix(1024)), against: hash, for: .shared)
    }

    /// Counts that somebody opened it; the owner's own looks do not count.
    package func countView(of share: Share, by viewer: UUID?) async throws {
        try await database.execute(
            """
            UPDATE shares SET views = views + 1, viewed_at = now()
            WHERE id = \(share.id) AND user_id IS DISTINCT FROM \(viewer)
            """)
    }

    /// A batch's photos that others may see, in the order in which they came.
    package func members(of batch: UUID, owner: UUID) async throws -> [UUID] {
        try await database.query(
            """
            SELECT id FROM analyses
            WHERE batch_id = \(batch) AND user_id = \(owner) AND status <> 'cancelled' AND binned_at IS NULL
            ORDER BY submitted_at, id LIMIT \(Batch.limit)
            """
        ).map { try $0.decode(UUID.self) }
    }

    /// Whether it has neither been ended nor expired.
    static func isOpen(of alias: String) -> Statement {
        "\(unescaped: alias).ended_at IS NULL AND \(unescaped: alias).expires_at > now()"
    }

    /// Whether it is open, and what it shows is not in the bin.
    static func showsSomething(of alias: String) -> Statement {
        """
        \(isOpen(of: alias))
        AND NOT EXISTS (
            SELECT 1 FROM analyses hidden WHERE hidden.id = \(unescaped: alias).analysis_id AND hidden.binned_at IS NOT NULL)
        AND NOT EXISTS (
            SELECT 1 FROM batches hidden WHERE hidden.id = \(unescaped: alias).batch_id AND hidden.binned_at IS NOT NULL)
        """
    }
}

extension Share.Subject {
    package var analysis: UUID? { if case .analysis(let id) = self { id } else { nil } }
    package var batch: UUID? { if case .batch(let id) = self { id } else { nil } }
}
