import Foundation
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// Statements that run often read what they are about, and not all that there is.
@Suite struct RowsReadTests {
    /// 200 batches of 25 analyses each that ended just now and are to be kept for ten years.
    private func fill(_ site: Site, _ owner: UUID) async throws {
        try await site.database.execute(
            """
            INSERT INTO batches (id, user_id, title, created_at)
            SELECT gen_random_uuid(), \(owner), n::text, now() - n * interval '1 minute' FROM generate_series(1, 200) n
            """)
        try await site.database.execute(
            AnalysisLifecycle.madeUp(
                [
                    "id", "user_id", "batch_id", "status", "lane", "file_name", "content_type", "photo_bytes",
                    "request_id",
                    "finished_at", "delete_after",
                ],
                """
                SELECT gen_random_uuid(), user_id, id, 'cancelled', 'bulk', 'a.jpg', 'image/jpeg', 1, 'r', now(), 3650
                FROM batches, generate_series(1, 25)
                """))
        for table in ["analyses", "batches"] { try await site.database.execute("ANALYZE \(unescaped: table)") }
    }

    /// How many rows of `analyses` a statement looks at.
    private func rowsRead(_ statement: Statement, _ site: Site) async throws -> Int {
        let plan = try await site.database.query("EXPLAIN (ANALYZE, TIMING OFF) \(statement)")
            .map { try $0.decode(String.self) }
        var (total, loops) = (0.0, 0.0)
        for line in plan {
            if let scan = line.firstMatch(of: /Scan .*actual rows=([0-9.]+) loops=([0-9]+)/) {
                let isOfAnalyses = line.contains(" on analyses ")
                loops = isOfAnalyses ? Double(scan.2) ?? 0 : 0
                total += loops * (Double(scan.1) ?? 0)
            } else if let removed = line.firstMatch(of: /Rows Removed by Filter: ([0-9]+)/) {
                total += loops * (Double(removed.1) ?? 0)
            }
        }
        return Int(total)
    }

    @Test func aPageOfBatchesReadsThePhotosOfItsOwn() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            try await fill(site, ada.user.id)
            let photo = try await site.analysis(of: eve.user.id, batch: UUID())
            try await site.analysis(
                of: eve.user.id, .failed, batch: site.store.find(photo, owner: eve.user.id)?.batchID)
            #expect(try await rowsRead(AnalysisStore.summaries(of: ada.user.id, "true", limit: 11), site) == 11 * 25)
            let first = try await site.store.batches(owner: ada.user.id, before: nil, limit: 10)
            #expect(first.items.map(\.title) == (1...10).map(String.init))
            #expect(first.items.allSatisfy { $0.cancelled == 25 && $0.count == 25 })
            let second = try await site.store.batches(owner: ada.user.id, before: first.next, limit: 200)
            #expect(second.items.map(\.title) == (11...200).map(String.init) && second.next == nil)
            let hers = try await site.store.batches(owner: eve.user.id, before: nil, limit: 10).items
            #expect(hers.map(\.finished) == [1] && hers.map(\.failed) == [1] && hers.map(\.open) == [0])
            let empty = try await site.store.makeBatch(title: "Empty", owner: eve.user.id)
            #expect(
                try await site.store.batches(owner: eve.user.id, before: nil, limit: 1).items.map(\.id) == [empty.id])
        }
    }

    @Test func whatIsToBeKeptForLongIsNotReadByEachSweep() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            try await fill(site, ada.user.id)
            // A join may look at one, and find that there is nothing to join.
            #expect(try await rowsRead(AnalysisLifecycle.expiredByOwner(limit: 200), site) < 10)
            try await site.database.execute(
                """
                UPDATE analyses SET delete_after = 1, finished_at = now() - interval '25 hours'
                WHERE id IN (SELECT id FROM analyses LIMIT 3)
                """)
            #expect(try await site.database.query(AnalysisLifecycle.expiredByOwner(limit: 2)).count == 2)
            #expect(try await site.database.query(AnalysisLifecycle.expiredByOwner(limit: 2)).count == 1)
        }
    }
}
