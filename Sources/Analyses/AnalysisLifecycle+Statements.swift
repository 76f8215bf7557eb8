import Contracts
package import Foundation
import NIOCore
package import Postgres

// The lifecycle in SQL: one statement for each event, with the person's counts, the outbox and the notices in it. What
// depends on the event alone comes from its transition; a function adds which analyses are meant and what they are given.

extension AnalysisLifecycle {
    /// A photo comes in.
    package static func submitted(_ submission: Submission, id: UUID) -> Statement {
        let about = submission.information
        return entering(
            .submitted, id: id,
            [
                ("user_id", "\(submission.owner)"), ("lane", "\(submission.lane.rawValue)"),
                ("title", "\(about.title)"), ("subject", "\(about.subject)"), ("notes", "\(about.notes)"),
                ("tags", "\(about.tags)"), ("taken_at", "\(about.takenAt)::timestamp"),
                ("batch_id", "\(submission.batch?.id)"), ("file_name", "\(submission.fileName)"),
                ("content_type", "\(submission.contentType)"), ("photo_bytes", "\(submission.byteCount)"),
                ("request_id", "\(submission.requestID)"), ("traceparent", "\(submission.trace?.traceparent)"),
                ("keep_photo", "\(submission.handling.keepsPhoto)"),
                ("delete_after", "\(submission.handling.deleteAfterDays)::int"),
                (
                    "cancel_at",
                    "now() + make_interval(secs => \(submission.handling.cancelAfterSeconds.map(Double.init)))"
                ),
                ("photo_sha256", "\(submission.digest)"),
                (
                    "duplicate_of",
                    """
                    (SELECT d.id FROM analyses d
                     WHERE d.user_id = \(submission.owner) AND d.photo_sha256 = \(submission.digest)
                       AND d.binned_at IS NULL
                     ORDER BY d.submitted_at, d.id LIMIT 1)
                    """
                ),
            ])
    }

    /// A worker gets the photo, unless it is wanted no longer; answers the attempts, this one included, the photo's type and its
    /// bytes.
    ///
    /// - Parameters:
    ///   - message: the one that it is claimed by; nil where the worker's ticket does not tell.
    ///   - claim: the same each time that the worker sends it again; nil where it does not tell.
    ///   - worker: the process that asks; nil where it does not tell.
    package static func claimed(
        _ id: UUID, generation: Int, message: Int64?, claim: UUID?, worker: String?
    ) -> Statement {
        changing(
            .claimed,
            """
            a.id = \(id) AND a.generation = \(generation) AND \(isOpen(to: message))
            AND (a.cancel_at IS NULL OR a.cancel_at > now())
            """, by: claim, setting: ["claimed_message = \(message)", "worker = \(worker)"],
            returning: ["attempts", "content_type"],
            answer: "attempts, content_type, (SELECT bytes FROM photos p WHERE p.analysis_id = changed.id)")
    }

    /// An open analysis whose attempts are used up is given up.
    ///
    /// - Parameters:
    ///   - message: the one that it was to be claimed by.
    ///   - claim: that was to be counted.
    ///   - words: for its owner.
    package static func exhausted(
        _ id: UUID, generation: Int, message: Int64?, claim: UUID?, words: String
    ) -> Statement {
        changing(
            .exhausted, "a.id = \(id) AND a.generation = \(generation) AND \(isOpen(to: message))", by: claim,
            setting: ["error_code = 'attempts_exhausted'", "error_message = \(words)"])
    }

    /// Whether it is not in work for another message.
    private static func isOpen(to message: Int64?) -> Statement {
        """
        (a.status <> 'processing' OR a.claimed_message IS NULL OR \(message)::bigint IS NULL
         OR a.claimed_message = \(message)::bigint)
        """
    }

    /// A result is recorded.
    package static func finished(_ id: UUID, generation: Int, _ result: AnalysisResult) throws -> Statement {
        changing(
            .finished, "a.id = \(id) AND a.generation = \(generation)",
            setting: [
                "width = \(result.width)", "height = \(result.height)", "preview_width = \(result.previewWidth)",
                "preview_height = \(result.previewHeight)", "face_count = \(result.findings.faces.count)",
                "faces = \(try json(result.findings))::jsonb", "model_name = \(result.model.name)",
                "model_version = \(result.model.version)", "timings_ms = \(try json(result.timingsMs))::jsonb",
            ])
    }

    /// A worker's refusal is recorded.
    package static func failed(_ id: UUID, generation: Int, code: String, message: String) -> Statement {
        changing(
            .failed, "a.id = \(id) AND a.generation = \(generation)",
            setting: ["error_code = \(code)", "error_message = \(message)"])
    }

    /// Those of a list, or of a batch, that are the owner's and still open are stopped.
    package static func cancelled(_ choice: AnalysisChoice, owner: UUID) -> Statement {
        changingSeveral(.cancelled, "\(choice.condition) AND a.user_id = \(owner)")
    }

    /// Up to `limit` that were wanted no longer than until now are stopped.
    static func overdue(limit: Int) -> Statement {
        changingSeveral(
            .cancelled, "a.cancel_at <= now()", locking: "ORDER BY a.id LIMIT \(limit) FOR UPDATE SKIP LOCKED")
    }

    /// Up to `limit` of a list that are the owner's and ended without a result begin a new try.
    package static func retried(_ ids: [UUID], owner: UUID, generation: Int?, limit: Int) -> Statement {
        changingSeveral(
            .retried,
            """
            a.id = ANY(\(ids)) AND a.user_id = \(owner)
            AND (\(generation) IS NULL OR a.generation = \(generation))
            """, locking: "ORDER BY a.id LIMIT \(limit) FOR UPDATE")
    }

    /// Up to `limit` open ones that have not moved for a time, and wait for no publishing, are published again.
    ///
    /// - Parameter waits: whether they may be waiting for their turn still. Then each is published again after twice the
    ///   time of before, or the copies would be more than the jobs.
    static func swept(after seconds: Int, waits: Bool, limit: Int) -> Statement {
        let turn: Statement =
            waits ? "CASE a.status WHEN 'queued' THEN a.moved_at - a.queued_at ELSE interval '0' END" : "interval '0'"
        return changingSeveral(
            .swept,
            """
            a.moved_at < now() - greatest(make_interval(secs => \(Double(seconds))), \(turn))
            AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.analysis_id = a.id)
            """,
            locking: "ORDER BY a.moved_at LIMIT \(limit) FOR UPDATE SKIP LOCKED")
    }

    /// Up to `limit` that ended so long ago are deleted with their photos, pictures and messages.
    package static func expired(after days: Int, limit: Int) -> Statement {
        changingSeveral(
            .expired, "a.finished_at < now() - make_interval(days => \(days)::int)",
            locking: "ORDER BY a.finished_at LIMIT \(limit) FOR UPDATE SKIP LOCKED")
    }

    /// The same of those whose owner said how long they are to be kept.
    package static func expiredByOwner(limit: Int) -> Statement {
        // As the index `analyses_delete_at` has it: days of 24 hours, so that its end is in the index.
        let end = "(a.finished_at AT TIME ZONE 'UTC') + make_interval(days => a.delete_after)"
        return changingSeveral(
            .expired, "a.delete_after IS NOT NULL AND \(unescaped: end) < now() AT TIME ZONE 'UTC'",
            locking: "ORDER BY \(unescaped: end) LIMIT \(limit) FOR UPDATE SKIP LOCKED")
    }

    /// Those that are the owner's and have ended go into the bin.
    static func binned(_ choice: AnalysisChoice, owner: UUID) -> Statement {
        changingSeveral(.binned, "\(choice.condition) AND a.user_id = \(owner)")
    }

    /// Those that are the owner's come back from the bin.
    package static func restored(_ choice: AnalysisChoice, owner: UUID) -> Statement {
        changingSeveral(.restored, "\(choice.condition) AND a.user_id = \(owner)")
    }

    /// Up to `limit` that have been in the bin for so long are deleted with their photos and pictures.
    package static func expiredInBin(after days: Int, limit: Int) -> Statement {
        changingSeveral(
            .expired, "a.binned_at < now() - make_interval(days => \(days)::int)",
            locking: "ORDER BY a.binned_at LIMIT \(limit) FOR UPDATE SKIP LOCKED")
    }

    /// Those that are the owner's are deleted with their photos, pictures and messages, in the bin or not.
    package static func deleted(_ choice: AnalysisChoice, owner: UUID) -> Statement {
        changingSeveral(.deleted, "\(choice.condition) AND a.user_id = \(owner)")
    }

    /// Up to `limit` of a person's that are in the bin are deleted.
    static func emptied(owner: UUID, limit: Int) -> Statement {
        changingSeveral(
            .deleted, "a.user_id = \(owner) AND a.binned_at IS NOT NULL",
            locking: "ORDER BY a.binned_at LIMIT \(limit) FOR UPDATE SKIP LOCKED")
    }

    /// Made-up rows as they are, to measure with: no event of any life, so nothing is counted, published or told.
    ///
    /// - Parameters:
    ///   - columns: the columns of `analyses` that `rows` gives, in their order.
    ///   - rows: a query.
    package static func madeUp(_ columns: [String], _ rows: Statement) -> Statement {
        "INSERT INTO analyses (\(unescaped: columns.joined(separator: ", "))) \(rows) RETURNING id"
    }
}

/// Which analyses of a person are meant.
package enum AnalysisChoice: Sendable {
    case some([UUID])
    case batch(UUID)
    /// Those of a list that are in the bin.
    case someInBin([UUID])
    /// What was put into the bin by one act: all of it has one time.
    case binned(at: Date)

    /// On `analyses`, called `a`.
    var condition: Statement {
        switch self {
        case .some(let ids): "a.id = ANY(\(ids))"
        case .batch(let id): "a.batch_id = \(id)"
        case .someInBin(let ids): "a.id = ANY(\(ids)) AND a.binned_at IS NOT NULL"
        case .binned(let at): "a.binned_at = \(at)"
        }
    }
}

/// What a worker found, as it is recorded.
package struct AnalysisResult: Sendable {
    /// The oriented original's size in pixels.
    package let width: Int
    package let height: Int
    /// The previews' size in pixels.
    package let previewWidth: Int
    package let previewHeight: Int
    package let findings: Findings
    package let model: ModelReference
    package let timingsMs: [String: Double]
}

extension AnalysisStatus {
    /// A condition on `status`, for queries that read. The words stand in the text, as partial indexes need them.
    package static func condition(_ statuses: [AnalysisStatus], of alias: String = "") -> Statement {
        let words = statuses.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let column = alias.isEmpty ? "status" : "\(alias).status"
        return Statement(unescaped: statuses.count == 1 ? "\(column) = \(words)" : "\(column) IN (\(words))")
    }

    /// Still to be done.
    package static var openCondition: Statement { condition(open) }
}

extension AnalysisLifecycle {
    /// The statement of an event that a new analysis comes from.
    private static func entering(_ event: Event, id: UUID, _ columns: [(String, Statement)]) -> Statement {
        let transition = transition(event)
        guard case .status(let status) = transition.to else { preconditionFailure("\(event) makes no analysis") }
        let names = ["id", "status"] + columns.map(\.0)
        let values: [Statement] = ["\(id)", "\(unescaped: "'\(status.rawValue)'")"] + columns.map(\.1)
        return .often(
            """
            WITH changed AS (
                INSERT INTO analyses (\(unescaped: names.joined(separator: ", ")))
                VALUES (\(values.joined(separator: ", "))) RETURNING id)\(outbox(transition))
            SELECT id FROM changed\(notices(transition))
            """)
    }

    /// The statement of an event of one analysis.
    private static func changing(
        _ event: Event, _ condition: Statement, by claim: UUID? = nil, setting details: [Statement] = [],
        returning columns: [String] = [], answer: Statement = "id"
    ) -> Statement {
        let transition = transition(event)
        let kept = transition.dropsPhoto ? ["keep_photo"] : []
        let returned = (["id", "user_id"] + kept + columns).map { "a.\($0)" }.joined(separator: ", ")
        return .often(
            """
            WITH changed AS (
                UPDATE analyses a SET \((assignments(transition, by: claim) + details).joined(separator: ", "))
                WHERE \(condition)\(guards(transition, by: claim))
                RETURNING \(unescaped: returned))\(counts(transition))\(outbox(transition))\(photo(transition))
            SELECT \(answer) FROM changed\(notices(transition))
            """)
    }

    /// A photo that was to stay only until it is analysed goes in the same statement.
    private static func photo(_ transition: Transition) -> Statement {
        guard transition.dropsPhoto else { return "" }
        return """
            ,
            dropped AS (
                DELETE FROM photos p USING changed WHERE p.analysis_id = changed.id AND NOT changed.keep_photo)
            """
    }

    /// The statement of an event of several analyses; answers the ids of those that it changed.
    ///
    /// All who change several take the locks in one order, by id, or pass over what is locked: nobody waits in a circle.
    private static func changingSeveral(
        _ event: Event, _ condition: Statement, locking: Statement = "ORDER BY a.id FOR UPDATE"
    ) -> Statement {
        let transition = transition(event)
        let change: Statement =
            transition.to == .gone
            ? "DELETE FROM analyses a USING chosen WHERE a.id = chosen.id"
            : """
            UPDATE analyses a SET \(assignments(transition).joined(separator: ", "))
            FROM chosen WHERE a.id = chosen.id
            """
        return """
            WITH chosen AS (
                SELECT a.id, a.status AS was FROM analyses a
                WHERE \(condition)\(guards(transition))
                \(locking)),
            changed AS (
                \(change)
                RETURNING a.id, a.user_id, chosen.was)\(counts(transition))\(outbox(transition))
            SELECT id FROM changed\(notices(transition))
            """
    }

    /// In which states, and under which conditions, the event means something.
    private static func guards(_ transition: Transition, by claim: UUID? = nil) -> Statement {
        var guards: Statement = ""
        if case .oneOf(let statuses) = transition.from, statuses.count < AnalysisStatus.allCases.count {
            guards.append(" AND \(AnalysisStatus.condition(statuses, of: "a"))")
        }
        if let isLeft = transition.needsAttemptsLeft {
            let left: Statement = "(a.attempts < \(AnalysisLifecycle.maxAttempts) OR \(isCounted(claim)))"
            guards.append(isLeft ? " AND \(left)" : " AND NOT \(left)")
        }
        if let isThere = transition.needsBin {
            guards.append(" AND a.binned_at IS \(unescaped: isThere ? "NOT NULL" : "NULL")")
        }
        if transition.needsPhoto { guards.append(" AND EXISTS (SELECT 1 FROM photos p WHERE p.analysis_id = a.id)") }
        return guards
    }

    /// Whether the last attempt was counted by this claim.
    private static func isCounted(_ claim: UUID?) -> Statement {
        "(a.claim_id = \(claim)::uuid) IS TRUE"
    }

    private static func assignments(_ transition: Transition, by claim: UUID? = nil) -> [Statement] {
        var all: [Statement] = []
        if case .status(let status) = transition.to {
            all.append("status = \(unescaped: "'\(status.rawValue)'")")
            if status.isTerminal { all.append("finished_at = now()") }
        }
        switch transition.attempts {
        case .kept: break
        case .counted:
            all += [
                "attempts = a.attempts + CASE WHEN \(isCounted(claim)) THEN 0 ELSE 1 END",
                "claim_id = \(claim)::uuid", "started_at = coalesce(a.started_at, now())",
            ]
        case .reset: all += ["attempts = 0", "claim_id = NULL"]
        }
        if transition.beginsTry {
            all += [
                "generation = a.generation + 1", "queued_at = now()", "started_at = NULL", "finished_at = NULL",
                "error_code = NULL", "error_message = NULL", "dismissed_at = NULL", "cancel_at = NULL",
            ]
        }
        if transition.moves { all.append("moved_at = now()") }
        if transition.claim == .released { all.append("claimed_message = NULL") }
        // The time of the transaction, so that what went by one act comes back by one.
        if let bins = transition.bins { all.append("binned_at = \(unescaped: bins ? "now()" : "NULL")") }
        return all
    }

    /// Moves the counts of the persons whose analyses were changed, in the same statement.
    private static func counts(_ transition: Transition) -> Statement {
        guard case .oneOf(let statuses) = transition.from else { return "" }
        for (column, path) in [("finished_count", \Counts.finished), ("failed_count", \Counts.failed)] {
            let changes = statuses.map { ($0, transition.counts(leaving: $0)[keyPath: path]) }
            let numbers = Set(changes.map(\.1))
            guard numbers != [0] else { continue }
            // The state that was left is asked for only where it matters.
            let cases = changes.map { "WHEN '\($0.rawValue)' THEN \($1)" }.joined(separator: " ")
            let number = numbers == [1] ? "count(*)" : "sum(CASE was \(cases) END)"
            // An event moves one count at most: a statement can change a row once.
            return """
                ,
                counted AS (
                    UPDATE users SET \(unescaped: column) = users.\(unescaped: column) + moved.number
                    FROM (SELECT user_id, \(unescaped: number) AS number FROM changed GROUP BY user_id) moved
                    WHERE users.id = moved.user_id AND moved.number <> 0)
                """
        }
        return ""
    }

    /// A picture that is to be drawn: it changes nothing of the analysis, and goes the way of its jobs. Asked for again by others
    /// meanwhile, it is told once.
    ///
    /// Attempts are counted from the time on: those of a picture that was asked for, kept and forgotten before are others.
    static func drawingAsked(_ picture: DrawnPicture, _ id: UUID, owner: UUID) -> Statement {
        """
        WITH asked AS (
            INSERT INTO \(picture.table) AS f (analysis_id, attempts, attempts_of_others)
            SELECT a.id, start.number, start.number
            FROM (SELECT extract(epoch FROM now() - timestamptz '2026-01-01 UTC')::int AS number) start,
                analyses a JOIN \(picture.source) s ON s.analysis_id = a.id
            WHERE a.id = \(id) AND a.user_id = \(owner) AND a.status = 'finished' AND a.binned_at IS NULL
            ON CONFLICT (analysis_id) DO UPDATE SET asked_at = now()
            WHERE f.bytes IS NULL AND f.asked_at < now() - make_interval(secs => \(Double(DrawnPicture.patienceSeconds)))
            RETURNING analysis_id),
        told AS (INSERT INTO outbox (analysis_id, kind) SELECT analysis_id, '\(unescaped: picture.outboxKind.rawValue)' FROM asked)
        SELECT 1 FROM asked WHERE pg_notify('\(unescaped: Outbox.channel)', '') IS NOT NULL
        """
    }

    private static func outbox(_ transition: Transition) -> Statement {
        switch transition.outbox {
        case .kept: ""
        case .job, .dead:
            """
            ,
            told AS (
                INSERT INTO outbox (analysis_id, kind)
                SELECT id, \(unescaped: transition.outbox == .job ? "'job'" : "'dead'") FROM changed)
            """
        case .withdrawn:
            """
            ,
            told AS (DELETE FROM outbox o USING changed WHERE o.analysis_id = changed.id AND o.kind = 'job')
            """
        }
    }

    /// Wakes the relay and waiting pages when the transaction commits; `pg_notify` answers something that is not NULL.
    private static func notices(_ transition: Transition) -> Statement {
        var calls: [String] = []
        if transition.notifies { calls.append("pg_notify('\(AnalysisNotice.channel)', id::text) IS NOT NULL") }
        if transition.outbox == .job || transition.outbox == .dead {
            calls.append("pg_notify('\(Outbox.channel)', '') IS NOT NULL")
        }
        return calls.isEmpty ? "" : " WHERE \(unescaped: calls.joined(separator: " AND "))"
    }

    private static func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}
