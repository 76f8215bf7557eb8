import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations

/// Which messages open a photo. While workers were away its job was published more than once, and the copies lie in many partitions.
@Suite struct ClaimTests {
    private static let attempts = 5

    @Test func copiesOfAJobCountNoAttemptsWhileItIsInWork() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await site.store.claim(id, generation: 1, message: 1).word == "granted")
            for copy in 2...9 { #expect(try await site.store.claim(id, generation: 1, message: Int64(copy)) == .gone) }
            let analysis = try #require(try await site.store.find(id, owner: ada.user.id))
            #expect(analysis.status == .processing && analysis.attempts == 1)
            #expect(try await site.recorder.record([.happy(id, generation: 1)]) == [.recorded])
            #expect(try await ada.counts() == (1, 0))
        }
    }

    @Test func theListOfJobsNamesTheWorkerThatTookAPhoto() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            let ticket = "Bearer \(TicketSigner(secret: site.secret).issue(id, generation: 1))"
            let operations = OperationsStore(database: site.database)
            #expect(try await operations.jobs(.waiting).map(\.worker) == [nil])
            for name in ["cellar/2", String(repeating: "w", count: 300)] {
                let answer = try await site.workers.executeRequest(
                    uri: "/photos/\(id.lower)", method: .get, headers: [.authorization: ticket, .mienWorker: name],
                    body: nil)
                #expect(answer.status == .ok)
                #expect(try await operations.jobs(.waiting).map(\.worker) == [String(name.prefix(255))])
            }
        }
    }

    @Test func theMessageItselfIsDeliveredAgainUntilTheAttemptsAreUsedUp() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            for attempt in 1...Self.attempts {
                guard case .granted(attempt, _, _) = try await site.store.claim(id, generation: 1, message: 4) else {
                    Issue.record("attempt \(attempt) was refused")
                    continue
                }
            }
            #expect(try await site.store.claim(id, generation: 1, message: 5) == .gone)
            #expect(try await site.store.claim(id, generation: 1, message: 4) == .exhausted)
            #expect(try await ada.counts() == (0, 1))
        }
    }

    @Test func aClaimThatIsSentAgainCountsOnceHoweverLateItComes() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            let (claim, ticket) = (UUID(), TicketSigner(secret: site.secret).issue(id, generation: 1, message: 1))
            func send(_ claim: UUID?) async throws -> (status: HTTPResponse.Status, attempt: String?) {
                var headers: HTTPFields = [.authorization: "Bearer \(ticket)"]
                headers[.mienClaim] = claim?.uuidString
                let answer = try await site.workers.executeRequest(
                    uri: "/photos/\(id.lower)", method: .get, headers: headers, body: nil)
                return (answer.status, answer.headers[.mienAttempt])
            }
            // As a gateway that was frozen executes them: all at once.
            try await withThrowingTaskGroup { group in
                for _ in 0..<6 { group.addTask { try await send(claim) } }
                for try await answer in group { #expect(answer == (.ok, "1")) }
            }
            // Another worker, or a worker that does not tell, counts each time.
            #expect(try await send(UUID()) == (.ok, "2"))
            for attempt in 3...4 { #expect(try await send(nil) == (.ok, "\(attempt)")) }
            for _ in 0..<2 { #expect(try await send(claim) == (.ok, "5")) }
            #expect(try await send(UUID()).status == .gone)
            #expect(try await ada.counts() == (0, 1))
        }
    }

    @Test func whatIsPublishedAgainMayBeClaimedByAnyMessage() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await site.store.claim(id, generation: 1, message: 1).word == "granted")
            try await site.database.execute("DELETE FROM outbox")
            #expect(try await site.store.publishLost(after: -1) == 1)
            #expect(try await site.store.claim(id, generation: 1, message: 2).word == "granted")
            #expect(try await site.store.claim(id, generation: 1, message: 1) == .gone)
            // A ticket from before messages were told apart.
            #expect(try await site.store.claim(id, generation: 1).word == "granted")
        }
    }

    @Test func theTicketTellsWhichMessageItCameWith() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            let tickets = TicketSigner(secret: site.secret)
            func claim(_ message: Int64?) async throws -> HTTPResponse.Status {
                try await site.workers.executeRequest(
                    uri: "/photos/\(id.lower)", method: .get,
                    headers: [.authorization: "Bearer \(tickets.issue(id, generation: 1, message: message))"], body: nil
                ).status
            }
            let statuses = [try await claim(1), try await claim(2), try await claim(1), try await claim(nil)]
            #expect(statuses == [.ok, .gone, .ok, .ok])
        }
    }

    @Test func aJobThatWaitsIsPublishedAgainAfterTwiceTheTimeOfBefore() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            try await site.database.execute("DELETE FROM outbox")
            func published(queued: Int, moved: Int) async throws -> Bool {
                try await site.database.execute(
                    """
                    UPDATE analyses SET queued_at = now() - make_interval(mins => \(queued)::int),
                        moved_at = now() - make_interval(mins => \(moved)::int) WHERE id = \(id)
                    """)
                let count = try await site.store.publishLost(after: Sweeper.patience, waits: true)
                try await site.database.execute("DELETE FROM outbox")
                return count == 1
            }
            let first = [try await published(queued: 14, moved: 14), try await published(queued: 16, moved: 16)]
            #expect(first == [false, true])
            let later = [try await published(queued: 59, moved: 29), try await published(queued: 61, moved: 31)]
            #expect(later == [false, true])
            // In work it waits for no turn.
            _ = try await site.store.claim(id, generation: 1, message: 1)
            #expect(try await published(queued: 600, moved: 16))
        }
    }

    @Test func whatIsLostIsPublishedAgainAlsoWhileResultsComeAllTheTime() {
        func patience(_ jobs: Int, _ results: Int) -> Int {
            let figures = BrokerWatch.Figures(
                interactive: jobs, bulk: 0, results: results, deadJobs: 0, deadResults: 0)
            return Sweeper.patience(with: figures, grace: 60).seconds
        }
        #expect(patience(0, 0) == 60)
        #expect(patience(0, 3) == Sweeper.patience && patience(2, 0) == Sweeper.patience)
    }
}
