import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Operations
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// Photos that the page sends one by one, each under a key of its own, and the pages that show them together.
@Suite struct BatchTests {
    private static func photo(_ name: String = "a.jpg") throws -> [(name: String, bytes: [UInt8])] {
        [(name, try Site.sample())]
    }

    private static func fields(_ batch: UUID, title: String = "Trip") -> [(String, String)] {
        [("batch", batch.lower), ("batch_member", "yes"), ("title", title)]
    }

    private static func ids(_ answer: TestResponse) throws -> [String] {
        let object = try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any]
        return (object?["analyses"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
    }

    @Test func aPhotoWhoseAnswerWasLostIsStoredOnceHoweverOftenItIsSent() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let batch = UUID.timeOrdered()
            let key: HTTPFields = [.idempotencyKey: "0123456789abcdef"]
            let first = try await ada.send(Self.photo(), Self.fields(batch), json: true, headers: key)
            #expect(first.status == .accepted)
            // After a new log-in, with the box ticked that was not asked for the first time.
            let again = try await ada.send(
                Self.photo(), Self.fields(batch) + [("acknowledged", "yes")], json: true, headers: key)
            #expect(again.status == .accepted)
            #expect(try Self.ids(again) == Self.ids(first) && Self.ids(first).count == 1)
            #expect(try await site.store.batch(batch, owner: ada.user.id)?.analyses.count == 1)
            // What is not the same photo with the same words is no second try of it.
            for other in [
                try await ada.send(Self.photo("b.jpg"), Self.fields(batch), json: true, headers: key),
                try await ada.send(Self.photo(), Self.fields(batch, title: "Other"), json: true, headers: key),
            ] {
                #expect(other.status == .unprocessableContent && other.text.contains("idempotency_key_reused"))
            }
            let hers = try await eve.send(Self.photo(), json: true, headers: key)
            #expect(try hers.status == .accepted && Self.ids(hers) != Self.ids(first))
            #expect(try await site.store.count(owner: ada.user.id) == 1)
            let bad: HTTPFields = [.idempotencyKey: String(repeating: "k", count: 300)]
            #expect(try await ada.send(Self.photo(), json: true, headers: bad).status == .badRequest)
        }
    }

    @Test func photosThatAreSentAtTheSameTimeDoNotPassTheBatchsLimitTogether() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let batch = UUID.timeOrdered()
            try await site.analysis(of: ada.user.id, batch: batch)
            let photo = try Site.sample()
            let limits = IntakeLimits(maxOpenPerUser: 10, maxOpen: 10, maxBatch: 2)
            // Both wait for the batch, so that neither begins after the other has ended.
            let sent = try await site.database.withTransaction { connection in
                try await connection.execute("SELECT 1 FROM batches WHERE id = \(batch) FOR UPDATE")
                let sent = (0..<2).map { _ in
                    Task {
                        try await site.store.submit(
                            [
                                Submission(
                                    owner: ada.user.id, lane: .bulk, information: AnalysisInformation(),
                                    batch: BatchReference(id: batch, title: "Trip"), fileName: "a.jpg",
                                    contentType: "image/jpeg", byteCount: photo.count, bytes: { photo },
                                    requestID: "test")
                            ], limits: limits
                        ).results
                    }
                }
                try await site.waitForLocks(2)
                return sent
            }
            var results: [Result<UUID, IntakeRefusal>] = []
            for task in sent { results += try await task.value }
            #expect(results.filter { $0 == .failure(.batchFull(limit: 2)) }.count == 1)
            #expect(try await site.store.batch(batch, owner: ada.user.id)?.analyses.count == 2)
        }
    }

    /// A file that is itself at fault fails again.
    @Test func failuresAreTriedAgainWhereThatMayHelp() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let batch = UUID.timeOrdered()
            let ids = [
                try await site.analysis(of: ada.user.id, .failed, batch: batch),
                try await site.analysis(of: ada.user.id, .failed, batch: batch),
            ]
            func offered() async throws -> (onBatch: Bool, onCards: Int) {
                let page = try await ada.get("/batches/\(batch.lower)").text
                let cards = try await ada.get("/analyses").text.components(separatedBy: " data-can-retry")
                return (page.contains("Try the failed ones again"), cards.count - 1)
            }
            for code in Analysis.failuresOfTheFile {
                try await site.database.execute("UPDATE analyses SET error_code = \(code)")
                #expect(try await offered() == (false, 0), "\(code)")
            }
            try await site.database.execute("UPDATE analyses SET error_code = 'internal' WHERE id = \(ids[1])")
            #expect(try await offered() == (true, 1))
            #expect(try await site.store.batch(batch, owner: ada.user.id)?.summary.failedForGood == 1)
        }
    }

    @Test func photosThatAreSentAtTheSameTimeUnderOneKeyAreOne() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let batch = UUID.timeOrdered()
            let answers = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await ada.send(
                            Self.photo(), Self.fields(batch), json: true, headers: [.idempotencyKey: "k"]
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers).isSubset(of: [.accepted, .conflict]) && answers.contains(.accepted))
            #expect(try await site.store.count(owner: ada.user.id) == 1)
        }
    }

    @Test func whatMetALimitIsTakenUnderTheSameKeyOnceThereIsRoom() async throws {
        try await Site.run(["MIEN_MAX_OPEN_PER_USER": "1"]) { site in
            let ada = try await site.person()
            let waiting = try await site.analysis(of: ada.user.id, .queued)
            let key: HTTPFields = [.idempotencyKey: "k"]
            let full = try await ada.send(Self.photo(), json: true, headers: key)
            #expect(full.status == .tooManyRequests && full.headers[.retryAfter] == "30")
            try await site.store.cancel(.some([waiting]), owner: ada.user.id)
            #expect(try await ada.send(Self.photo(), json: true, headers: key).status == .accepted)
        }
    }

    @Test func aFullBatchTakesNoMoreAndThePageSaysHowManyItTakes() async throws {
        try await Site.run(["MIEN_MAX_BATCH_PHOTOS": "2"]) { site in
            let ada = try await site.person()
            let batch = UUID.timeOrdered()
            for number in 1...2 {
                let answer = try await ada.send(Self.photo("\(number).jpg"), Self.fields(batch), json: true)
                #expect(answer.status == .accepted)
            }
            let answer = try await ada.send(Self.photo(), Self.fields(batch), json: true)
            #expect(answer.status == .unprocessableContent)
            #expect(answer.text.contains("batch_full") && answer.text.contains("at most 2 photos"))
            #expect(try await ada.get("/analyses/new").text.contains("data-max-photos=\"2\""))
        }
        try await Site.run { site in
            let page = try await site.person().get("/analyses/new").text
            #expect(page.contains("data-max-photos=\"200\"") && page.contains("up to 200 at once"))
            #expect(page.contains("Up to 20 at once, together at most 64\u{A0}MB."))
        }
    }

    @Test func twoHundredPhotosAreShownAPageAtATime() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let batch = UUID.timeOrdered()
            let faces = [Site.face(1, "happy"), Site.face(2, "sad", notSure: true)]
            try await site.analysis(of: ada.user.id, faces: faces, batch: batch)
            try await site.analysis(of: ada.user.id, .failed, batch: batch)
            try await site.database.execute(
                AnalysisLifecycle.madeUp(
                    [
                        "id", "user_id", "lane", "file_name", "content_type", "photo_bytes", "request_id", "batch_id",
                    ],
                    """
                    SELECT gen_random_uuid(), \(ada.user.id), 'bulk', 'IMG_20260707_120000_' || n || '.jpg', 'image/jpeg',
                        1, 'x', \(batch)
                    FROM generate_series(3, 200) n
                    """))
            let address = "/batches/\(batch.lower)"
            func cards(_ page: TestResponse) -> Int { page.text.matches(of: /<li class="card/).count }
            let first = try await ada.get(address)
            #expect(cards(first) == 48 && first.text.contains("1 to 48 of 200"))
            #expect(first.text.contains("2 of 200 done, 1 could not be analysed"))
            // All faces of the batch, whatever page is shown.
            let shown = /Happy<td>.*<td>1\n.*Sad<td>.*<td>0\n(.*\n)+.*Not sure<td>.*<td>1\n/
            #expect(first.text.contains("2 faces") && first.text.contains(shown))
            #expect(first.body.readableBytes < 60_000)
            #expect(
                first.text.contains("rel=\"next\" href=\"\(address)?page=2\"") && !first.text.contains("rel=\"prev\""))
            let last = try await ada.get(address + "?page=5")
            #expect(cards(last) == 8 && last.text.contains("193 to 200 of 200") && !last.text.contains("rel=\"next\""))
            #expect(last.text.contains(shown))
            let failed = try await ada.get(address + "?show=failed")
            #expect(cards(failed) == 1 && failed.text.contains("Could not be analysed 1"))
            #expect(try await cards(ada.get(address + "?show=open&page=5")) == 6)
            for path in ["?page=0", "?page=x", "?page=9999999999", "?show=all"] {
                #expect(try await ada.get(address + path).status == .notFound, "\(path)")
            }
            for path in ["", "?page=2", "?show=failed"] {
                #expect(try await eve.get(address + path).status == .notFound, "\(path)")
            }
        }
    }

    @Test func aWaitingPageSaysWhenNobodyWorks() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let operations = OperationsStore(database: site.database)
            let id = try await site.analysis(of: ada.user.id, .queued)
            func says() async throws -> Bool {
                try await ada.get("/analyses/\(id.lower)").text.contains("No worker is running")
            }
            // A worker that has just started has not been heard of yet.
            #expect(try await !says())
            try await site.database.execute(
                "UPDATE analyses SET queued_at = now() - interval '16 seconds' WHERE id = \(id)")
            #expect(try await says())
            for (name, state, age) in [("a", "ended", 1), ("b", "ready", 60), ("c", "stopping", 1)] {
                try await site.database.execute(
                    """
                    INSERT INTO workers (name, host, slot, processes, release, model, state, sent_at, since)
                    VALUES (\(name), 'h', 1, 1, '1', 'm/1', \(state), now() - make_interval(secs => \(Double(age))), now())
                    """)
            }
            #expect(try await operations.liveWorkers() == 0)
            #expect(try await says())
            try await site.database.execute("UPDATE workers SET sent_at = now() WHERE name = 'b'")
            #expect(try await operations.liveWorkers() == 1)
            #expect(try await !says())
        }
    }

    @Test func aPlaceInTheQueueSaysHowLongItTakes() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let done = try await site.analysis(of: ada.user.id)
            try await site.database.execute(
                "UPDATE analyses SET started_at = finished_at - interval '2 seconds' WHERE id = \(done)")
            try await site.database.execute(
                """
                INSERT INTO workers (name, host, slot, processes, release, model, state, sent_at, since)
                VALUES ('a', 'h', 1, 1, '1', 'm/1', 'ready', now(), now())
                """)
            try await site.analysis(of: ada.user.id, .queued)
            try await site.analysis(of: ada.user.id, .queued)
            let third = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await ada.get("/analyses/\(third.lower)").text.contains("3rd in the queue, about 6 seconds"))
            #expect(try await site.store.countAhead(of: .interactive) == 0)
            #expect(try await site.store.countAhead(of: .bulk) == 3)
        }
    }
}
