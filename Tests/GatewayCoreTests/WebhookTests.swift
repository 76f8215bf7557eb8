import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import Mail
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Transfers
@testable import Webhooks

/// Messages from the change that they tell of to a receiver that is there.
@Suite struct WebhookTests {
    // MARK: What is written

    @Test func eachEndIsToldOnce() async throws {
        try await Site.withWebhook("https://example.org/") { site, ada, hook in
            let done = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await site.recorder.record([.happy(done, generation: 1)]) == [.recorded])
            // Sent twice, and late.
            #expect(
                try await site.recorder.record([.happy(done, generation: 1), .damaged(done, generation: 1)]) == [
                    .ignored, .ignored,
                ])
            let damaged = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await site.recorder.record([.damaged(damaged, generation: 1)]) == [.recorded])
            // Neither has an event of its own.
            try await site.analysis(of: ada.user.id, .cancelled)
            try await site.analysis(of: ada.user.id, .queued)

            let rows = try await site.bodies(hook)
            #expect(rows.map(\.event) == ["analysis.finished", "analysis.failed"])
            let data = rows.map { $0.body["data"] as? [String: Any] ?? [:] }
            #expect(data[0]["id"] as? String == done.lower)
            #expect(data[0]["dominant"] as? String == "happy" && data[0]["faces"] as? Int == 1)
            #expect(data[0]["url"] as? String == "https://mien.example.org/api/v1/analyses/\(done.lower)")
            #expect(data[1]["error"] as? String == "damaged")
            #expect(rows[0].body["type"] as? String == "analysis.finished")
            let time = try #require(rows[0].body["timestamp"] as? String)
            #expect(time.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/))
        }
    }

    @Test func aPhotoThatIsGivenUpIsToldOf() async throws {
        try await Site.withWebhook("https://example.org/") { site, ada, hook in
            let id = try await site.analysis(of: ada.user.id, .queued)
            for _ in 0..<AnalysisLifecycle.maxAttempts { _ = try await site.store.claim(id, generation: 1) }
            #expect(try await site.store.claim(id, generation: 1) == .exhausted)
            #expect(try await site.store.claim(id, generation: 1) == .gone)
            #expect(try await site.bodies(hook).map(\.event) == ["analysis.failed"])
        }
    }

    @Test func aBatchIsToldOfWhenItsLastPhotoEnds() async throws {
        try await Site.withWebhook("https://example.org/", events: [.batchFinished]) { site, ada, hook in
            let batch = UUID()
            var ids: [UUID] = []
            for _ in 0..<3 { ids.append(try await site.analysis(of: ada.user.id, .queued, batch: batch)) }
            _ = try await site.recorder.record([.happy(ids[0], generation: 1)])
            #expect(try await site.bodies(hook).isEmpty)
            _ = try await site.recorder.record([.damaged(ids[1], generation: 1)])
            #expect(try await site.bodies(hook).isEmpty)
            // Cancelling tells of no photo, and ends the batch all the same.
            try await site.store.cancel(.some([ids[2]]), owner: ada.user.id)
            let rows = try await site.bodies(hook)
            #expect(rows.map(\.event) == ["batch.finished"])
            let data = rows[0].body["data"] as? [String: Any]
            #expect(data?["id"] as? String == batch.lower)
            #expect(data?["finished"] as? Int == 1 && data?["failed"] as? Int == 1 && data?["cancelled"] as? Int == 1)
        }
    }

    /// As the API's description says.
    @Test func aBatchIsToldOfEachTimeThatNoneIsOpenAnyMore() async throws {
        try await Site.withWebhook("https://example.org/", events: [.batchFinished]) { site, ada, hook in
            let batch = UUID()
            for count in 1...3 {
                let id = try await site.analysis(of: ada.user.id, .queued, batch: batch)
                _ = try await site.recorder.record([.happy(id, generation: 1)])
                let told = try await site.bodies(hook).compactMap {
                    ($0.body["data"] as? [String: Any])?["finished"] as? Int
                }
                #expect(told == Array(1...count))
            }
        }
    }

    @Test func aBatchWhosePhotosEndAtTheSameTimeIsToldOfOnce() async throws {
        try await Site.withWebhook("https://example.org/", events: [.batchFinished]) { site, ada, hook in
            for _ in 0..<10 {
                let batch = UUID()
                var ids: [UUID] = []
                for _ in 0..<4 { ids.append(try await site.analysis(of: ada.user.id, .queued, batch: batch)) }
                try await withThrowingTaskGroup(of: Void.self) { [ids] group in
                    for (index, id) in ids.enumerated() {
                        group.addTask {
                            if index == 3 {
                                try await site.store.cancel(.some([id]), owner: ada.user.id)
                            } else {
                                _ = try await site.recorder.record([.happy(id, generation: 1)])
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await site.bodies(hook).count == 10)
        }
    }

    @Test func onlyOwnAndChosenEventsAreWrittenAndNothingWhileOff() async throws {
        try await Site.withWebhook("https://example.org/", events: [.analysisFailed]) { site, ada, hook in
            try await site.end(ada, 1)
            let eve = try await Program(site, scopes: [.webhooks])
            try await site.end(eve, 1)
            #expect(try await site.bodies(hook).isEmpty)
            _ = try await site.webhooks.change(hook, owner: ada.user.id, events: [.analysisFinished])
            _ = try await site.webhooks.change(hook, owner: ada.user.id, isOn: false)
            try await site.end(ada, 1)
            #expect(try await site.bodies(hook).isEmpty)
            _ = try await site.webhooks.change(hook, owner: ada.user.id, isOn: true)
            try await site.end(ada, 1)
            #expect(try await site.bodies(hook).count == 1)
        }
    }

    // MARK: What is sent

    @Test func messagesComeSignedAndInOrder() async throws {
        let receiver = try Receiver()
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            try await site.end(ada, 5)
            try await site.send {
                try await site.until { try await site.bodies(hook, where: "delivered_at IS NULL").isEmpty }
            }
            let bodies = try await site.bodies(hook)
            #expect(receiver.messages.map(\.id) == bodies.map { "msg_\($0.id.lower)" })
            let secret = try await site.secret(hook)
            for message in receiver.messages {
                let time = try #require(Int(message.headers["webhook-timestamp"] ?? ""))
                #expect(
                    message.headers["webhook-signature"]
                        == secret.signature(id: message.id, timestamp: time, body: message.body))
                #expect(message.headers["content-type"] == "application/json")
            }
            let log = try await site.webhooks.deliveries(of: hook, owner: ada.user.id, limit: 10).items
            #expect(log.allSatisfy { $0.state == .delivered && $0.status == 204 && $0.attempts == 1 })
        }
    }

    /// A page that is loaded again, or a program that did not get its answer, changes it twice.
    @Test func whileASecretIsChangedAllSign() async throws {
        let receiver = try Receiver()
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            let old = try await site.secret(hook)
            let (_, second) = try await site.webhooks.rotate(hook, owner: ada.user.id)
            let (rotated, new) = try await site.webhooks.rotate(hook, owner: ada.user.id)
            #expect(rotated.previousUntil != nil)
            _ = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            let isDone = { @Sendable in try await site.bodies(hook, where: "delivered_at IS NULL").isEmpty }
            try await site.send { try await site.until(isDone) }
            try await site.database.execute("UPDATE webhook_endpoints SET previous_until = now() - interval '1 second'")
            _ = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            try await site.send { try await site.until(isDone) }
            // Each has a day of its own, whatever comes after it.
            let (_, third) = try await site.webhooks.rotate(hook, owner: ada.user.id)
            try await site.database.execute(
                "UPDATE webhook_endpoints SET previous_until = previous_until - interval '23 hours'")
            let (_, fourth) = try await site.webhooks.rotate(hook, owner: ada.user.id)
            try await site.database.execute(
                """
                UPDATE webhook_endpoints
                SET older_until = ARRAY(SELECT ends - interval '2 hours' FROM unnest(older_until) AS older (ends))
                """)
            _ = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            try await site.send { try await site.until(isDone) }
            try await site.database.execute("UPDATE webhook_endpoints SET previous_until = now() - interval '1 second'")
            for (message, secrets) in zip(receiver.messages, [[new, second, old], [new], [fourth, third]]) {
                let time = Int(message.headers["webhook-timestamp"] ?? "") ?? 0
                let expected = secrets.map { $0.signature(id: message.id, timestamp: time, body: message.body) }
                #expect(message.headers["webhook-signature"] == expected.joined(separator: " "))
            }
            // What had its day is not taken up again, and no header grows without end.
            for count in 1...12 {
                _ = try await site.webhooks.rotate(hook, owner: ada.user.id)
                let kept = try await site.database.first("SELECT cardinality(older_secrets) FROM webhook_endpoints")
                #expect(try kept?.decode(Int32.self) == Int32(min(count - 1, WebhookEndpoint.mostOlder)))
            }
        }
    }

    @Test func whatIsNotTakenIsTriedAgainLater() async throws {
        let answers = Mutex([
            Receiver.Answer(status: 500, body: "<h1>Oh no</h1>\0"),
            .init(status: 302, headers: "Location: /elsewhere\r\n"),
            .init(),
        ])
        let receiver = try Receiver { _ in answers.withLock { $0.removeFirst() } }
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            let sent = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            for (attempt, status) in [500, 302].enumerated() {
                try await site.send { try await site.until { try await site.only(hook, ada).attempts == attempt + 1 } }
                let row = try await site.only(hook, ada)
                #expect(row.status == status && row.state == .waiting && row.attempts == attempt + 1)
                let delay = try #require(row.nextAt).timeIntervalSince(try #require(row.triedAt))
                #expect(Int(delay.rounded()) == RetrySchedule.delays[attempt])
                let endpoint = try await site.webhooks.endpoint(hook, owner: ada.user.id)
                #expect(endpoint.failingSince != nil && endpoint.disabled == nil)
                if attempt == 0 { #expect(row.answer == "<h1>Oh no</h1>") }
                try await site.database.execute("UPDATE webhook_deliveries SET next_at = now()")
            }
            try await site.send { try await site.until { try await site.only(hook, ada).state == .delivered } }
            #expect(receiver.messages.count == 3)
            #expect(try await site.webhooks.endpoint(hook, owner: ada.user.id).failingSince == nil)
            #expect(Set(receiver.messages.map(\.id)) == [sent.messageID])
            #expect(Set(receiver.messages.map(\.body)).count == 1)
        }
    }

    @Test func aMessageIsGivenUpAfterItsLastAttemptAndSentAgainByHand() async throws {
        let isUp = Atomic(false)
        let receiver = try Receiver { _ in .init(status: isUp.load(ordering: .relaxed) ? 200 : 503) }
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            let sent = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            try await site.database.execute("UPDATE webhook_deliveries SET attempts = \(RetrySchedule.delays.count)")
            try await site.send { try await site.until { try await site.only(hook, ada).state == .failed } }
            isUp.store(true, ordering: .relaxed)
            let again = try await site.webhooks.sendAgain(sent.id, of: hook, owner: ada.user.id)
            #expect(again.state == .waiting && again.attempts == 0)
            try await site.send { try await site.until { try await site.only(hook, ada).state == .delivered } }
            #expect(receiver.messages.count == 2)
            #expect(Set(receiver.messages.map(\.id)).count == 1)
        }
    }

    @Test func whatIsAskedForAgainDuringAnAttemptIsSentAgain() async throws {
        let isFree = Atomic(false)
        let receiver = try Receiver { _ in
            while !isFree.load(ordering: .relaxed) { usleep(10_000) }
            return .init()
        }
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            let sent = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            try await site.send {
                try await site.until { receiver.messages.count == 1 }
                _ = try await site.webhooks.sendAgain(sent.id, of: hook, owner: ada.user.id)
                isFree.store(true, ordering: .relaxed)
                try await site.until { try await site.only(hook, ada).state == .delivered }
            }
            #expect(receiver.messages.map(\.id) == [sent.messageID, sent.messageID])
        }
    }

    @Test func whatIsGoneOrFailsForLongIsSwitchedOff() async throws {
        let status = Atomic(410)
        let receiver = try Receiver { _ in .init(status: status.load(ordering: .relaxed)) }
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            let (owner, store) = (ada.user.id, site.webhooks)
            _ = try await store.sendTest(to: hook, owner: owner)
            try await site.send {
                try await site.until { try await store.endpoint(hook, owner: owner).disabled != nil }
            }
            #expect(try await store.endpoint(hook, owner: owner).disabled?.reason == .gone)
            #expect(try await site.only(hook, ada).state == .failed)
            await #expect(throws: WebhookStore.Refusal.off) { try await store.sendTest(to: hook, owner: owner) }

            status.store(500, ordering: .relaxed)
            let on = try await store.change(hook, owner: owner, isOn: true)
            #expect(on.disabled == nil && on.failingSince == nil)
            _ = try await store.sendTest(to: hook, owner: owner)
            try await site.send {
                try await site.until { try await store.endpoint(hook, owner: owner).failingSince != nil }
            }
            #expect(try await store.endpoint(hook, owner: owner).disabled == nil)
            try await site.database.execute(
                "UPDATE webhook_endpoints SET failing_since = now() - interval '3 days 1 second'")
            try await site.database.execute("UPDATE webhook_deliveries SET next_at = now() WHERE next_at IS NOT NULL")
            try await site.send {
                try await site.until { try await store.endpoint(hook, owner: owner).disabled != nil }
            }
            #expect(try await store.endpoint(hook, owner: owner).disabled?.reason == .failing)
            // It waits for its owner, and goes on then.
            status.store(200, ordering: .relaxed)
            _ = try await store.change(hook, owner: owner, isOn: true)
            try await site.send { try await site.until { receiver.messages.count == 4 } }
        }
    }

    @Test func anotherURLBeginsWithoutTheFailuresOfTheFormer() async throws {
        let receiver = try Receiver { _ in .init(status: 500) }
        try await Site.withWebhook("https://127.0.0.1:1/") { site, ada, hook in
            let owner = ada.user.id
            _ = try await site.webhooks.sendTest(to: hook, owner: owner)
            try await site.database.execute("UPDATE webhook_endpoints SET failing_since = now() - interval '73 hours'")
            try await site.database.execute(
                "UPDATE webhook_deliveries SET attempts = 8, next_at = now() + interval '20 hours'")
            // The same once more is no other.
            let same = try WebhookTarget("https://127.0.0.1:1/", allowed: .init("127.0.0.1"))
            #expect(try await site.webhooks.change(hook, owner: owner, to: same).failingSince != nil)
            let waits = try #require(try await site.only(hook, ada).nextAt)
            #expect(waits > Date.now.addingTimeInterval(3_600))
            let target = try WebhookTarget(receiver.url, allowed: .init("127.0.0.1"))
            #expect(try await site.webhooks.change(hook, owner: owner, to: target).failingSince == nil)
            try await site.send { try await site.until { try await site.only(hook, ada).attempts == 9 } }
            #expect(receiver.messages.count == 1)
            let endpoint = try await site.webhooks.endpoint(hook, owner: owner)
            #expect(endpoint.disabled == nil && endpoint.failingSince != nil)
        }
    }

    @Test func whatTheFormerURLAnswersAfterTheChangeSaysNothingOfTheNewOne() async throws {
        let isFree = Atomic(false)
        let former = try Receiver { _ in
            while !isFree.load(ordering: .relaxed) { usleep(10_000) }
            return .init(status: 410)
        }
        let receiver = try Receiver()
        try await Site.withWebhook(former.url) { site, ada, hook in
            let owner = ada.user.id
            let sent = try await site.webhooks.sendTest(to: hook, owner: owner)
            try await site.send {
                try await site.until { former.messages.count == 1 }
                let target = try WebhookTarget(receiver.url, allowed: .init("127.0.0.1"))
                _ = try await site.webhooks.change(hook, owner: owner, to: target)
                isFree.store(true, ordering: .relaxed)
                try await site.until { try await site.only(hook, ada).state == .delivered }
            }
            #expect(receiver.messages.map(\.id) == [sent.messageID])
            let endpoint = try await site.webhooks.endpoint(hook, owner: owner)
            #expect(endpoint.disabled == nil && endpoint.failingSince == nil)
        }
    }

    // MARK: What is told by mail

    @Test func theOwnerOfWhatWasSwitchedOffIsToldOnceADay() async throws {
        let server = try MailServer()
        try await Site.withWebhook("https://example.org/") { site, ada, hook in
            let mailer = site.webhookMailer(server)
            #expect(try await mailer.next()?.endpoint == nil)
            _ = try await site.webhooks.change(hook, owner: ada.user.id, isOn: false)
            #expect(try await mailer.next()?.endpoint == nil)
            let isGone: Statement = "UPDATE webhook_endpoints SET disabled_at = now(), disabled_reason = 'gone'"
            try await site.database.execute(isGone)
            try await mailer.tell()
            let letter = try await server.letters(1)[0]
            #expect(letter.to == "<\(ada.user.email)>" && letter.text.contains("https://example.org/"))
            #expect(try await mailer.next()?.endpoint == nil)
            // Switched on and off as often as somebody likes.
            for _ in 0..<2 {
                _ = try await site.webhooks.change(hook, owner: ada.user.id, isOn: true)
                try await site.database.execute(isGone)
                #expect(try await mailer.next()?.endpoint == nil)
            }
            try await site.database.execute("UPDATE webhook_endpoints SET tell_after = tell_after - interval '1 day'")
            #expect(try await mailer.next()?.endpoint == hook)
        }
    }

    /// And a letter that is broken off was no attempt, the last one neither.
    @Test(arguments: [0, 3, WebhookMailer.tries - 1])
    func aMailServerThatSaysNothingHoldsUpNoEnd(_ tries: Int) async throws {
        let server = try MailServer(isSilent: true)
        try await Site.withWebhook("https://example.org/") { site, ada, hook in
            try await site.database.execute(
                """
                UPDATE webhook_endpoints SET disabled_at = now(), disabled_reason = 'gone', tell_tries = \(tries)::int
                """)
            let mailer = site.webhookMailer(server)
            let running = Task { try await mailer.run() }
            try await server.isWaitedFor()
            let start = ContinuousClock.now
            running.cancel()
            try await running.value
            #expect(ContinuousClock.now - start < .seconds(4))
            let kept = try await site.database.first("SELECT tell_tries FROM webhook_endpoints")
            #expect(try kept?.decode(Int.self) == tries)
            #expect(try await mailer.next()?.endpoint == hook, "who was not told is told after the next start")
        }
    }

    /// The URL and the name are of the owner's choosing, and the address may be anybody's.
    @Test func anAddressThatNobodyConfirmedIsToldNothing() async throws {
        try await Site.withWebhook("https://example.org/") { site, ada, hook in
            let mailer = site.webhookMailer(try MailServer())
            try await site.database.execute("UPDATE users SET email_confirmed_at = NULL")
            try await site.database.execute(
                "UPDATE webhook_endpoints SET disabled_at = now(), disabled_reason = 'gone'")
            #expect(try await mailer.next()?.endpoint == nil)
            try await site.database.execute("UPDATE users SET email_confirmed_at = now(), disabled_at = now()")
            #expect(try await mailer.next()?.endpoint == nil)
            try await site.database.execute("UPDATE users SET disabled_at = NULL")
            #expect(try await mailer.next()?.endpoint == hook)
        }
    }

    @Test func addressesThatTakeNoMailSilenceNoOther() async throws {
        let server = try MailServer()
        try await Site.withWebhook("https://example.org/") { site, ada, hook in
            let mailer = site.webhookMailer(server)
            let dead = try await Program(site, scopes: [.webhooks]).user.id
            try await site.database.execute("UPDATE users SET email = 'refused@example.org' WHERE id = \(dead)")
            try await site.database.execute(
                """
                INSERT INTO webhook_endpoints (id, user_id, url, events, secret, disabled_at, disabled_reason)
                SELECT gen_random_uuid(), \(dead), url, events, secret, now() - interval '1 hour', 'gone'
                FROM webhook_endpoints, generate_series(1, \(WebhookMailer.mostFailures))
                """)
            try await site.database.execute(
                "UPDATE webhook_endpoints SET disabled_at = now(), disabled_reason = 'failing' WHERE id = \(hook)")
            await #expect(throws: (any Error).self) { try await mailer.tell() }
            try await mailer.tell()
            #expect(try await server.letters(1).map(\.to) == ["<\(ada.user.email)>"])
            // They are tried again, and at last no more.
            try await site.database.execute(
                """
                DELETE FROM webhook_endpoints
                WHERE id <> (SELECT max(id::text)::uuid FROM webhook_endpoints WHERE user_id = \(dead))
                """
            )
            for _ in 1..<WebhookMailer.tries {
                try await site.database.execute("UPDATE webhook_endpoints SET tell_after = now()")
                await #expect(throws: (any Error).self) { try await mailer.tell() }
            }
            try await site.database.execute("UPDATE webhook_endpoints SET tell_after = now()")
            #expect(try await mailer.next()?.endpoint == nil)
            #expect(server.letters.count == 1)
        }
    }

    // MARK: Several gateways, and one that ends

    @Test func aSenderThatEndsInTheMiddleLosesNothing() async throws {
        let isFree = Atomic(false)
        let receiver = try Receiver { _ in
            while !isFree.load(ordering: .relaxed) { usleep(10_000) }
            return .init()
        }
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            try await site.end(ada, 3)
            // Cancelled while its message is under way: nothing is recorded, and its lease stays.
            try await site.send(as: "first") { try await site.until { receiver.messages.count == 1 } }
            #expect(
                try await site.webhooks.deliveries(of: hook, owner: ada.user.id, limit: 9).items.allSatisfy {
                    $0.attempts == 0
                })
            let second = site.sender("second")
            #expect(try await second.sender.takeEndpoint() == nil)
            try await site.database.execute("UPDATE webhook_endpoints SET taken_until = now() - interval '1 second'")
            isFree.store(true, ordering: .relaxed)
            try await site.send(as: "second") {
                try await site.until { try await site.bodies(hook, where: "delivered_at IS NULL").isEmpty }
            }
            // The first came twice, under its id.
            let ids = receiver.messages.map(\.id)
            #expect(ids.count == 4 && Set(ids).count == 3 && ids[0] == ids[1])
        }
    }

    @Test func nothingIsSentForADisabledAccount() async throws {
        try await Site.withWebhook("https://example.org/") { site, ada, hook in
            try await site.end(ada, 1)
            try await site.accounts.setDisabled(true, of: ada.user.id)
            #expect(try await site.sender("first").sender.takeEndpoint() == nil)
            try await site.accounts.setDisabled(false, of: ada.user.id)
            #expect(try await site.sender("first").sender.takeEndpoint() == hook)
        }
    }

    @Test func aGatewayThatComesBackTakesItsOwnAtOnce() async throws {
        let receiver = try Receiver()
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            try await site.end(ada, 1)
            #expect(try await site.sender("first").sender.takeEndpoint() == hook)
            #expect(try await site.sender("second").sender.takeEndpoint() == nil)
            try await site.send(as: "first") { try await site.until { receiver.messages.count == 1 } }
        }
    }

    @Test func severalSendersShareTheWorkAndOneMessageAtATimeIsUnderWay() async throws {
        let open = Atomic(0)
        let most = Atomic(0)
        let receiver = try Receiver { _ in
            most.max(open.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
            usleep(2_000)
            open.subtract(1, ordering: .relaxed)
            return .init()
        }
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            try await site.end(ada, 60)
            try await site.send(as: "first") {
                try await site.send(as: "second") { try await site.until { receiver.messages.count >= 60 } }
            }
            #expect(most.load(ordering: .relaxed) == 1)
            #expect(receiver.messages.map(\.id) == (try await site.bodies(hook).map { "msg_\($0.id.lower)" }))
        }
    }

    @Test func aSlowReceiverHoldsUpNoOther() async throws {
        let isFree = Atomic(false)
        let slow = try Receiver { _ in
            while !isFree.load(ordering: .relaxed) { usleep(10_000) }
            return .init()
        }
        let quick = try Receiver()
        try await Site.withWebhook(slow.url) { site, ada, _ in
            let target = try WebhookTarget(quick.url, allowed: .init("127.0.0.1"))
            _ = try await site.webhooks.make(target, events: [.analysisFinished], site: "", owner: ada.user.id)
            try await site.end(ada, 3)
            try await site.send { try await site.until { slow.messages.count == 1 && quick.messages.count == 3 } }
            isFree.store(true, ordering: .relaxed)
        }
    }

    @Test func onePersonsSlowReceiversHoldUpNobodyElse() async throws {
        let isFree = Atomic(false)
        let slow = try Receiver { _ in
            while !isFree.load(ordering: .relaxed) { usleep(10_000) }
            return .init()
        }
        let quick = try Receiver()
        try await Site.withWebhook(slow.url) { site, ada, _ in
            for _ in 1..<WebhookSender.parallel {
                let target = try WebhookTarget(slow.url, allowed: .init("127.0.0.1"))
                _ = try await site.webhooks.make(target, events: [.analysisFinished], site: "", owner: ada.user.id)
            }
            try await site.end(ada, 2)
            let eve = try await Program(site, scopes: [.webhooks])
            let target = try WebhookTarget(quick.url, allowed: .init("127.0.0.1"))
            _ = try await site.webhooks.make(target, events: [.analysisFinished], site: "", owner: eve.user.id)
            try await site.end(eve, 1)
            try await site.send { try await site.until { quick.messages.count == 1 } }
            #expect(slow.messages.count <= WebhookSender.parallelOfOne)
            isFree.store(true, ordering: .relaxed)
        }
    }

    @Test func endpointsTakeTurnsWhateverWaitsLongest() async throws {
        let receiver = try Receiver()
        try await Site.withWebhook(receiver.url) { site, ada, first in
            let target = try WebhookTarget(receiver.url, allowed: .init("127.0.0.1"))
            let second = try await site.webhooks.make(
                target, events: [.analysisFinished], site: "", owner: ada.user.id)
            try await site.end(ada, 2)
            try await site.database.execute(
                """
                UPDATE webhook_deliveries SET next_at = now() - interval '1 hour' WHERE endpoint_id = \(first)
                """)
            let sender = site.sender("tests").sender
            #expect(try await sender.takeEndpoint() == first)
            try await site.database.execute(
                "UPDATE webhook_endpoints SET taken_until = NULL, served_at = now() WHERE id = \(first)")
            #expect(try await sender.takeEndpoint() == second.endpoint.id)
        }
    }

    // MARK: No way inside

    @Test func whatLeadsInwardIsNotConnectedTo() async throws {
        let receiver = try Receiver()
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            // As if the name had led elsewhere when it was checked, and the operator had taken the host from the list.
            for (url, word) in [
                ("https://localhost:\(receiver.port)/", "not called"),
                ("https://127.0.0.1:\(receiver.port)/", "not called"),
                ("https://[::1]:\(receiver.port)/", "not called"), (receiver.url, "takes https"),
            ] {
                try await site.database.execute("UPDATE webhook_endpoints SET url = \(url)")
                _ = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
                try await site.send(allowed: "") {
                    try await site.until { try await site.bodies(hook, where: "attempts = 0").isEmpty }
                }
                let last = try #require(
                    try await site.webhooks.deliveries(of: hook, owner: ada.user.id, limit: 1).items.first)
                #expect(last.error.contains(word), "\(url): \(last.error)")
                #expect(last.status == nil)
            }
            #expect(receiver.messages.isEmpty)
        }
    }

    @Test func aLongAnswerIsCutAndARedirectNotFollowed() async throws {
        let receiver = try Receiver { _ in .init(status: 200, body: String(repeating: "x", count: 1 << 20)) }
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            _ = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            try await site.send { try await site.until { try await site.only(hook, ada).state == .delivered } }
            #expect(try await site.only(hook, ada).answer.count == HTTPPoster.kept)
        }
    }

    @Test func aReceiverThatDoesNotAnswerIsGivenUp() async throws {
        let isFree = Atomic(false)
        let receiver = try Receiver { _ in
            while !isFree.load(ordering: .relaxed) { usleep(10_000) }
            return .init()
        }
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            _ = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            try await site.send(seconds: 1) { try await site.until { try await site.only(hook, ada).attempts == 1 } }
            #expect(try await site.only(hook, ada).error == "There was no answer in time.")
            isFree.store(true, ordering: .relaxed)
        }
    }

    // MARK: What operators see

    @Test func figuresTellWhatIsLateAndWhoFails() async throws {
        try await Site.withWebhook("https://example.org/") { site, ada, hook in
            #expect(try await WebhookFigures.read(site.database) == .init(due: 0, oldestDue: 0, failing: 0))
            try await site.end(ada, 3)
            try await site.database.execute(
                """
                UPDATE webhook_deliveries SET next_at = now() + CASE number % 3
                    WHEN 0 THEN interval '1 hour' WHEN 1 THEN interval '-90 seconds' ELSE interval '-30 seconds' END
                """)
            try await site.database.execute("UPDATE webhook_endpoints SET failing_since = now()")
            // One that waits for its next attempt is late for nobody.
            let figures = try await WebhookFigures.read(site.database)
            #expect(figures.due == 2 && (90..<110).contains(figures.oldestDue) && figures.failing == 1)
            _ = try await site.webhooks.change(hook, owner: ada.user.id, isOn: false)
            #expect(try await WebhookFigures.read(site.database) == .init(due: 0, oldestDue: 0, failing: 0))
        }
    }

    // MARK: What goes

    @Test func messagesGoWithTheirEndpointAndAccountAndTime() async throws {
        try await Site.withWebhook("https://example.org/") { site, ada, hook in
            try await site.end(ada, 2)
            try await site.database.execute(
                """
                UPDATE webhook_deliveries SET created_at = now() - interval '31 days'
                WHERE id = (SELECT id FROM webhook_deliveries LIMIT 1)
                """)
            try await WebhookStore.sweep(site.database)
            #expect(try await site.bodies(hook).count == 1)
            try await site.database.execute("DELETE FROM users WHERE id = \(ada.user.id)")
            #expect(try await site.bodies(hook).isEmpty)
            #expect(try await site.webhooks.endpoints(of: ada.user.id).isEmpty)
        }
    }
}

extension Site {
    var webhooks: WebhookStore { WebhookStore(database: database) }

    /// A site with a program of Ada's and her endpoint.
    /// Tells owners through a server of the test's own.
    func webhookMailer(_ server: MailServer) -> WebhookMailer {
        WebhookMailer(
            database: database,
            mailer: .init(
                .init(url: "smtp://127.0.0.1:\(server.port)", from: "mien@example.org", security: .never)),
            site: "https://mien.example.org", logger: Logger(label: "tests"))
    }

    static func withWebhook(
        _ url: String, events: [WebhookEvent] = [.analysisFinished, .analysisFailed],
        _ body: @escaping @Sendable (Site, Program, UUID) async throws -> Void
    ) async throws {
        try await run(["MIEN_WEBHOOK_HOSTS": "127.0.0.1"]) { site in
            let ada = try await Program(site, scopes: [.webhooks])
            let target = try WebhookTarget(url, allowed: .init("127.0.0.1"))
            let (hook, _) = try await site.webhooks.make(
                target, events: events, site: "https://mien.example.org", owner: ada.user.id)
            try await body(site, ada, hook.id)
        }
    }

    /// So many photos of hers finish.
    func end(_ person: Program, _ count: Int) async throws {
        for _ in 0..<count {
            let id = try await analysis(of: person.user.id, .queued)
            _ = try await recorder.record([.happy(id, generation: 1)])
        }
    }

    /// The messages in the order in which they were written.
    func bodies(
        _ hook: UUID, where condition: String = "true"
    ) async throws -> [(id: UUID, event: String, body: [String: Any])] {
        try await database.query(
            """
            SELECT id, event, body FROM webhook_deliveries
            WHERE endpoint_id = \(hook) AND \(unescaped: condition) ORDER BY number
            """
        ).map { row in
            let (id, event, body) = try row.decode((UUID, String, String).self)
            return (id, event, try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] ?? [:])
        }
    }

    func only(_ hook: UUID, _ person: Program) async throws -> WebhookDelivery {
        let all = try await webhooks.deliveries(of: hook, owner: person.user.id, limit: 100).items
        return try #require(all.first)
    }

    func secret(_ hook: UUID) async throws -> WebhookSecret {
        let row = try await database.first("SELECT secret FROM webhook_endpoints WHERE id = \(hook)")
        return try #require(WebhookSecret(text: try row?.decode(String.self) ?? ""))
    }

    func sender(
        _ name: String, allowed: String = "127.0.0.1", authorities: URL? = nil, seconds: Int = 10
    ) -> (sender: WebhookSender, wake: AsyncStream<Void>.Continuation) {
        let (wakeUps, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var logger = Logger(label: "tests")
        logger.logLevel = .critical
        return (
            WebhookSender(
                database: database, allowed: .init(allowed), authorities: authorities, name: name, site: "",
                wakeUps: wakeUps, wake: wake, seconds: seconds, logger: logger), wake
        )
    }

    /// Runs a sender until `body` is over, and then cancels it, as a kill would.
    func send(
        as name: String = "tests", allowed: String = "127.0.0.1", authorities: URL? = nil, seconds: Int = 10,
        _ body: () async throws -> Void
    ) async throws {
        let (sender, _) = sender(name, allowed: allowed, authorities: authorities, seconds: seconds)
        let running = Task { try await sender.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        running.cancel()
        try await running.value
    }

    /// Waits until it is so; the test's own limit of time ends it otherwise.
    func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(20)) }
    }
}
