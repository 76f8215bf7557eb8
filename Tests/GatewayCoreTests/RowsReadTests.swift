import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Webhooks

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

    /// How many rows of a table a statement looks at.
    private func rowsRead(_ statement: Statement, _ site: Site, of table: String = "analyses") async throws -> Int {
        let plan = try await site.database.query("EXPLAIN (ANALYZE, TIMING OFF) \(statement)")
            .map { try $0.decode(String.self) }
        var (total, loops) = (0.0, 0.0)
        for line in plan {
            if let scan = line.firstMatch(of: /Scan .*actual rows=([0-9.]+) loops=([0-9]+)/) {
                let isOfTable = line.contains(" on \(table) ") && !line.contains("Subquery Scan")
                loops = isOfTable ? Double(scan.2) ?? 0 : 0
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

    /// Whoever has the link may load it as often as they like.
    @Test func aSharedBatchIsReadAPageAtATime() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            try await fill(site, try await site.person("Eve").user.id)
            let batch = UUID()
            let first = try await site.analysis(
                of: ada.user.id, faces: [Site.face(1, "happy"), Site.face(2, "sad")], batch: batch)
            _ = try await site.store.correct(first, face: 2, as: .fear, mayTrain: false, owner: ada.user.id)
            let cancelled = try await site.analysis(of: ada.user.id, .cancelled, batch: batch)
            try await site.database.execute(
                AnalysisLifecycle.madeUp(
                    [
                        "id", "user_id", "batch_id", "status", "lane", "file_name", "content_type", "photo_bytes",
                        "request_id", "submitted_at", "finished_at", "error_code", "error_message",
                    ],
                    """
                    SELECT gen_random_uuid(), \(ada.user.id), \(batch), 'failed', 'bulk', 'a.jpg', 'image/jpeg', 1, 'r',
                        now() + n * interval '1 second', now(), 'damaged', 'It is damaged.' FROM generate_series(1, 499) n
                    """))
            try await site.database.execute("ANALYZE analyses")
            let page = BatchPages.length
            let items = AnalysisStore.items(
                of: batch, owner: ada.user.id, parts: BatchPart.shared, skipping: 0, limit: page)
            // Of the others no more is read than where they stand: what was found in them lies out of line.
            #expect(try await site.database.query(items).count == page)
            #expect(try await rowsRead(items, site) <= 501 + page)
            let link = try await ada.share("/batches/\(batch.lower)")
            func cards(_ address: String) async throws -> [String] {
                let text = try await Visitor(site).get(address).text
                return text.matches(of: /<strong class="card-title" dir="auto">(.*?)<\/strong>/).map { String($0.1) }
            }
            let text = try await Visitor(site).get(link).text
            #expect(text.contains("1 to 48 of 500") && text.contains("499 could not be analysed"))
            #expect(text.contains(/Afraid<td>.*<td>1\n.*Happy<td>.*<td>1\n/) && !text.contains(cancelled.lower))
            #expect(try await cards(link).count == page)
            let next = try #require(text.firstMatch(of: /rel="next" href="([^"]*)"/)).1
            #expect(next == "\(link)?again&amp;page=2")
            let second = try await cards(String(next).replacing("&amp;", with: "&"))
            #expect(second.count == page && second.last == "Photo \(2 * page)")
            #expect(try await cards("\(link)?page=11").count == 500 - 10 * page)
            #expect(try await Visitor(site).get("\(link)?page=0").status == .notFound)
            let member = try await Visitor(site).get("\(link)/\(first.lower)").text
            #expect(member.contains("1 of 500") && member.contains("href=\"\(link)?again\""))
        }
    }

    @Test func whatAnEndpointWasSentLastIsFoundWithoutItsOtherMessages() async throws {
        try await Site.withWebhook("https://example.org/") { site, ada, hook in
            try await site.database.execute(
                """
                INSERT INTO webhook_deliveries (endpoint_id, event, body, tried_at, next_at)
                SELECT \(hook), 'test.ping', n::text, now() - n * interval '1 minute', NULL FROM generate_series(1, 5000) n
                """)
            try await site.database.execute("ANALYZE webhook_deliveries")
            let statement = WebhookStore.lastTried(of: ada.user.id)
            #expect(try await rowsRead(statement, site, of: "webhook_deliveries l") == 1)
            #expect(try await site.webhooks.lastTried(of: ada.user.id)[hook]?.body == "1")
        }
    }

    @Test func whatIsWrittenNowhereIsLookedForWithoutReadingAll() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            try await fill(site, ada.user.id)
            func page(_ text: String) throws -> (HistoryPageQuery, Statement) {
                let filter = try HistoryFilter(in: .gmt) { ["q": text][$0] }
                return (
                    HistoryPageQuery(
                        condition: "user_id = \(ada.user.id) AND binned_at IS NULL",
                        sorting: ListSorting(key: "submitted_at") { $0.submittedAt }, limit: 26),
                    try #require(filter.words)
                )
            }
            // Until then the index of words has a list besides, which makes it look dear.
            try await site.database.execute("VACUUM analyses")
            let (query, absent) = try page("absent")
            #expect(try await rowsRead(query.near(absent), site) <= query.reach)
            #expect(try await rowsRead(query.far(absent), site) < 10)
            #expect(try await rowsRead(query.near(page("jpg").1), site) == 26)

            // Behind a thousand others, and in every order.
            try await site.database.execute(
                """
                UPDATE analyses SET title = 'Rare', submitted_at = now() - n * interval '1 year'
                FROM (SELECT id AS one, row_number() OVER () AS n FROM analyses LIMIT 3) chosen WHERE id = one
                """)
            let text = "rare"
            for order in ["newest", "oldest", "taken"] {
                let filter = try HistoryFilter(in: .gmt) { ["q": text, "order": order][$0] }
                let first = try await site.store.history(owner: ada.user.id, filter: filter, before: nil, limit: 2)
                let next = try await site.store.history(
                    owner: ada.user.id, filter: filter, before: first.next, limit: 2)
                let times = (first.items + next.items).map(\.submittedAt)
                #expect(times.count == 3 && next.next == nil)
                #expect(order == "oldest" ? times == times.sorted() : times == times.sorted(by: >))
            }
            let all = try HistoryFilter(in: .gmt) { ["q": "jpg"][$0] }
            #expect(
                try await site.store.history(owner: ada.user.id, filter: all, before: nil, limit: 48).items.count == 48)
        }
    }

    /// Neither seldom nor everywhere: it fills no page from the first of the list, and each page must not find all of it again.
    @Test func whatSomeHaveIsReadToTheEndByLookingAtEachOnce() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            try await fill(site, ada.user.id)
            try await site.database.execute(
                """
                UPDATE analyses SET title = CASE WHEN n % 5 = 0 THEN 'Fifth' ELSE 'Other' END,
                    submitted_at = now() - n * interval '1 minute'
                FROM (SELECT id AS one, row_number() OVER () AS n FROM analyses) numbered WHERE id = one
                """)
            try await site.database.execute("VACUUM ANALYZE analyses")
            let filter = try HistoryFilter(in: .gmt) { ["q": "fifth"][$0] }
            let words = try #require(filter.words)
            let sorting = ListSorting(key: "submitted_at") { $0.submittedAt }
            func query(behind cursor: ListCursor?, limit: Int) -> HistoryPageQuery {
                var condition: Statement = "user_id = \(ada.user.id) AND binned_at IS NULL"
                if let cursor { condition.append(" AND \(sorting.condition(behind: cursor))") }
                return HistoryPageQuery(condition: condition, sorting: sorting, limit: limit + 1)
            }
            // A page of the API is full without the index of words.
            #expect(try await site.database.query(query(behind: nil, limit: 100).near(words)).count == 101)
            var cursor: ListCursor?
            var (found, read) = (Set<UUID>(), 0)
            repeat {
                read += try await rowsRead(query(behind: cursor, limit: 100).reading(words), site)
                let page = try await site.store.history(
                    owner: ada.user.id, filter: filter, before: cursor, limit: 100, toTheEnd: true)
                found.formUnion(page.items.map(\.id))
                cursor = page.next
            } while cursor != nil
            #expect(found.count == 1_000)
            #expect(read < 2 * 5_000)
        }
    }

    /// Also when PostgreSQL has counted many, just before.
    @Test func textThatIsComposedIsNotLookedThroughForWhatIsNot() async throws {
        try await Site.run { site in
            try await fill(site, try await site.person().user.id)
            for table in ["analyses", "batches"] {
                try await site.database.execute("UPDATE \(unescaped: table) SET title = U&'e\\0301'")
                try await site.database.execute("ANALYZE \(unescaped: table)")
            }
            #expect(try await site.store.composeText() == 5_200)
            let statement = try #require(AnalysisStore.composing(portion: 500).first)
            #expect(try await rowsRead(statement, site) == 0)
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
