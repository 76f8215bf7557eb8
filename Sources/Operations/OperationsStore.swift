package import Analyses
import Contracts
import Foundation
package import Postgres

/// Reads how the site runs. Its callers have made sure that an administrator asks.
package struct OperationsStore: Sendable {
    package let database: any PostgresSession & Sendable

    package init(database: any PostgresSession & Sendable) {
        self.database = database
    }

    /// Both lanes, the empty ones too. What is tried again waits since it was, not since it was sent.
    package func lanes() async throws -> [LaneFigures] {
        let rows = try await database.query(
            """
            SELECT lane, count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'processing'),
                extract(epoch FROM now() - min(queued_at))::float8
            FROM analyses WHERE \(AnalysisStatus.openCondition) GROUP BY lane
            """)
        var found: [String: LaneFigures] = [:]
        for row in rows {
            let (name, queued, processing, oldest) = try row.decode((String, Int, Int, Double).self)
            guard let lane = AnalysisLane(rawValue: name) else { continue }
            found[name] = LaneFigures(lane: lane, queued: queued, processing: processing, oldest: max(0, oldest))
        }
        return [AnalysisLane.interactive, .bulk].map {
            found[$0.rawValue] ?? LaneFigures(lane: $0, queued: 0, processing: 0, oldest: nil)
        }
    }

    /// Messages that are not published yet.
    package func outboxCount() async throws -> Int {
        try await database.first("SELECT count(*) FROM outbox")?.decode(Int.self) ?? 0
    }

    /// Slices of a period, oldest first, the newest one up to now.
    package func throughput(_ period: ThroughputPeriod) async throws -> [ThroughputSlice] {
        let (seconds, count) = period.slices
        return try await database.query(
            """
            WITH ended AS (
                SELECT floor(extract(epoch FROM now() - finished_at) / \(seconds))::bigint AS slice, status,
                    extract(epoch FROM finished_at - queued_at)::float8 AS took
                FROM analyses
                WHERE finished_at > now() - make_interval(secs => \(Double(seconds * count)))
                  AND status IN ('finished', 'failed'))
            SELECT now() - make_interval(secs => ((s.slice + 1) * \(seconds))::float8) AS start,
                count(*) FILTER (WHERE status = 'finished') AS finished,
                count(*) FILTER (WHERE status = 'failed') AS failed,
                coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FILTER (WHERE status = 'finished'), 0)
                    AS median,
                coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY took) FILTER (WHERE status = 'finished'), 0)
                    AS p95
            FROM generate_series(0, \(count) - 1) AS s(slice) LEFT JOIN ended e ON e.slice = s.slice
            GROUP BY s.slice ORDER BY s.slice DESC
            """
        ).map { row in
            let (start, finished, failed, median, p95) = try row.decode((Date, Int, Int, Double, Double).self)
            return ThroughputSlice(start: start, finished: finished, failed: failed, median: median, p95: p95)
        }
    }

    /// How fast it goes now, whatever period the charts show.
    package func pace() async throws -> PaceFigures {
        let row = try await database.first(
            """
            SELECT count(*) FILTER (WHERE finished_at > now() - interval '10 minutes'),
                percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - queued_at)::float8)
                    FILTER (WHERE status = 'finished')
            FROM analyses WHERE finished_at > now() - interval '1 hour'
            """)
        let (ended, p95) = try row?.decode((Int, Double?).self) ?? (0, nil)
        return PaceFigures(ended: ended, p95: p95)
    }

    /// Processes that were heard of within the last hour, by name.
    package func workers() async throws -> [WorkerFigures] {
        try await database.query(
            """
            SELECT name, release, model, state, sent_at, since, photos, failures, resident_bytes, restarts::bigint,
                last_end
            FROM workers WHERE sent_at > now() - interval '1 hour' ORDER BY host, slot, name LIMIT 500
            """
        ).map { row in
            let (name, release, model, state, heard, since, photos, failures, bytes, restarts, lastEnd) =
                try row.decode(
                    (String, String, String, String, Date, Date, Int, Int, Int, Int, String).self)
            return WorkerFigures(
                name: name, release: release, model: model, state: state, heardAt: heard, since: since, photos: photos,
                failures: failures, residentBytes: bytes, restarts: restarts, lastEnd: lastEnd)
        }
    }

    /// How many processes take photos, or will in a moment: those that were heard of since two heartbeats at most, and
    /// have not said that they end.
    package func liveWorkers() async throws -> Int {
        try await database.first(
            """
            SELECT count(*) FROM workers
            WHERE sent_at > now() - make_interval(secs => \(Double(2 * WorkerHeartbeat.intervalSeconds)))
              AND state NOT IN ('stopping', 'waiting', 'ended')
            """)?.decode(Int.self) ?? 0
    }

    /// The model of most processes that were heard of within the last minutes; nil when there is none.
    package func runningModel() async throws -> ModelReference? {
        let row = try await database.first(
            """
            SELECT model FROM workers WHERE sent_at > now() - interval '2 minutes' AND model <> ''
            GROUP BY model ORDER BY count(*) DESC, max(sent_at) DESC LIMIT 1
            """)
        // As `WorkerRegistry` writes it: name, space, version.
        guard let model = try row?.decode(String.self), let space = model.lastIndex(of: " ") else { return nil }
        return ModelReference(name: String(model[..<space]), version: String(model[space...].dropFirst()))
    }

    /// The model that works, among those that have a card here; where no process runs, the newest. Nil where there are no cards.
    package func shownModel(of cards: ModelCards) async throws -> ModelCards.Entry? {
        try await runningModel().flatMap { cards.find($0.name, $0.version) } ?? cards.entries.first
    }

    /// What the tables take, with their indexes and what lies out of line.
    package func storage(disk: DiskSpace) async throws -> StorageFigures? {
        let row = try await database.first(
            """
            SELECT pg_total_relation_size('photos'),
                pg_total_relation_size('previews') + pg_total_relation_size('full_pictures')
                    + pg_total_relation_size('annotated_pictures'),
                pg_total_relation_size('analyses'), pg_database_size(current_database()),
                (SELECT count(*) FROM photos),
                (SELECT count(*) FROM analyses WHERE binned_at IS NOT NULL),
                (SELECT coalesce(sum(photo_bytes), 0)::bigint FROM analyses WHERE binned_at IS NOT NULL)
            """)
        return try row.map { row in
            let (photos, previews, results, database, count, binned, binnedBytes) = try row.decode(
                (Int, Int, Int, Int, Int, Int, Int).self)
            return StorageFigures(
                photos: photos, previews: previews, results: results, database: database, analyses: count,
                bin: BinFigures(photos: binned, bytes: binnedBytes),
                free: disk.freeBytes.map { Int(clamping: $0) })
        }
    }
}
