import Accounts
import Analyses
import Foundation
import Postgres
import Settings

extension Bench.Pages {
    /// Rows that are put in by one statement: a statement has a time-out.
    private static let chunk = 5_000

    /// Fills the history with made-up results, and adds analyses that wait.
    ///
    /// - Returns: the ids of those that wait.
    func fill() async throws -> [String] {
        try await AdminDatabase.with(SettingsReader()) { database in
            guard let user = try await AccountStore(database: database).user(email: email) else {
                throw CommandFailure(message: "There is no account with the address \(email).")
            }
            try await Self.fillHistory(of: user.id, analyses: analyses, database)
            let rows = try await database.query(Self.open(of: user.id, count: waiting))
            return try rows.map { try $0.decode(UUID.self).uuidString.lowercased() }
        }
    }

    /// Puts so many results in.
    static func fillHistory(of user: UUID, analyses: Int, _ database: ConnectionPool) async throws {
        for start in stride(from: 0, to: analyses, by: chunk) {
            try await database.execute(results(of: user, from: start, to: min(analyses, start + chunk) - 1))
        }
        try await database.execute("ANALYZE analyses")
        // As a server does by itself once it has the time: trends are then read from their index alone.
        try await database.execute("VACUUM ANALYZE trend_rows")
    }

    /// One to three faces each, one in fifty failed, one in forty in the bin, one every five minutes back from now.
    private static func results(of user: UUID, from start: Int, to end: Int) -> Statement {
        let columns = [
            "id", "user_id", "status", "lane", "title", "subject", "tags", "taken_at", "file_name", "content_type",
            "photo_bytes",
            "request_id", "submitted_at", "queued_at", "started_at", "finished_at", "attempts", "width", "height",
            "preview_width", "preview_height", "face_count", "faces", "model_name", "model_version", "timings_ms",
            "error_code", "error_message", "binned_at",
        ]
        return AnalysisLifecycle.madeUp(columns, made(by: user, from: start, to: end))
    }

    private static func made(by user: UUID, from start: Int, to end: Int) -> Statement {
        """
        SELECT gen_random_uuid(), \(user), status, 'bulk', 'Photo ' || n || ' word' || n % 1000,
            'Person ' || n % 40, ARRAY['common', 'tag-' || n % 500],
            CASE WHEN n % 3 = 0 THEN at::timestamp - interval '3 days' END, 'IMG_' || n || '.jpg', 'image/jpeg', 100000 + n, 'bench',
            at, at, at, at, 1, 1600, 1200, 1600, 1200,
            jsonb_array_length(faces->'faces'), faces, 'bench', '1', '{"wait": 12, "classify": 1.2}'::jsonb,
            CASE WHEN status = 'failed' THEN 'damaged' END, CASE WHEN status = 'failed' THEN 'It is damaged.' END,
            CASE WHEN n % 40 = 3 THEN now() - (n % 29) * interval '1 day' END
        FROM (
            SELECT n, now() - n * interval '5 minutes' - interval '1 hour' AS at,
                CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'finished' END AS status,
                CASE WHEN n % 50 <> 0 THEN jsonb_build_object('facesCut', false, 'faceCrop', false, 'faces', (
                    SELECT jsonb_agg(jsonb_build_object(
                        'number', face, 'box', jsonb_build_object('x', 100 * face, 'y', 80, 'width', 90, 'height', 110),
                        'landmarks', '[]'::jsonb, 'confidence', 0.7, 'notSure', n % 11 = 0, 'notes', '[]'::jsonb,
                        'emotion', words.list[1 + (n / 3 + (face - 1) / 2) % 7],
                        'probabilities', '{"angry": 0.05, "disgust": 0.05, "fear": 0.05, "happy": 0.7, "sad": 0.05,
                                           "surprise": 0.05, "neutral": 0.05}'::jsonb))
                    FROM generate_series(1, 1 + n % 3) AS face)) END AS faces
            FROM generate_series(\(start)::bigint, \(end)::bigint) AS n,
                (SELECT ARRAY['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] AS list) AS words
        ) AS made
        """
    }

    /// They wait for ever: they are in no outbox, and the sweeper passes over them because they have just moved.
    private static func open(of user: UUID, count: Int) -> Statement {
        let columns = [
            "id", "user_id", "status", "lane", "title", "file_name", "content_type", "photo_bytes", "request_id",
            "moved_at",
        ]
        let rows: Statement = """
            SELECT gen_random_uuid(), \(user), 'queued', 'interactive', 'Waiting ' || n, 'x.jpg', 'image/jpeg', 1, 'bench',
                now() + interval '1 day'
            FROM generate_series(1::bigint, \(count)::bigint) AS n
            """
        return AnalysisLifecycle.madeUp(columns, rows)
    }
}
