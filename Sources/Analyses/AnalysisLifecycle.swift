package import Foundation

/// The life of an analysis: which events there are, in which states each means something, and what it writes.
///
/// This is the description, without a database; `AnalysisLifecycle+Statements.swift` turns it into SQL. Nobody else writes
/// `analyses.status`, the persons' counts or the outbox: `Deploy/lib/check-lifecycle` refuses it.
///
///                  ┌───────────────── retried ─────────────────┐
///                  ▼                                           │
///     submitted ► queued ──claimed──► processing ─┬─ failed, exhausted ─► failed
///                  │ │                  │ ▲    │  │            │
///                  │ └─── cancelled ────┤ └────┘  │        cancelled
///                  │                    └─────────┼────────────┘
///                  └─────── finished, failed ─────┴─ finished ─► finished
///
/// Deleting is possible in every state, expiring in those at the end. `swept` publishes an open one again. What has ended
/// may lie in the bin (`binned`, `restored`), where nothing else can happen to it than that it goes.
package enum AnalysisLifecycle {
    /// What happens to an analysis.
    package enum Event: String, Sendable, CaseIterable {
        /// A person sent the photo.
        case submitted
        /// A worker asked for the photo and gets it.
        case claimed
        /// A worker asked for the photo, and its attempts are used up.
        case exhausted
        /// A worker's result came.
        case finished
        /// A worker's refusal came.
        case failed
        /// Its owner does not want it analysed any more.
        case cancelled
        /// Its owner, or an operator, wants another try.
        case retried
        /// It got no result in time and is published again.
        case swept
        /// Its owner put it into the bin.
        case binned
        /// Its owner took it out again.
        case restored
        /// It has been kept, or has been in the bin, for long enough.
        case expired
        /// Its owner deleted it for good.
        case deleted
    }

    /// What an event makes of an analysis, in the states in which it means something.
    package struct Transition: Sendable, Equatable {
        package enum Origin: Sendable, Equatable {
            case nothing
            case oneOf([AnalysisStatus])
        }

        package enum Target: Sendable, Equatable {
            case same
            case status(AnalysisStatus)
            case gone
        }

        /// What the event does to the attempts of the present try.
        package enum Attempts: Sendable, Equatable {
            case kept
            /// Once for each claim: sent again because its answer did not come in time, it is the same attempt.
            case counted
            case reset
        }

        /// Who may claim the photo while it is in work.
        package enum Claim: Sendable, Equatable {
            case kept
            /// Whoever has the message that it was claimed by: it is delivered again when a worker ends without a result.
            /// Copies in other partitions are not.
            case taken
            /// Whoever has any message.
            case released
        }

        package enum Outbox: Sendable, Equatable {
            case kept
            /// A job is to be published.
            case job
            /// The dead-letter topic is to be told.
            case dead
            /// Jobs that are not published yet are taken back.
            case withdrawn
        }

        package let from: Origin
        package let to: Target
        package var attempts = Attempts.kept
        /// Whether there have to be attempts left, or none, for a claim that was not counted yet; nil when it does not matter.
        var needsAttemptsLeft: Bool?
        /// Whether it must not be in work for another message.
        var needsClaim = false
        var claim = Claim.kept
        /// Whether it has to be in the bin, or must not be; nil when it does not matter.
        var needsBin: Bool?
        /// Whether it is put into the bin, or taken out of it; nil when it stays where it is.
        var bins: Bool?
        /// Whether the photo has to be there.
        var needsPhoto = false
        /// Whether the photo goes, where it was to stay only until it is analysed.
        var dropsPhoto = false
        /// Whether a new try ("generation") begins: whatever an earlier one still sends changes nothing.
        var beginsTry = false
        /// Whether the time begins anew after which it counts as lost.
        var moves = false
        package var outbox = Outbox.kept
        /// Whether waiting pages are told.
        var notifies = false

        /// Whether the event means something in a state; nil is an analysis that is not there.
        func isPossible(in status: AnalysisStatus?) -> Bool {
            switch (from, status) {
            case (.nothing, nil): true
            case (.oneOf(let statuses), let status?): statuses.contains(status)
            default: false
            }
        }

        /// By how much the person's counts change when it leaves a state.
        ///
        /// They count what was analysed, not what is kept: deleting changes none. A failure that is tried again is none any
        /// more, and what is cancelled was never one.
        package func counts(leaving status: AnalysisStatus?) -> Counts {
            guard case .status(let target) = to else { return Counts() }
            var counts = Counts()
            if target == .finished { counts.finished += 1 }
            if target == .failed { counts.failed += 1 }
            if status == .failed { counts.failed -= 1 }
            return counts
        }
    }

    /// A change of a person's `finished_count` and `failed_count`.
    package struct Counts: Sendable, Equatable {
        package var finished = 0
        package var failed = 0
    }

    private static let open = Transition.Origin.oneOf(AnalysisStatus.open)
    private static let ended = Transition.Origin.oneOf(AnalysisStatus.ended)
    private static let anywhere = Transition.Origin.oneOf(AnalysisStatus.allCases)

    /// What an event writes.
    static func transition(_ event: Event) -> Transition {
        switch event {
        case .submitted: Transition(from: .nothing, to: .status(.queued), outbox: .job)
        case .claimed:
            Transition(
                from: open, to: .status(.processing), attempts: .counted, needsAttemptsLeft: true, needsClaim: true,
                claim: .taken, moves: true, notifies: true)
        case .exhausted:
            Transition(
                from: open, to: .status(.failed), needsAttemptsLeft: false, needsClaim: true, outbox: .dead,
                notifies: true)
        case .finished: Transition(from: open, to: .status(.finished), dropsPhoto: true, notifies: true)
        case .failed: Transition(from: open, to: .status(.failed), notifies: true)
        case .cancelled: Transition(from: open, to: .status(.cancelled), outbox: .withdrawn, notifies: true)
        case .retried:
            Transition(
                from: .oneOf([.failed, .cancelled]), to: .status(.queued), attempts: .reset, claim: .released,
                needsBin: false, needsPhoto: true, beginsTry: true, moves: true, outbox: .job, notifies: true)
        case .swept: Transition(from: open, to: .same, claim: .released, moves: true, outbox: .job)
        // What is open is cancelled before.
        case .binned: Transition(from: ended, to: .same, needsBin: false, bins: true, notifies: true)
        case .restored: Transition(from: ended, to: .same, needsBin: true, bins: false, notifies: true)
        case .expired: Transition(from: ended, to: .gone)
        case .deleted: Transition(from: anywhere, to: .gone, notifies: true)
        }
    }
}

extension AnalysisLifecycle {
    /// What the lifecycle knows of one analysis.
    package struct State: Sendable, Equatable {
        package var status: AnalysisStatus
        package var attempts = 0
        package var generation = 1
        /// The message that it is in work for; nil while any may claim it.
        var claimedMessage: Int64?
        /// The claim by which the last attempt was counted; nil where the worker did not tell.
        var claim: UUID?
        var hasPhoto = true
        /// Whether the photo stays once it is analysed.
        var keepsPhoto = true
        var isBinned = false

        package init(
            status: AnalysisStatus, attempts: Int = 0, generation: Int = 1, claimedMessage: Int64? = nil,
            claim: UUID? = nil, hasPhoto: Bool = true, keepsPhoto: Bool = true, isBinned: Bool = false
        ) {
            self.claimedMessage = claimedMessage
            self.claim = claim
            self.keepsPhoto = keepsPhoto
            self.isBinned = isBinned
            self.status = status
            self.attempts = attempts
            self.generation = generation
            self.hasPhoto = hasPhoto
        }
    }

    /// How often a photo may be claimed in one try before it is given up.
    static let maxAttempts = 5

    /// What an event did.
    package struct Effect: Sendable, Equatable {
        /// Nil when the analysis is gone.
        package let state: State?
        package let counts: Counts
        package let outbox: Transition.Outbox
        let notifies: Bool
    }

    /// What an event does to an analysis.
    ///
    /// - Parameters:
    ///   - state: nil for one that is not there.
    ///   - generation: the try that the event is about; nil for whichever is the last.
    ///   - message: the one that a worker claims the photo by; nil where it does not tell, which opens it always.
    ///   - claim: the same each time that a worker sends one claim again; nil where it does not tell, which counts always.
    ///   - maxAttempts: how often the photo may be claimed in one try.
    /// - Returns: nil when it changes nothing.
    package static func apply(
        _ event: Event, to state: State?, generation: Int? = nil, message: Int64? = nil, claim: UUID? = nil,
        maxAttempts: Int = AnalysisLifecycle.maxAttempts
    ) -> Effect? {
        let transition = transition(event)
        guard transition.isPossible(in: state?.status) else { return nil }
        if let generation, let state, generation != state.generation { return nil }
        let isCounted = claim != nil && claim == state?.claim
        if let needed = transition.needsAttemptsLeft, needed != (isCounted || (state?.attempts ?? 0) < maxAttempts) {
            return nil
        }
        if transition.needsClaim, state?.status == .processing, let message, let claimed = state?.claimedMessage,
            message != claimed
        {
            return nil
        }
        if let needed = transition.needsBin, needed != (state?.isBinned ?? false) { return nil }
        if transition.needsPhoto, state?.hasPhoto == false { return nil }
        var next: State?
        switch transition.to {
        case .gone: next = nil
        case .same: next = state
        case .status(let status):
            next = state ?? State(status: status)
            next?.status = status
        }
        switch transition.attempts {
        case .kept: break
        case .counted:
            if !isCounted { next?.attempts += 1 }
            next?.claim = claim
        case .reset:
            next?.attempts = 0
            next?.claim = nil
        }
        switch transition.claim {
        case .kept: break
        case .taken: next?.claimedMessage = message
        case .released: next?.claimedMessage = nil
        }
        if transition.beginsTry { next?.generation += 1 }
        if let bins = transition.bins { next?.isBinned = bins }
        if transition.dropsPhoto, next?.keepsPhoto == false { next?.hasPhoto = false }
        return Effect(
            state: next, counts: transition.counts(leaving: state?.status), outbox: transition.outbox,
            notifies: transition.notifies)
    }
}
