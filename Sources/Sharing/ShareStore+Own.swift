package import Accounts
package import Analyses
package import Foundation
package import Postgres

/// What owners see and do. Another person's links are as absent as none.
extension ShareStore {
    private static let listed = """
        \(Share.columns),
        coalesce(a.binned_at, b.binned_at) IS NOT NULL AS is_in_bin,
        CASE WHEN coalesce(a.binned_at, b.binned_at) IS NOT NULL THEN '' WHEN a.title = '' THEN a.file_name
             ELSE coalesce(a.title, b.title, '') END AS title
        """

    /// A person's links, newest first, behind the cursor; those that have ended for as long as they are kept.
    package func shares(
        of owner: UUID, before cursor: ListCursor?, limit: Int
    ) async throws -> (items: [ListedShare], next: ListCursor?) {
        let condition: Statement = cursor.map { "(s.created_at, s.id) < (\($0.time), \($0.id))" } ?? "true"
        let all = try await list(condition, owner, limit: limit + 1)
        let items = Array(all.prefix(limit))
        let last = all.count > limit ? items.last?.share : nil
        return (items, last.map { ListCursor(time: $0.createdAt, id: $0.id) })
    }

    /// The links by which others see these, newest first.
    package func shares(of subjects: [Share.Subject], owner: UUID) async throws -> [ListedShare] {
        let (analyses, batches) = (subjects.compactMap(\.analysis), subjects.compactMap(\.batch))
        return try await list(
            "(s.analysis_id = ANY(\(analyses)) OR s.batch_id = ANY(\(batches)))", owner, limit: Share.limit)
    }

    private func list(_ condition: Statement, _ owner: UUID, limit: Int) async throws -> [ListedShare] {
        try await database.query(
            """
            SELECT \(unescaped: Self.listed)
            FROM shares s LEFT JOIN analyses a ON a.id = s.analysis_id LEFT JOIN batches b ON b.id = s.batch_id
            WHERE s.user_id = \(owner) AND \(condition)
            ORDER BY s.created_at DESC, s.id DESC LIMIT \(limit)
            """
        ).map { row in
            ListedShare(
                share: try Share(row: row), title: try row["title", as: String.self],
                isInBin: try row["is_in_bin", as: Bool.self])
        }
    }

    /// How many links there are by which others see one of these; of all of the person's, where none is named. What is in the
    /// bin nobody sees.
    package func countOpen(of subjects: [Share.Subject]? = nil, owner: UUID) async throws -> Int {
        let (analyses, batches) = (subjects?.compactMap(\.analysis), subjects?.compactMap(\.batch))
        let row = try await database.first(
            """
            SELECT count(*) FROM shares s WHERE s.user_id = \(owner) AND \(Self.showsSomething(of: "s"))
              AND (\(subjects == nil) OR s.analysis_id = ANY(\(analyses ?? [])) OR s.batch_id = ANY(\(batches ?? [])))
            """)
        return try row?.decode(Int.self) ?? 0
    }

    /// Whether the person has such a batch, or such an analysis.
    package func has(_ subject: Share.Subject, owner: UUID) async throws -> Bool {
        try await database.first(
            """
            SELECT 1 FROM analyses WHERE id = \(subject.analysis) AND user_id = \(owner) AND binned_at IS NULL
            UNION ALL SELECT 1 FROM batches WHERE id = \(subject.batch) AND user_id = \(owner) AND binned_at IS NULL
            """) != nil
    }

    /// Whether a photo of a person's batch stays once it is analysed.
    package func keepsPhotos(ofBatch id: UUID, owner: UUID) async throws -> Bool {
        try await database.first(
            """
            SELECT 1 FROM analyses
            WHERE batch_id = \(id) AND user_id = \(owner) AND keep_photo AND binned_at IS NULL LIMIT 1
            """) != nil
    }

    /// Ends a link. One that has ended stays as it is.
    ///
    /// - Returns: whether it ended now.
    /// - Throws: ``Refusal/unknown``.
    @discardableResult
    package func end(_ id: UUID, owner: UUID) async throws -> Bool {
        let row = try await database.first(
            """
            WITH ended AS (
                UPDATE shares s SET ended_at = now()
                WHERE s.id = \(id) AND s.user_id = \(owner) AND \(Self.isOpen(of: "s")) RETURNING s.id)
            SELECT EXISTS (SELECT 1 FROM ended) FROM shares WHERE id = \(id) AND user_id = \(owner)
            """)
        guard let row else { throw Refusal.unknown }
        return try row.decode(Bool.self)
    }

    /// For so many days a link that has ended says so, and its owner sees how often it was opened.
    package static let keptDays = 30

    /// Deletes links that ended long ago.
    package static func sweep(_ database: any PostgresSession) async throws {
        try await database.execute(
            """
            DELETE FROM shares
            WHERE least(expires_at, ended_at) < now() - make_interval(days => \(keptDays)::int)
            """)
    }
}

extension ShareStore {
    /// A person's links for the export of their data, oldest first.
    package func exported(of owner: UUID) async throws -> [ExportedLink] {
        try await database.query(
            """
            SELECT \(unescaped: Share.columns) FROM shares s WHERE s.user_id = \(owner) ORDER BY s.created_at, s.id
            """
        ).map(Share.init(row:)).map { share in
            let shows: String =
                switch share.subject {
                case .analysis(let id): "analyses/\(id.lower)"
                case .batch(let id): "batches/\(id.lower)"
                }
            return ExportedLink(
                shows: shows, madeAt: share.createdAt, expiresAt: share.expiresAt, endedAt: share.endedAt,
                hasPassword: share.hasPassword, opened: share.views, lastOpenedAt: share.viewedAt)
        }
    }
}
