import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import Kafka
import Logging
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations

/// Logs somebody in without the form.
func browser(_ site: Site, _ user: User) async throws -> Browser {
    let browser = Browser(site)
    browser.cookies["mien_session"] = try await site.accounts.startSession(of: user.id, userAgent: "", address: "")
    return browser
}

@Suite struct OperationsTests {
    private func administrator(_ site: Site) async throws -> (User, Browser) {
        let user = try await site.accounts.register(
            name: "Grace", email: "grace@example.org", password: "kumquat marmalade", isAdmin: true)
        return (user, try await browser(site, user))
    }

    @Test func registrationIsSwitchedWhileTheSiteRuns() async throws {
        try await Site.run { site in
            let (_, admin) = try await administrator(site)
            let closed = try await admin.submit(
                "/operations/registration", from: "/operations", ["value": "closed"])
            #expect(closed.headers[.location] == "/operations?done=closed")
            #expect(try await Browser(site).get("/register").status == .forbidden)
            #expect(try await !Browser(site).get("/").text.contains("/register"))
            let odd = try await admin.submit("/operations/registration", from: "/operations", ["value": "ajar"])
            #expect(odd.status == .badRequest)
            try await admin.submit("/operations/registration", from: "/operations", ["value": "open"])
            #expect(try await Browser(site).get("/register").status == .ok)
        }
    }

    @Test func aSwitchOfAnotherGatewayIsTakenOver() async throws {
        try await withDatabase { pool in
            let here = SiteSwitches(database: pool, registration: .open)
            let there = SiteSwitches(database: pool, registration: .open)
            try await there.setIntakePaused(true)
            #expect(here.current.intakePausedAt == nil)
            try await here.refresh()
            #expect(here.current.intakePausedAt != nil)
            #expect(throws: IntakeRefusal.paused) { try here.requireIntake() }
            try await here.setIntakePaused(false)
            try here.requireIntake()
        }
    }

    @Test func whatTheOperatorSetHoldsUntilAnAdministratorSwitches() async throws {
        try await withDatabase { pool in
            let switches = SiteSwitches(database: pool, registration: .closed)
            try await switches.refresh()
            #expect(switches.current.registration == .closed)
            try await switches.setRegistration(.open)
            #expect(switches.current.registration == .open)
        }
    }

    @Test func failuresAreCountedRetriedAndDismissed() async throws {
        try await Site.run { site in
            let (_, admin) = try await administrator(site)
            let user = try await site.accounts.makeUser()
            var ids: [UUID] = []
            for code in ["damaged", "damaged", "timed_out"] {
                ids.append(try await insertAnalysis(site.pool, owner: user.id, title: "Private", failedWith: code))
            }
            let page = try await admin.get("/operations").text
            #expect(page.contains("damaged") && page.contains("timed_out"))
            #expect(!page.contains("Private"), "what is on people's photos is not the operator's concern")
            let retried = try await admin.submit(
                "/operations/failures", from: "/operations", ["act": "retry", "code": "damaged"])
            #expect(retried.headers[.location] == "/operations?done=retried#failures")
            let states = try await site.pool.query(
                "SELECT status FROM analyses WHERE user_id = \(user.id) ORDER BY id"
            ).map { try $0.decode(String.self) }
            #expect(states.sorted() == ["failed", "queued", "queued"])
            let last = try #require(ids.last)
            try await admin.submit(
                "/operations/failures", from: "/operations", ["act": "dismiss", "id": last.uuidString])
            #expect(try await admin.get("/operations").text.contains("No failures that nobody has looked at"))
            let none = try await admin.submit(
                "/operations/failures", from: "/operations", ["act": "retry", "code": "timed_out"])
            #expect(none.headers[.location] == "/operations?done=none#failures")
            let owner = try await browser(site, user)
            #expect(try await owner.get("/analyses/\(last)").status == .ok, "its owner still sees it")
        }
    }

    /// After an outage the queue is full, or one owner's part of it: what has no room stays, and the page says so.
    @Test(arguments: [
        (
            "MIEN_MAX_OPEN", "full", "Try again once there is room.",
            "There is no room in the queue: nothing was tried again yet."
        ),
        (
            "MIEN_MAX_OPEN_PER_USER", "owner", "Whoever sent it has as many waiting as one may have: try again later.",
            "Whoever sent them has as many photos waiting as one may have: nothing was tried again yet."
        ),
    ])
    func whatHasNoRoomInTheQueueIsSaid(
        _ limit: String, _ reason: String, _ advice: String, _ nothing: String
    ) async throws {
        try await Site.run([limit: "1"]) { site in
            let (_, admin) = try await administrator(site)
            let user = try await site.accounts.makeUser()
            for _ in 0..<2 { try await insertAnalysis(site.pool, owner: user.id, failedWith: "internal") }
            func retry() async throws -> (place: String, page: String) {
                let fields = ["act": "retry", "code": "internal"]
                let answer = try await admin.submit("/operations/failures", from: "/operations", fields)
                let place = try #require(answer.headers[.location])
                return (place, try await admin.get(String(place.prefix { $0 != "#" })).text)
            }
            let first = try await retry()
            #expect(first.place == "/operations?done=retried-1-1-\(reason)#failures")
            #expect(first.page.contains("1 photo is in the queue again, 1 is left. \(advice)"))
            let second = try await retry()
            #expect(second.place == "/operations?done=\(reason)#failures")
            #expect(second.page.contains(nothing))
            let log = try await site.pool.query("SELECT detail FROM audit_log WHERE event = 'failures_retried'")
            #expect(try log.map { try $0.decode(String.self) } == ["1"])
        }
    }

    /// There is room for more than one click takes: nobody waits for it.
    @Test func whatOneClickDoesNotTakeTheNextOneDoes() async throws {
        try await Site.run(["MIEN_MAX_OPEN_PER_USER": "1000"]) { site in
            let (_, admin) = try await administrator(site)
            let user = try await site.accounts.makeUser()
            for _ in 0...OperationsStore.retryLimit {
                try await insertAnalysis(site.pool, owner: user.id, failedWith: "internal")
            }
            let fields = ["act": "retry", "code": "internal"]
            let first = try await admin.submit("/operations/failures", from: "/operations", fields)
            #expect(first.headers[.location] == "/operations?done=retried-500-1-none#failures")
            let page = try await admin.get("/operations?done=retried-500-1-none").text
            #expect(page.contains("500 photos are in the queue again, 1 is left. Try it again too."))
            let second = try await admin.submit("/operations/failures", from: "/operations", fields)
            #expect(second.headers[.location] == "/operations?done=retried#failures")
        }
    }

    @Test func accountsAreDisabledPromotedAndGivenLinks() async throws {
        try await Site.run { site in
            let (admin, browserOfAdmin) = try await administrator(site)
            let user = try await site.accounts.makeUser()
            let theirs = try await browser(site, user)
            func act(_ word: String, on id: UUID) async throws -> TestResponse {
                try await browserOfAdmin.submit("/operations/users/\(id)/\(word)", from: "/operations/users")
            }
            #expect(try await act("disable", on: user.id).status == .seeOther)
            #expect(try await theirs.get("/home").status == .seeOther, "the session is ended")
            let right = try await Browser(site).submit("/login", from: "/login", SiteTests.ada)
            #expect(right.status == .unprocessableContent && right.text.contains("This account is disabled"))
            let guess = ["email": user.email, "password": "not this one"]
            let wrong = try await Browser(site).submit("/login", from: "/login", guess)
            #expect(wrong.text.contains("is wrong") && !wrong.text.contains("disabled"), "it is told to nobody else")
            #expect(try await browserOfAdmin.get("/operations/users?q=ADA").text.contains("Disabled"))
            #expect(try await act("enable", on: user.id).status == .seeOther)
            #expect(try await act("promote", on: user.id).status == .seeOther)
            #expect(try await site.accounts.user(email: user.email)?.isAdmin == true)
            #expect(try await act("demote", on: user.id).status == .seeOther)
            #expect(try await site.accounts.user(email: user.email)?.isAdmin == false)
            let link = try await act("reset", on: user.id).text
            let path = try #require(link.firstMatch(of: /http:\/\/[a-z0-9.:]+(\/reset\?token=[A-Za-z0-9_-]+)/))
            #expect(try await Browser(site).get(String(path.1)).status == .ok)
            for word in ["disable", "demote", "reset", "promote", "unlock"] {
                #expect(try await act(word, on: admin.id).status == .unprocessableContent, "not oneself")
            }
            #expect(try await act("explode", on: user.id).status == .notFound)
            #expect(try await act("disable", on: UUID()).status == .notFound)
            let log = try await browserOfAdmin.get("/operations/audit").text
            for event in [
                "User disabled", "User enabled", "Made an administrator", "Made an ordinary user", "Reset link made",
            ] {
                #expect(log.contains(event), "\(event)")
            }
        }
    }

    @Test func whatIsWrongIsSaidAtTheTop() async throws {
        try await Site.run { site in
            let (admin, browser) = try await administrator(site)
            let quiet = try await browser.get("/operations").text
            #expect(quiet.contains("no worker has been heard of") && !quiet.contains("All is well"))
            try await insertAnalysis(site.pool, owner: admin.id, failedWith: "damaged")
            let files = try await browser.get("/operations").text
            #expect(files.contains("Files that could not be read") && !files.contains("failed here, by no fault"))
            #expect(!files.contains(#"value="retry""#), "a broken file fails again")
            try await insertAnalysis(site.pool, owner: admin.id, failedWith: "timed_out")
            let fault = try await browser.get("/operations").text
            #expect(fault.contains("1 photo failed here") && fault.contains(#"value="retry""#))
        }
    }

    @Test func jobsAreFoundByAnyNumber() async throws {
        try await Site.run { site in
            let (_, admin) = try await administrator(site)
            let user = try await site.accounts.makeUser()
            let id = try await insertAnalysis(site.pool, owner: user.id, title: "Private", failedWith: "timed_out")
            let other = try await insertAnalysis(site.pool, owner: user.id)
            try await site.pool.execute("UPDATE analyses SET request_id = 'r-other' WHERE id = \(other)")
            for search in [id.lower, String(id.lower.prefix(18)), "r-1", " \(id.uuidString) "] {
                let page = try await admin.get("/operations/jobs?q=\(search.addingPercentEncoding())").text
                #expect(page.contains(id.lower) && page.contains(user.email), "\(search)")
                #expect(!page.contains("Private") && (search.count < 20 || !page.contains(other.lower)), "\(search)")
            }
            for search in ["nothing", "ffff", "%", "' OR true"] {
                let page = try await admin.get("/operations/jobs?q=\(search.addingPercentEncoding())").text
                #expect(page.contains("No photo has this number") && !page.contains(id.lower), "\(search)")
            }
            let failed = try await admin.get("/operations/jobs?list=failed").text
            #expect(failed.contains(id.lower) && failed.contains("failed: ") && failed.contains("(timed_out)"))
            let ended = try await admin.get("/operations/jobs?list=ended").text
            #expect(ended.contains(id.lower) && ended.contains(other.lower))
            #expect(try await admin.get("/operations/jobs").text.contains("No photo waits"))
        }
    }

    @Test func somebodyIsInvitedAndDeleted() async throws {
        try await Site.run(["MIEN_REGISTRATION": "closed"]) { site in
            let (admin, browserOfAdmin) = try await administrator(site)
            let fields = ["name": "Eve", "email": "eve@example.org"]
            let made = try await browserOfAdmin.submit("/operations/users", from: "/operations/users", fields).text
            let path = String(try #require(made.firstMatch(of: /\/reset\?token=[A-Za-z0-9_-]+/)).0)
            let again = try await browserOfAdmin.submit("/operations/users", from: "/operations/users", fields)
            #expect(again.status == .unprocessableContent && again.text.contains("has an account already"))
            let token = String(path.dropFirst("/reset?token=".count))
            let done = try await Browser(site).submit(
                "/reset", from: path, ["token": token, "password": "four unrelated words"])
            #expect(done.status == .ok)
            let eve = Browser(site)
            let login = ["email": "eve@example.org", "password": "four unrelated words"]
            #expect(try await eve.submit("/login", from: "/login", login).status == .seeOther)
            let user = try #require(try await site.accounts.user(email: "eve@example.org"))
            let api = try await site.accounts.makeToken(for: user.id, .named("script")).text
            func act(_ word: String, on id: UUID) async throws -> TestResponse {
                try await browserOfAdmin.submit("/operations/users/\(id)/\(word)", from: "/operations/users")
            }
            #expect(try await act("leave", on: user.id).status == .seeOther)
            #expect(try await eve.get("/home").status == .seeOther, "the session is ended")
            #expect(try await site.accounts.holder(of: api) == nil)
            try await insertAnalysis(site.pool, owner: user.id)
            #expect(try await act("delete", on: user.id).status == .seeOther)
            #expect(try await eve.submit("/login", from: "/login", login).status == .unprocessableContent)
            let people = try await browserOfAdmin.get("/operations/users?done=delete").text
            #expect(
                people.contains(">Being deleted</span>") && people.contains("It is being deleted with all its photos"))
            #expect(!people.contains("/operations/users/\(user.id.uuidString.lowercased())/enable"))
            let enabled = try await act("enable", on: user.id)
            #expect(enabled.status == .conflict && enabled.text.contains("This account is being deleted"))
            let named = try await site.pool.first("SELECT subject_id FROM audit_log WHERE event = 'user_deleted'")
            #expect(try named?.decode(UUID?.self) == UUID?.none)
            try await RetentionSweeper(
                database: site.pool, retentionDays: 0, auditDays: 365, logger: Logger(label: "tests")
            ).sweep()
            #expect(try await site.accounts.anyUser(user.id) == nil)
            #expect(try await site.pool.first("SELECT count(*) FROM photos")?.decode(Int.self) == 0)
            for word in ["delete", "leave"] {
                #expect(try await act(word, on: admin.id).status == .unprocessableContent, "not oneself")
            }
        }
    }

    /// Whoever finds an administrator's browser open gets no account by it, and deletes none.
    @Test(arguments: ["reset", "promote", "unlock", "delete", "invite"])
    func whatOpensAnAccountAsksAgainAfterTenMinutes(_ act: String) async throws {
        try await Site.run { site in
            let (admin, browser) = try await administrator(site)
            let ada = try await site.accounts.makeUser()
            try await site.pool.execute(
                """
                INSERT INTO second_factors (user_id, secret, confirmed_at)
                VALUES (\(ada.id), decode(repeat('00', 48), 'hex'), now())
                """)
            let (path, fields): (String, [String: String]) =
                act == "invite"
                ? ("/operations/users", ["name": "Eve", "email": "eve@example.org"])
                : ("/operations/users/\(ada.id.uuidString.lowercased())/\(act)", [:])
            func send(_ more: [String: String] = [:]) async throws -> TestResponse {
                try await browser.submit(path, from: "/home", fields.merging(more) { $1 })
            }
            func state() async throws -> [String] {
                try await site.pool.query(
                    """
                    SELECT concat_ws(' ', email, is_admin, leaving_at IS NULL, (SELECT count(*) FROM account_links),
                        (SELECT count(*) FROM second_factors)) FROM users ORDER BY email
                    """
                ).map { try $0.decode(String.self) }
            }
            try await site.pool.execute("UPDATE sessions SET confirmed_at = now() - interval '601 seconds'")
            let before = try await state()
            let asked = try await send()
            #expect(asked.status == .unprocessableContent && asked.text.contains("Enter your password once more"))
            #expect(asked.text.contains(#"action="\#(path)""#) && asked.text.contains(#"name="current""#))
            #expect(act != "invite" || asked.text.contains(#"value="eve@example.org""#), "what was written stays")
            #expect(try await send(["current": "not this one"]).status == .unprocessableContent)
            #expect(try await state() == before, "nothing has happened yet")
            let done = try await send(["current": "kumquat marmalade"])
            #expect(done.status == (["reset", "invite"].contains(act) ? .ok : .seeOther))
            #expect(try await state() != before)
            // One's own account is not given away either, asked or not.
            let own = try await browser.submit("/operations/users/\(admin.id)/reset", from: "/home")
            #expect(own.status == .unprocessableContent && !own.text.contains("/reset?token="))
        }
    }

    @Test func theAuditLogIsFilteredAndSaved() async throws {
        try await Site.run { site in
            let (admin, browser) = try await administrator(site)
            let twins = try await [
                site.accounts.makeUser("one@example.org"), site.accounts.makeUser("two@example.org"),
            ]
            for twin in twins {
                try await site.pool.execute(
                    "INSERT INTO audit_log (event, actor_id, detail) VALUES ('data_exported', \(twin.id), '=1+1')")
            }
            try await site.pool.execute("INSERT INTO audit_log (event, actor_id) VALUES ('logged_in', \(admin.id))")
            let one = try await browser.get("/operations/audit?event=data_exported&q=ONE%40example").text
            #expect(one.contains("one@example.org") && !one.contains("two@example.org"), "the address tells them apart")
            let none = try await browser.get("/operations/audit?event=data_exported&q=grace").text
            #expect(none.contains("Nothing found"))
            let csv = try await browser.get("/operations/audit.csv?event=data_exported")
            #expect(csv.headers[.contentType]?.hasPrefix("text/csv") == true)
            let lines = csv.text.split(separator: "\r\n")
            #expect(lines.count == 3 && lines[1].contains("two@example.org") && lines[1].contains("'=1+1"))
        }
    }

    @Test func accountsAndEventsComeInPages() async throws {
        try await Site.run { site in
            let (admin, browser) = try await administrator(site)
            try await site.pool.execute(
                """
                INSERT INTO users (id, name, email, password_hash, created_at)
                SELECT gen_random_uuid(), 'Person ' || n, n || '@example.org', '', now() - make_interval(mins => n)
                FROM generate_series(1, 60) n
                """)
            let first = try await browser.get("/operations/users").text
            let next = try #require(first.firstMatch(of: /href="(\/operations\/users\?before=[^"]*)"/)).1
            let second = try await browser.get(String(next)).text
            let names = (first + second).matches(of: /<strong>(Person \d+)<\/strong>/).map { String($0.1) }
            #expect(Set(names).count == 60 && names.count == 60)
            let found = try await browser.get("/operations/users?q=person%2060").text
            #expect(found.matches(of: /<li class="sheet"/).count == 1)
            try await site.pool.execute(
                "INSERT INTO audit_log (event, actor_id) SELECT 'logged_in', \(admin.id) FROM generate_series(1, 150)")
            let events = try await browser.get("/operations/audit").text
            let older = try #require(events.firstMatch(of: /href="(\/operations\/audit\?before=\d+)"/)).1
            #expect(try await browser.get(String(older)).text.contains("Logged in"))
        }
    }

    @Test func heartbeatsAreKeptNewestFirstAndForgotten() async throws {
        try await withDatabase { pool in
            let logger = Logger(label: "tests")
            // It never runs: heartbeats are recorded directly.
            let consumer = SupervisedConsumer(logger: logger) { throw CancellationError() }
            let registry = WorkerRegistry(database: pool, consumer: consumer, logger: logger)
            var beat = WorkerHeartbeat()
            beat.version = WorkerHeartbeat.currentVersion
            (beat.worker, beat.host, beat.slot, beat.processes) = ("host/1", "host", 1, 2)
            (beat.release, beat.state) = ("0.2.0", .ready)
            beat.sentAtMs = Int64(Date().timeIntervalSince1970 * 1000)
            beat.sinceMs = beat.sentAtMs - 60_000
            beat.photosAnalysed = 7
            try await registry.record(beat)
            var older = beat
            older.sentAtMs -= 10_000
            older.photosAnalysed = 3
            try await registry.record(older)
            let store = OperationsStore(database: pool)
            let worker = try #require(try await store.workers().first)
            #expect(worker.photos == 7 && worker.state == "ready" && worker.release == "0.2.0")
            #expect(WorkerRow(worker, now: Date()).isAlive)
            #expect(!WorkerRow(worker, now: Date().addingTimeInterval(60)).isAlive)
            try await pool.execute("UPDATE workers SET sent_at = now() - interval '2 days'")
            #expect(try await store.workers().isEmpty)
            #expect(try await WorkerRegistry.sweep(pool) == 1)
        }
    }

    /// A photo that failed a month ago and is tried again does not wait since then.
    @Test func whatIsTriedAgainWaitsSinceThen() async throws {
        try await Site.run { site in
            let (_, admin) = try await administrator(site)
            let ada = try await site.accounts.makeUser()
            try await insertAnalysis(site.pool, owner: ada.id, daysAgo: 30, failedWith: "damaged")
            let retried = try await admin.submit(
                "/operations/failures", from: "/operations", ["act": "retry", "code": "damaged"])
            #expect(retried.status == .seeOther)
            let lanes = try await OperationsStore(database: site.pool).lanes()
            #expect(lanes.map(\.queued).reduce(0, +) == 1)
            #expect(lanes.compactMap(\.oldest).allSatisfy { $0 < 3_600 })
            #expect(try await !admin.get("/operations").text.contains("wait for"))
        }
    }

    @Test func aWorkersClockDecidesNothing() async throws {
        try await withDatabase { pool in
            let logger = Logger(label: "tests")
            let consumer = SupervisedConsumer(logger: logger) { throw CancellationError() }
            let registry = WorkerRegistry(database: pool, consumer: consumer, logger: logger)
            let store = OperationsStore(database: pool)
            func record(_ ahead: Double, since: Int64 = 0, photos: UInt64, _ state: WorkerState = .ready) async throws {
                var beat = WorkerHeartbeat()
                beat.version = WorkerHeartbeat.currentVersion
                (beat.worker, beat.host, beat.slot, beat.processes) = ("host/1", "host", 1, 1)
                (beat.release, beat.state) = ("0.2.0", state)
                beat.sentAtMs = Int64((Date().timeIntervalSince1970 + ahead) * 1000)
                beat.sinceMs = 1_700_000_000_000 + since
                beat.photosAnalysed = photos
                try await registry.record(beat)
            }
            // Its clock runs ahead, is set, and runs behind.
            for (photos, ahead) in [30.0, 0, -30, -86_400].enumerated() {
                try await record(ahead, photos: UInt64(photos))
                let worker = try #require(try await store.workers().first)
                #expect(worker.photos == photos && abs(worker.heardAt.timeIntervalSinceNow) < 10)
                #expect(try await store.liveWorkers() == 1)
            }
            try await record(0, photos: 3, .ended)
            #expect(try await store.liveWorkers() == 0)
            try await record(0, photos: 3)
            #expect(try await store.liveWorkers() == 0, "it came late")
            try await record(-60, since: 1_000, photos: 0)
            #expect(try await store.liveWorkers() == 1, "the next process")
        }
    }

    private struct Never: Error {}
}

@Suite struct FiguresTests {
    @Test func throughputAndLatencyAreOfTheirSlices() async throws {
        try await withDatabase { pool in
            let user = try await AccountStore(database: pool, hasher: .cheap).makeUser()
            for _ in 0..<3 { try await insertAnalysis(pool, owner: user.id) }
            try await insertAnalysis(pool, owner: user.id, failedWith: "damaged")
            try await insertAnalysis(pool, owner: user.id, daysAgo: 0.5)
            try await pool.execute(
                """
                UPDATE analyses SET submitted_at = finished_at - interval '30 days', queued_at = finished_at - interval '2 seconds'
                WHERE status = 'finished'
                """)
            let store = OperationsStore(database: pool)
            let hour = try await store.throughput(.hour)
            #expect(hour.count == 30)
            #expect(hour.map(\.finished).reduce(0, +) == 3 && hour.map(\.failed).reduce(0, +) == 1)
            let newest = try #require(hour.last)
            #expect(newest.finished == 3 && newest.median == 2 && newest.p95 == 2)
            #expect(try await store.throughput(.day).map(\.finished).reduce(0, +) == 4)
            #expect(try await store.throughput(.week).count == 28)
            #expect(try await store.pace().p95 == 2, "since it was put into the queue, however often before")
            #expect(try await store.lanes().map(\.queued) == [0, 0])
            #expect(try await store.storage(disk: DiskSpace(path: "/", minFreeMB: 0))?.analyses == 5)
        }
    }

    @Test func retentionDeletesWhatIsOldAndNothingElse() async throws {
        try await withDatabase { pool in
            let user = try await AccountStore(database: pool, hasher: .cheap).makeUser()
            let old = try await insertAnalysis(pool, owner: user.id, daysAgo: 31)
            let young = try await insertAnalysis(pool, owner: user.id, daysAgo: 29)
            let open = UUID()
            try await pool.execute(
                AnalysisLifecycle.madeUp(
                    [
                        "id", "user_id", "lane", "file_name", "content_type", "photo_bytes", "request_id",
                        "submitted_at",
                    ],
                    "VALUES (\(open), \(user.id), 'bulk', 'a.jpg', 'image/jpeg', 1, 'r', now() - interval '40 days')"))
            func sweep(_ days: Int) async throws -> Int {
                try await RetentionSweeper(
                    database: pool, retentionDays: days, auditDays: 365, logger: Logger(label: "tests")
                ).sweep()
            }
            #expect(try await sweep(0) == 0, "the default keeps everything")
            #expect(try await sweep(30) == 1)
            let left = try await pool.query("SELECT id FROM analyses").map { try $0.decode(UUID.self) }
            #expect(Set(left) == [young, open])
            let traces = try await dump(pool)
            #expect(!traces.contains(old.uuidString.lowercased()), "photo and pictures are gone too")
        }
    }

    @Test(arguments: [(0.0, 2.0), (3, 4), (7, 10), (10, 10), (11, 20), (0.4, 2), (101, 200), (5_500, 6_000)])
    func anAxisEndsAtARoundNumber(_ value: Double, _ top: Double) {
        #expect(BarChart.roundTop(value) == top)
    }
}
