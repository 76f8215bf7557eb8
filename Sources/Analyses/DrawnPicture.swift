package import Contracts
package import Foundation
package import Postgres

/// A picture with a photo's faces drawn on it, for saving and printing. A worker draws it when it is asked for.
package enum DrawnPicture: Sendable, CaseIterable {
    /// The photo as large as it is, as long as that is kept. The picture is kept for an hour.
    case full
    /// The clean picture. It is kept for two minutes. A result of a worker from before it was drawn on demand brought it along, and
    /// as long as nobody corrected anything it says the same.
    case annotated

    /// Where one stands.
    package enum State: Sendable {
        case ready([UInt8])
        /// Asked for, and not here yet.
        case drawing
        /// No worker could draw it.
        case failed
        /// The photo as it was sent is kept no more.
        case photoGone
        /// The analysis has not finished.
        case notFinished
        /// So many of this person's are drawn or kept that this one has to wait.
        case tooMany

        package var isReady: Bool { if case .ready = self { true } else { false } }
        package var isDrawing: Bool { if case .drawing = self { true } else { false } }
    }

    /// How long one is kept.
    package var lifetimeSeconds: Int { self == .full ? 3_600 : 120 }
    /// Of one person at once: in full size as many are drawn and kept, of the others as many are drawn. So many may be kept as can be
    /// asked for in their time.
    package var maxPerPerson: Int { self == .full ? 20 : 100 }
    /// Asked for again after so long, it is put into the queue again: its message may be lost.
    static let patienceSeconds = 60
    /// Times that a worker takes the photo for the same picture: a drawing that ends its process is found out.
    static let maxAttempts = 3

    /// Where it is kept.
    var table: Statement { self == .full ? "full_pictures" : "annotated_pictures" }
    /// What it is drawn on.
    var source: Statement { self == .full ? "photos" : "previews" }
    private var sourceColumn: Statement { self == .full ? "bytes" : "clean" }
    /// Those that count for ``maxPerPerson``.
    private var counted: Statement {
        self == .full
            ? "true"
            : "o.bytes IS NULL AND NOT o.failed AND o.asked_at > now() - make_interval(secs => \(Double(Self.patienceSeconds)))"
    }
    /// What came with the result. A clean picture stands in the place of one that could not be drawn.
    private var broughtAlong: Statement {
        self == .full ? "NULL" : "CASE WHEN a.corrections IS NULL AND s.annotated <> s.clean THEN s.annotated END"
    }
    /// What the outbox calls it.
    var outboxKind: Outbox.Kind { self == .full ? .draw : .annotate }
    /// What a worker does about it.
    package var task: Mien_V1_Task { outboxKind.task }

    /// Asks for one, and tells where it stands as soon as that is settled, at the latest after a time; nil when the owner has no
    /// such analysis.
    package func ask(
        _ id: UUID, owner: UUID, within time: Duration, changes: AnalysisChanges, in database: ConnectionPool
    ) async throws -> State? {
        try await changes.observe(id, timeout: time) {
            try await ask(id, owner: owner, in: database)
        } isDone: {
            $0?.isDrawing != true
        }
    }

    /// Asks for one, unless it is asked for already, and tells where it stands; nil when the owner has no such analysis.
    ///
    /// - Parameter draws: whether it is asked for; false only tells.
    package func ask(
        _ id: UUID, owner: UUID, draws: Bool = true, in database: ConnectionPool
    ) async throws -> State? {
        guard let row = try await find(id, owner, database) else { return nil }
        let (status, hasSource, isAsked, isOver, isLate, bytes, others) = try row.decode(
            (String, Bool, Bool, Bool, Bool, [UInt8]?, Int).self)
        guard status == AnalysisStatus.finished.rawValue else { return .notFinished }
        if let bytes { return .ready(bytes) }
        guard hasSource else { return .photoGone }
        if isOver { return .failed }
        if !draws || isAsked && !isLate { return .drawing }
        guard others < maxPerPerson else { return .tooMany }
        try await expire(in: database)
        try await database.execute(AnalysisLifecycle.drawingAsked(self, id, owner: owner))
        return .drawing
    }

    private func find(_ id: UUID, _ owner: UUID, _ database: ConnectionPool) async throws -> Row? {
        try await database.first(
            """
            SELECT a.status, s.analysis_id IS NOT NULL, f.analysis_id IS NOT NULL,
                coalesce(f.failed OR (f.attempts - f.attempts_of_others >= \(Self.maxAttempts)
                    AND f.asked_at < now() - make_interval(secs => \(Double(Self.patienceSeconds)))), false),
                coalesce(f.asked_at < now() - make_interval(secs => \(Double(Self.patienceSeconds))), false),
                coalesce(f.bytes, \(broughtAlong)),
                (SELECT count(*) FROM \(table) o JOIN analyses b ON b.id = o.analysis_id
                 WHERE b.user_id = \(owner) AND o.analysis_id <> \(id) AND \(counted))
            FROM analyses a
            LEFT JOIN \(source) s ON s.analysis_id = a.id LEFT JOIN \(table) f ON f.analysis_id = a.id
            WHERE a.id = \(id) AND a.user_id = \(owner) AND a.binned_at IS NULL
            """)
    }

    /// Hands out what is drawn on and what was found in the photo, and counts an attempt; nil when nobody asks for it any more.
    ///
    /// The lock waits for a correction that is being made: otherwise the statement would see what was said before it, with an attempt
    /// from after it.
    ///
    /// - Parameter claim: the same each time that the worker sends it again, which counts once; nil where it does not tell.
    package func claim(
        _ id: UUID, generation: Int, claim: UUID? = nil, in database: any PostgresSession
    ) async throws -> (attempt: Int, drawing: Mien_V1_Drawing)? {
        let row = try await database.first(
            """
            WITH a AS MATERIALIZED (
                SELECT id, width, height, faces, corrections FROM analyses
                WHERE id = \(id) AND generation = \(generation) AND status = 'finished' AND binned_at IS NULL
                FOR SHARE)
            UPDATE \(table) f
            SET attempts = f.attempts + CASE WHEN (f.claim_id = \(claim)::uuid) IS TRUE THEN 0 ELSE 1 END,
                claim_id = \(claim)::uuid
            FROM a JOIN \(source) s ON s.analysis_id = a.id
            WHERE f.analysis_id = a.id AND f.bytes IS NULL AND NOT f.failed
              AND (f.attempts - f.attempts_of_others < \(Self.maxAttempts) OR (f.claim_id = \(claim)::uuid) IS TRUE)
            RETURNING f.attempts, s.\(sourceColumn), a.width, a.height,
                a.faces::text, placed_corrections(a.faces, a.corrections)::text
            """)
        guard let row else { return nil }
        let (attempt, picture, width, height, json, said) = try row.decode(
            (Int, [UInt8], Int, Int, String, String?).self)
        let findings = try JSONDecoder().decode(Findings.self, from: Data(json.utf8))
        let corrections = try Correction.all(in: said)
        var drawing = Mien_V1_Drawing()
        drawing.photo = Data(picture)
        drawing.rotation = UInt32(findings.rotation ?? 0)
        if self == .annotated { (drawing.width, drawing.height) = (UInt32(width), UInt32(height)) }
        drawing.faces =
            findings.corrected(by: corrections).compactMap(Mien_V1_Face.init)
            + findings.missed(of: corrections).map(Mien_V1_Face.init)
        return (attempt, drawing)
    }

    /// Drops the pictures that say what is said no more, and whatever a worker draws of them now. Whoever asks next gets
    /// others.
    static func discard(_ id: UUID, in connection: Connection) async throws {
        for picture in allCases {
            // The row stays, and goes on counting: what comes for an earlier attempt is not taken.
            try await connection.execute(
                """
                UPDATE \(picture.table) SET bytes = NULL, failed = false, attempts = attempts + 1,
                    attempts_of_others = attempts + 1, claim_id = NULL,
                    asked_at = least(asked_at, now() - make_interval(secs => \(Double(patienceSeconds))))
                WHERE analysis_id = \(id)
                """)
        }
    }

    /// Keeps a drawn picture, or that it cannot be drawn when there is none, and wakes those who wait for it.
    ///
    /// - Parameter attempt: as it was counted at the claim; nil from workers that do not tell.
    /// - Returns: false when nobody asks for it any more.
    package func store(
        _ picture: [UInt8]?, of id: UUID, generation: Int, attempt: Int?, in database: any PostgresSession
    ) async throws -> Bool {
        try await database.first(
            """
            UPDATE \(table) f SET bytes = \(picture), failed = \(picture == nil)
            FROM analyses a
            WHERE f.analysis_id = \(id) AND a.id = \(id) AND a.generation = \(generation) AND f.bytes IS NULL
              AND a.binned_at IS NULL AND f.attempts > f.attempts_of_others
              AND f.attempts = coalesce(\(attempt), f.attempts)
            RETURNING pg_notify('\(unescaped: AnalysisNotice.channel)', f.analysis_id::text) IS NOT NULL
            """) != nil
    }

    /// Deletes those whose time is over.
    @discardableResult
    package static func sweep(_ database: any PostgresSession) async throws -> Int {
        var count = 0
        for picture in allCases { count += try await picture.expire(in: database) }
        return count
    }

    /// Also when another is asked for, so that what is kept is bounded by what can be drawn in its time.
    @discardableResult
    private func expire(in database: any PostgresSession) async throws -> Int {
        try await database.execute(
            "DELETE FROM \(table) WHERE asked_at < now() - make_interval(secs => \(Double(lifetimeSeconds)))")
    }
}

extension Mien_V1_Face {
    /// What is written beside a face's box; nil where a person said that there is no face.
    init?(_ face: FaceResult) {
        if face.correction?.look == .notAFace { return nil }
        self.init(number: face.number, box: face.box)
        probabilities = Emotion.names.map { Float(face.probabilities[$0] ?? 0) }
        notSure = face.notSure
        said = face.correction?.look.rawValue ?? ""
    }

    init(_ face: MissedFace) {
        self.init(number: face.number, box: face.box)
        let look = face.correction.look
        // A worker from before corrections were drawn reads these alone.
        let emotion = look.emotion ?? Emotion.neutral.rawValue
        probabilities = Emotion.names.map { $0 == emotion ? 1 : 0 }
        notSure = look.emotion == nil
        said = look.rawValue
    }

    private init(number: Int, box: FaceResult.Box) {
        self.init()
        self.number = UInt32(number)
        self.box.x = Float(box.x)
        self.box.y = Float(box.y)
        self.box.width = Float(max(box.width, 0.1))
        self.box.height = Float(max(box.height, 0.1))
    }
}
