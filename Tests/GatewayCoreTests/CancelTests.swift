import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

@Suite struct CancelTests {
    private func outbox(_ site: Site, _ id: UUID) async throws -> Int {
        try await site.database.first("SELECT count(*) FROM outbox WHERE analysis_id = \(id)")?.decode(Int.self) ?? -1
    }

    private func status(_ site: Site, _ id: UUID, of person: Person) async throws -> AnalysisStatus? {
        try await site.store.find(id, owner: person.user.id)?.status
    }

    /// What the internal port answers a worker that has the ticket of a try.
    private func claim(_ site: Site, _ id: UUID, generation: Int) async throws -> HTTPResponse.Status {
        let tickets = TicketSigner(secret: site.secret)
        let router = Router(context: GatewayContext.self)
        ClaimRoutes(database: site.database, tickets: tickets).add(to: router)
        return try await Application(router: router).test(.router) { client in
            try await client.executeRequest(
                uri: "/photos/\(id.lower)", method: .get,
                headers: [.authorization: "Bearer \(tickets.issue(id, generation: generation))"], body: nil
            ).status
        }
    }

    @Test func whatWaitsIsCancelledWithItsJobAndKeepsItsPhoto() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await ada.get("/analyses/\(id.lower)").text.contains("action=\"/analyses/\(id.lower)/cancel\""))
            #expect(try await outbox(site, id) == 1)
            let answer = try await ada.post("/analyses/\(id.lower)/cancel")
            #expect(answer.status == .seeOther && answer.headers[.location] == "/analyses/\(id.lower)")
            #expect(try await outbox(site, id) == 0)
            #expect(try await ada.counts() == (0, 0))
            let page = try await ada.get("/analyses/\(id.lower)").text
            #expect(page.contains("This analysis was cancelled") && page.contains("/analyses/\(id.lower)/retry"))
            #expect(!page.contains("/cancel\""), "what has ended cannot be cancelled")
            #expect(try await ada.get("/analyses?state=cancelled").text.contains(id.lower))
            #expect(try await ada.get("/analyses.csv").text.contains(",cancelled,"))
            #expect(try await ada.get("/analyses/\(id.lower).json").text.contains("\"status\":\"cancelled\""))
            // Twice is as good as once.
            let again = try await ada.post("/analyses/\(id.lower)/cancel")
            #expect(again.headers[.location] == "/analyses/\(id.lower)")
            // The photo is still there for another try.
            let limits = IntakeLimits(maxOpenPerUser: 9, maxOpen: 9)
            #expect(try await site.store.retry([id], owner: ada.user.id, limits: limits) == 1)
            #expect(try await claim(site, id, generation: 1) == .gone, "the ticket of the try that was cancelled")
            #expect(try await claim(site, id, generation: 2) == .ok)
            #expect(try await site.recorder.record([.happy(id, generation: 2)]) == [.recorded])
            #expect(try await ada.counts() == (1, 0))
        }
    }

    @Test func aWorkerIsToldThatItIsGoneAndItsLateResultChangesNothing() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .processing)
            #expect(try await ada.post("/analyses/\(id.lower)/cancel").status == .seeOther)
            #expect(try await claim(site, id, generation: 1) == .gone)
            for result in [ResultMessage.happy(id, generation: 1), .damaged(id, generation: 1)] {
                #expect(try await site.recorder.record([result]) == [.ignored])
            }
            #expect(try await status(site, id, of: ada) == .cancelled)
            #expect(try await site.store.preview(id, owner: ada.user.id, kind: .thumbnail) == nil)
            #expect(try await ada.counts() == (0, 0))
            #expect(try await site.store.publishLost(after: -1) == 0, "nor is it published again")
        }
    }

    @Test func whatHasEndedStaysAndTheAnswerSaysSo() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            for ended in [AnalysisStatus.finished, .failed] {
                let id = try await site.analysis(of: ada.user.id, ended)
                let answer = try await ada.post("/analyses/\(id.lower)/cancel")
                #expect(answer.headers[.location] == "/analyses/\(id.lower)?done=cancel-0")
                let page = try await ada.get("/analyses/\(id.lower)?done=cancel-0").text
                #expect(page.contains("Nothing was cancelled: it had ended already."))
                let refused = try await ada.postAsProgram("/analyses/\(id.lower)/cancel")
                #expect(refused.status == .conflict && refused.text.contains("already_ended"))
                #expect(try await status(site, id, of: ada) == ended)
            }
            #expect(try await ada.counts() == (1, 1))
        }
    }

    @Test func anotherPersonsAnalysesAreAsAbsentAsOnesThatNeverWere() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let batch = UUID.timeOrdered()
            let id = try await site.analysis(of: ada.user.id, .queued, batch: batch)
            for path in [
                "/analyses/\(id.lower)", "/analyses/\(UUID().lower)", "/batches/\(batch.lower)", "/analyses/x",
            ] {
                #expect(try await eve.post("\(path)/cancel").status == .notFound)
                let program = try await eve.postAsProgram("\(path)/cancel")
                #expect(program.status == .notFound && program.text.contains("\"code\":\"not_found\""))
            }
            let chosen = try await eve.post("/analyses/selected", [("ids[]", id.lower), ("action", "cancel")])
            #expect(chosen.headers[.location] == "/analyses?done=cancel-0")
            #expect(try await status(site, id, of: ada) == .queued)
            // Nor does a form that another site made a browser send.
            let forged = try await site.client.executeRequest(
                uri: "/analyses/\(id.lower)/cancel", method: .post,
                headers: [
                    .cookie: "mien_session=\(ada.session)", .contentType: "application/x-www-form-urlencoded",
                ], body: nil)
            #expect(forged.status == .forbidden)
            #expect(try await status(site, id, of: ada) == .queued)
        }
    }

    @Test func aBatchIsCancelledAsFarAsItIsOpen() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let batch = UUID.timeOrdered()
            let finished = try await site.analysis(of: ada.user.id, batch: batch)
            let failed = try await site.analysis(of: ada.user.id, .failed, batch: batch)
            let open = [
                try await site.analysis(of: ada.user.id, .queued, batch: batch),
                try await site.analysis(of: ada.user.id, .processing, batch: batch),
            ]
            let other = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await ada.get("/batches/\(batch.lower)").text.contains("Cancel the waiting ones"))
            let answer = try await ada.post("/batches/\(batch.lower)/cancel")
            #expect(answer.headers[.location] == "/batches/\(batch.lower)?done=cancel-2")
            for id in open { #expect(try await status(site, id, of: ada) == .cancelled) }
            #expect(try await status(site, finished, of: ada) == .finished)
            #expect(try await status(site, failed, of: ada) == .failed)
            #expect(try await status(site, other, of: ada) == .queued)
            #expect(try await ada.counts() == (1, 1))
            let page = try await ada.get("/batches/\(batch.lower)?done=cancel-2").text
            #expect(page.contains("2 analyses cancelled."))
            #expect(page.contains("2 of 4 done, 1 could not be analysed, 2 cancelled"))
            #expect(page.contains("Try the cancelled ones again"))
            try await site.database.execute("UPDATE analyses SET error_code = 'timed_out' WHERE id = \(failed)")
            let both = "Try the failed and cancelled ones again"
            #expect(try await ada.get("/batches/\(batch.lower)").text.contains(both))
            #expect(!page.contains("Cancel the waiting ones"))
            let twice = try await ada.post("/batches/\(batch.lower)/cancel")
            #expect(twice.headers[.location] == "/batches/\(batch.lower)?done=cancel-0")
            #expect(try await ada.post("/batches/\(batch.lower)/retry").status == .seeOther)
            for id in open { #expect(try await status(site, id, of: ada) == .queued) }
            #expect(try await ada.counts() == (1, 0))
        }
    }

    @Test func aSelectionIsCancelledFromTheHistory() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let ids = [
                try await site.analysis(of: ada.user.id, .queued), try await site.analysis(of: ada.user.id),
                try await site.analysis(of: ada.user.id, .processing),
            ]
            let fields = ids.map { ("ids[]", $0.lower) } + [("action", "cancel"), ("here", "/analyses?state=waiting")]
            let answer = try await ada.post("/analyses/selected", fields)
            #expect(answer.headers[.location] == "/analyses?state=waiting&done=cancel-2")
            let page = try await ada.get("/analyses?done=cancel-2").text
            #expect(page.contains("2 analyses cancelled.") && page.contains("value=\"cancel\""))
            #expect(
                try await site.store.history(owner: ada.user.id, before: nil, limit: 9).items.map(\.status.rawValue)
                    .sorted() == ["cancelled", "cancelled", "finished"])
        }
    }

    @Test func programsAreAnsweredInJSON() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let batch = UUID.timeOrdered()
            let one = try await site.analysis(of: ada.user.id, .queued)
            let two = try await site.analysis(of: ada.user.id, .queued, batch: batch)
            let three = try await site.analysis(of: ada.user.id, .queued)
            func cancelled(_ answer: TestResponse) throws -> [String] {
                #expect(answer.status == .ok)
                #expect(answer.headers[.contentType] == "application/json; charset=utf-8")
                let object = try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: [[String: String]]]
                return try #require(object?["analyses"]).map { entry in
                    #expect(entry["status"] == "cancelled")
                    #expect(entry["url"] == "/analyses/\(entry["id"] ?? "").json")
                    return entry["id"] ?? ""
                }
            }
            for _ in 1...2 {
                #expect(try cancelled(await ada.postAsProgram("/analyses/\(one.lower)/cancel")) == [one.lower])
            }
            #expect(try cancelled(await ada.postAsProgram("/batches/\(batch.lower)/cancel")) == [two.lower])
            #expect(try cancelled(await ada.postAsProgram("/batches/\(batch.lower)/cancel")) == [])
            let fields = [("ids[]", one.lower), ("ids[]", three.lower), ("action", "cancel")]
            #expect(try cancelled(await ada.postAsProgram("/analyses/selected", fields)) == [three.lower])
        }
    }
}
