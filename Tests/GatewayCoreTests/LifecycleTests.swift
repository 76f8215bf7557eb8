import Foundation
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations

@Suite struct LifecycleTests {
    private typealias Lifecycle = AnalysisLifecycle

    private static let states: [AnalysisStatus?] = [nil] + AnalysisStatus.allCases
    private static let most = AnalysisLifecycle.maxAttempts

    /// What becomes of an analysis that is not there, queued, processing, finished, failed, cancelled: "-" for nothing.
    private static let table: [Lifecycle.Event: String] = [
        .submitted: "queued - - - - -",
        .claimed: "- processing processing - - -",
        .exhausted: "- failed failed - - -",
        .finished: "- finished finished - - -",
        .failed: "- failed failed - - -",
        .cancelled: "- cancelled cancelled - - -",
        .retried: "- - - - queued queued",
        .swept: "- queued processing - - -",
        .binned: "- - - finished failed cancelled",
        .restored: "- - - finished failed cancelled",
        .expired: "- - - gone gone gone",
        .deleted: "- gone gone gone gone gone",
    ]

    /// An analysis in a state to which the event can happen as far as its attempts go.
    private static func state(_ status: AnalysisStatus?, before event: Lifecycle.Event) -> Lifecycle.State? {
        status.map {
            Lifecycle.State(
                status: $0, attempts: event == .exhausted ? most : 1, generation: 3, isBinned: event == .restored)
        }
    }

    @Test func everyEventHasItsEffectInEveryState() throws {
        #expect(Set(Self.table.keys) == Set(Lifecycle.Event.allCases))
        for (event, row) in Self.table {
            for (status, expected) in zip(Self.states, row.split(separator: " ").map(String.init)) {
                let effect = Lifecycle.apply(event, to: Self.state(status, before: event))
                let word = effect.map { $0.state?.status.rawValue ?? "gone" } ?? "-"
                #expect(word == expected, "\(event) when \(status?.rawValue ?? "nothing is there")")
            }
        }
    }

    @Test func whatIsInTheBinCanOnlyComeBackOrGo() {
        for event in Lifecycle.Event.allCases where event != .submitted {
            for status in AnalysisStatus.ended {
                let effect = Lifecycle.apply(event, to: Lifecycle.State(status: status, isBinned: true))
                #expect((effect != nil) == [.restored, .expired, .deleted].contains(event), "\(event) when \(status)")
                if event == .restored { #expect(effect?.state == Lifecycle.State(status: status)) }
            }
        }
        #expect(Lifecycle.apply(.restored, to: Lifecycle.State(status: .finished)) == nil, "it is not there")
        #expect(
            Lifecycle.apply(.binned, to: Lifecycle.State(status: .failed))?.state
                == Lifecycle.State(status: .failed, isBinned: true))
    }

    @Test func countsTellWhatWasAnalysed() {
        for event in Lifecycle.Event.allCases {
            for status in Self.states {
                guard let effect = Lifecycle.apply(event, to: Self.state(status, before: event)) else { continue }
                let expected =
                    switch event {
                    case .finished: Lifecycle.Counts(finished: 1)
                    case .failed, .exhausted: Lifecycle.Counts(failed: 1)
                    case .retried where status == .failed: Lifecycle.Counts(failed: -1)
                    default: Lifecycle.Counts()
                    }
                #expect(effect.counts == expected, "\(event) when \(status?.rawValue ?? "nothing is there")")
            }
        }
    }

    @Test func messagesAndNoticesGoWithWhatTheyTellOf() {
        let job: Set<Lifecycle.Event> = [.submitted, .retried, .swept]
        let silent: Set<Lifecycle.Event> = [.submitted, .swept, .expired]
        for event in Lifecycle.Event.allCases {
            let transition = Lifecycle.transition(event)
            #expect((transition.outbox == .job) == job.contains(event))
            #expect((transition.outbox == .dead) == (event == .exhausted))
            #expect((transition.outbox == .withdrawn) == (event == .cancelled))
            #expect(transition.notifies != silent.contains(event))
        }
    }

    @Test func attemptsAreBoundedAndATryBeginsWithNone() {
        var state: Lifecycle.State? = Lifecycle.State(status: .queued)
        for attempt in 1...Self.most {
            #expect(Lifecycle.apply(.exhausted, to: state) == nil)
            state = Lifecycle.apply(.claimed, to: state)?.state
            #expect(state == Lifecycle.State(status: .processing, attempts: attempt))
        }
        #expect(Lifecycle.apply(.claimed, to: state) == nil)
        state = Lifecycle.apply(.exhausted, to: state)?.state
        #expect(state?.status == .failed)
        state = Lifecycle.apply(.retried, to: state)?.state
        #expect(state == Lifecycle.State(status: .queued, attempts: 0, generation: 2))
        #expect(Lifecycle.apply(.claimed, to: state, generation: 1) == nil, "that try is over")
        #expect(Lifecycle.apply(.claimed, to: state, generation: 2) != nil)
        let withoutPhoto = Lifecycle.State(status: .failed, hasPhoto: false)
        #expect(Lifecycle.apply(.retried, to: withoutPhoto) == nil)
    }

    @Test func aClaimThatIsSentAgainIsTheSameAttempt() {
        let (claim, other) = (UUID(), UUID())
        var state: Lifecycle.State? = Lifecycle.State(status: .queued, attempts: Self.most - 1)
        for _ in 0..<6 {
            state = Lifecycle.apply(.claimed, to: state, claim: claim)?.state
            #expect(state == Lifecycle.State(status: .processing, attempts: Self.most, claim: claim))
            #expect(Lifecycle.apply(.exhausted, to: state, claim: claim) == nil)
        }
        for next in [other, nil] {
            #expect(Lifecycle.apply(.claimed, to: state, claim: next) == nil)
            #expect(Lifecycle.apply(.exhausted, to: state, claim: next) != nil)
        }
        state = Lifecycle.apply(.failed, to: state)?.state
        #expect(Lifecycle.apply(.retried, to: state)?.state?.claim == nil)
    }

    /// What the statements do is what the description says, for each event in each state, by the rows themselves.
    ///
    /// - Parameter isRepeated: whether the claim is one that was counted before, which a worker sends again.
    @Test(arguments: [false, true]) func theStatementsDoWhatTheDescriptionSays(isRepeated: Bool) async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let claim = UUID()
            for event in Lifecycle.Event.allCases where event != .submitted {
                let open = AnalysisStatus.allCases.map { ($0, false) }
                for (status, isBinned) in open + AnalysisStatus.ended.map({ ($0, true) }) {
                    // Attempts that decide which of `claimed` and `exhausted` can happen are a matter of the tests above.
                    let id = try await site.analysis(of: ada.user.id, status)
                    if event == .exhausted, !status.isTerminal {
                        while try await Self.row(site, id)?.attempts != Self.most {
                            _ = try await site.store.claim(id, generation: 1)
                        }
                    }
                    if isRepeated {
                        try await site.database.execute("UPDATE analyses SET claim_id = \(claim) WHERE id = \(id)")
                    }
                    if isBinned {
                        try await site.database.execute(Lifecycle.binned(.some([id]), owner: ada.user.id))
                    }
                    try await site.database.execute("DELETE FROM outbox")
                    let before = try #require(try await Self.row(site, id))
                    let counts = try await ada.counts()
                    let changed = try await site.database.query(
                        Self.statement(event, id, owner: ada.user.id, claim: claim)
                    ).count
                    let comment: Comment = "\(event) when \(status)\(isBinned ? " in the bin" : "")"
                    let effect = Lifecycle.apply(event, to: before, claim: claim)
                    #expect(changed == (effect == nil ? 0 : 1), comment)
                    #expect(try await Self.row(site, id) == (effect == nil ? before : effect?.state), comment)
                    let now = try await ada.counts()
                    #expect(now.finished - counts.finished == effect?.counts.finished ?? 0, comment)
                    #expect(now.failed - counts.failed == effect?.counts.failed ?? 0, comment)
                    let kinds = try await site.database.query("SELECT kind FROM outbox").map {
                        try $0.decode(String.self)
                    }
                    let expected = effect?.outbox == .job ? ["job"] : effect?.outbox == .dead ? ["dead"] : []
                    #expect(kinds == expected, comment)
                    try await site.store.delete([id], owner: ada.user.id)
                }
            }
        }
    }

    private static func row(_ site: Site, _ id: UUID) async throws -> Lifecycle.State? {
        try await site.database.first(
            """
            SELECT status, attempts::bigint, generation::bigint, claim_id, binned_at IS NOT NULL
            FROM analyses WHERE id = \(id)
            """
        )
        .map {
            let (status, attempts, generation, claim, isBinned) = try $0.decode((String, Int, Int, UUID?, Bool).self)
            return Lifecycle.State(
                status: try #require(AnalysisStatus(rawValue: status)), attempts: attempts, generation: generation,
                claim: claim, isBinned: isBinned)
        }
    }

    private static func statement(
        _ event: Lifecycle.Event, _ id: UUID, owner: UUID, claim: UUID? = nil
    ) throws -> Statement {
        switch event {
        case .submitted: preconditionFailure("it makes a new one")
        case .claimed: Lifecycle.claimed(id, generation: 1, message: nil, claim: claim, worker: nil)
        case .exhausted: Lifecycle.exhausted(id, generation: 1, message: nil, claim: claim, words: "")
        case .finished:
            try Lifecycle.finished(
                id, generation: 1,
                AnalysisResult(
                    width: 1, height: 1, previewWidth: 1, previewHeight: 1,
                    findings: Findings(faces: [], facesCut: false, faceCrop: false),
                    model: ModelReference(name: "m", version: "1"), timingsMs: [:]))
        case .failed: Lifecycle.failed(id, generation: 1, code: "damaged", message: "")
        case .cancelled: Lifecycle.cancelled(.some([id]), owner: owner)
        case .retried: Lifecycle.retried([id], owner: owner, generation: nil, limit: 10)
        case .swept: Lifecycle.swept(after: -1, waits: false, limit: 10)
        case .expired: Lifecycle.expired(after: -1, limit: 10)
        case .binned: Lifecycle.binned(.some([id]), owner: owner)
        case .restored: Lifecycle.restored(.some([id]), owner: owner)
        case .deleted: Lifecycle.deleted(.some([id]), owner: owner)
        }
    }

    @Test func aFailureThatWasDismissedAndTriedAgainIsSeenWhenItFailsAgain() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .failed)
            let operations = OperationsStore(database: site.database)
            #expect(try await operations.dismiss(.one(id)) == 1)
            #expect(try await operations.failureGroups().isEmpty)
            let limits = IntakeLimits(maxOpenPerUser: 9, maxOpen: 9)
            #expect(try await site.store.retry([id], owner: ada.user.id, limits: limits) == 1)
            try await site.fail(id)
            #expect(try await operations.failureGroups().map(\.count) == [1])
        }
    }
}
